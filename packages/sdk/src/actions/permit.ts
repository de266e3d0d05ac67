import { Signature, TypedDataEncoder } from "ethers";

import type { Context } from "./context.js";
import { read } from "./read.js";
import { transact } from "./transact.js";

/** Seconds, by the chain's clock, in which a permit must land. */
const PERMIT_LIFETIME = 3_600n;

/** Versions that assets name in their EIP-712 domain without saying so elsewhere: OpenZeppelin's and USDC's. */
const DOMAIN_VERSIONS = ["1", "2"] as const;

const PERMIT_TYPES = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};

/** A signed EIP-2612 approval. */
export interface Permit {
  readonly deadline: bigint;
  readonly v: number;
  readonly r: string;
  readonly s: string;
}

/**
 * Lets `spender` take `amount` of the sender's asset: nothing if an approval is there already, a permit to pass on if the
 * asset has permits, an approval in a transaction of its own otherwise.
 *
 * @returns the permit, or undefined if none is needed any more
 */
export async function authorise(context: Context, spender: string, amount: bigint): Promise<Permit | undefined> {
  const { asset } = context.contracts;
  const allowance = await read(asset.allowance(context.sender.address, spender));
  if (allowance >= amount) return undefined;
  const permit = await signPermit(context, spender, amount);
  if (permit === undefined) await transact(context, "approve", asset.approve.populateTransaction(spender, amount));
  return permit;
}

/** @returns undefined if the asset has no permits, or not of a kind that is known here */
async function signPermit({ contracts, sender }: Context, spender: string, value: bigint): Promise<Permit | undefined> {
  const { asset, chainId, provider, deployment } = contracts;
  let nonce: bigint, separator: string;
  try {
    [nonce, separator] = await Promise.all([asset.nonces(sender.address), asset.DOMAIN_SEPARATOR()]);
  } catch {
    return undefined;
  }
  const [name, block] = await read(Promise.all([asset.name(), provider.getBlock("latest")]));
  const deadline = BigInt(block?.timestamp ?? 0) + PERMIT_LIFETIME;
  for (const version of DOMAIN_VERSIONS) {
    const domain = { name, version, chainId, verifyingContract: deployment.asset.address };
    if (TypedDataEncoder.hashDomain(domain) !== separator) continue;
    const message = { owner: sender.address, spender, value, nonce, deadline };
    const { v, r, s } = Signature.from(await sender.signTypedData(domain, PERMIT_TYPES, message));
    return { deadline, v, r, s };
  }
  return undefined;
}
