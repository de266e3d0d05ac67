/** The whole deployment with a model whose royalties can be sold, and the people who take part: where offering tests start. */
import { type ContractTransactionResponse, id } from "ethers";

import type { SystemParameters } from "../../../deploy/parameters.js";
import {
  type Contracts,
  deployContracts,
  ethers,
  networkHelpers,
  PARAMETERS,
  SAMPLE_POINTS,
  type Signer,
  VERIFIER_FEE,
  WAD,
} from "../escrow/system.js";

export { bytes32, ethers, MODEL, networkHelpers, PARAMETERS, type Signer, usd, WAD } from "../escrow/system.js";
export { ZeroAddress, ZeroHash } from "ethers";

export const HOUR = 3_600n;
export const DAY = 86_400n;
export const YEAR = 365n * DAY;

/** None of them takes part in the jobs of `deployAll`, but for the model's owner, who is the issuer here. */
export interface People {
  readonly issuer: Signer;
  /** Where royalties go before there is an offering. */
  readonly payout: Signer;
  readonly stranger: Signer;
  readonly alice: Signer;
  readonly bob: Signer;
  readonly carol: Signer;
  readonly team: Signer;
  readonly ecosystem: Signer;
  readonly liquidity: Signer;
  /** Holds nothing. */
  readonly newcomer: Signer;
}

export type Market = Contracts & People;

export async function people(): Promise<People> {
  const [issuer, payout, stranger, ...others] = (await ethers.getSigners()).slice(2);
  const [newcomer, liquidity, alice, bob, carol, team, ecosystem] = others.slice(8);
  return {
    issuer: issuer!,
    payout: payout!,
    stranger: stranger!,
    newcomer: newcomer!,
    liquidity: liquidity!,
    alice: alice!,
    bob: bob!,
    carol: carol!,
    team: team!,
    ecosystem: ecosystem!,
  };
}

/** The deployment, in which the issuer owns a model with a royalty of 5 % for `payout`. */
export async function deployMarket(parameters: SystemParameters = PARAMETERS): Promise<Market> {
  const contracts = await deployContracts(parameters);
  const everybody = await people();
  await registerModel({ ...contracts, ...everybody });
  return { ...contracts, ...everybody };
}

/** Registers one more model of the issuer's. */
export async function registerModel({ registry, issuer, payout }: Pick<Market, "registry" | "issuer" | "payout">) {
  const version = { policyId: id("policy"), verifierFee: VERIFIER_FEE, detection: WAD, samplePoints: SAMPLE_POINTS };
  await registry.connect(issuer).registerModel(payout.address, 500, "", version, "");
}

/** The usual market, for `loadFixture`. */
export const standardMarket = (): Promise<Market> => deployMarket();

/** A contract's address as a signer: for what only that contract may call. */
export async function impersonate(contract: { getAddress(): Promise<string> }): Promise<Signer> {
  const address = await contract.getAddress();
  await networkHelpers.impersonateAccount(address);
  await networkHelpers.setBalance(address, WAD);
  return ethers.getSigner(address);
}

/** Time of the latest block. */
export const now = async (): Promise<bigint> => BigInt(await networkHelpers.time.latest());

/** The next transaction is in a block of this time. */
export const nextBlockAt = (timestamp: bigint): Promise<void> => networkHelpers.time.setNextBlockTimestamp(timestamp);

/** Time of the block that a transaction got into. */
export async function timeOf(sent: { blockNumber: number | null }): Promise<bigint> {
  const block = await ethers.provider.getBlock(sent.blockNumber!);
  return BigInt(block!.timestamp);
}

/** Mines the transactions that `sends` begin in one block of this time. Their gas cannot be estimated: what it costs depends on
 * the time, so each names a limit. */
export async function inOneBlock(
  timestamp: bigint,
  sends: readonly (() => Promise<ContractTransactionResponse>)[],
): Promise<void> {
  const sent: ContractTransactionResponse[] = [];
  await ethers.provider.send("evm_setAutomine", [false]);
  try {
    for (const send of sends) sent.push(await send());
    await nextBlockAt(timestamp);
    await networkHelpers.mine();
  } finally {
    await ethers.provider.send("evm_setAutomine", [true]);
  }
  for (const transaction of sent) await transaction.wait();
}
