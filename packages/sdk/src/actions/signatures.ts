import { Contract, recoverAddress, ZeroAddress } from "ethers";

import type { Contracts } from "../contracts.js";
import { read } from "./read.js";

const ERC1271 = ["function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)"];
const ERC1271_MAGIC = "0x1626ba7e";

/**
 * True if the escrow would take the signature as the provider's: by its operator or by itself, who may be contracts.
 *
 * @throws AssayError if the chain cannot be read
 */
export async function isSignedByProvider(
  contracts: Contracts,
  provider: string,
  digest: string,
  signature: string,
): Promise<boolean> {
  const operator = await read(contracts.staking.operatorOf(provider));
  return operator !== ZeroAddress && (await isSignedByOneOf(contracts, [operator, provider], digest, signature));
}

/** True if one of the addresses signed the digest: with its key, or as a contract (ERC-1271). */
export async function isSignedByOneOf(
  contracts: Contracts,
  candidates: readonly string[],
  digest: string,
  signature: string,
): Promise<boolean> {
  const signer = recover(digest, signature);
  if (candidates.some((candidate) => candidate.toLowerCase() === signer?.toLowerCase())) return true;
  const answers = await Promise.all(
    candidates.map((candidate) => isValidSignature(contracts, candidate, digest, signature)),
  );
  return answers.includes(true);
}

function recover(digest: string, signature: string): string | undefined {
  try {
    return recoverAddress(digest, signature);
  } catch {
    return undefined;
  }
}

async function isValidSignature(
  { provider }: Contracts,
  address: string,
  digest: string,
  signature: string,
): Promise<boolean> {
  if ((await read(provider.getCode(address))) === "0x") return false;
  try {
    const answer: unknown = await new Contract(address, ERC1271, provider).getFunction("isValidSignature")(
      digest,
      signature,
    );
    return answer === ERC1271_MAGIC;
  } catch {
    return false;
  }
}
