import { setTimeout as sleep } from "node:timers/promises";

import {
  AssayError,
  claimRevenue,
  commitToOffering,
  type Contracts,
  createOffering,
  finalizeOffering,
  flushRoyalty,
  getHoldings,
  getOffering,
  OFFERING_DEFAULTS,
  type OfferingConfig,
  type OfferingInfo,
  type PolicyDocument,
  registerModel,
  settleCommitment,
  tokenAt,
  versionOfPolicy,
  withdrawCommitment,
  withdrawProceeds,
} from "@assay/sdk";
import { ZeroAddress, ZeroHash } from "ethers";

import { type Actors, jsonUri, ROYALTY_BPS } from "./setUp.js";

const UNIT = 1_000_000n;
const HARD_CAP = 100n * UNIT;
const SOFT_CAP = 50n * UNIT;
/** Together 1.9 times the hard cap, before the first buyer thinks better of a part. */
const COMMITMENTS = [80n * UNIT, 50n * UNIT, 40n * UNIT, 20n * UNIT] as const;
const THOUGHT_BETTER = 10n * UNIT;
const WAITS_SECONDS = 2n;
const OPEN_SECONDS = 6n;
/** Revenue of one epoch streams over the next: seconds, where a public network takes a day. */
const EPOCH_SECONDS = 3n;
const MINUTE = 60n;
const HOUR = 60n * MINUTE;
const POLL_MILLISECONDS = 200;

/** A sale that has ended, and what its buyers got. */
export interface Sale {
  readonly offeringId: bigint;
  readonly token: string;
  readonly raised: bigint;
  readonly proceeds: bigint;
  readonly buyers: number;
  /** Every buyer got its share of the tokens, and everything above the hard cap came back. */
  readonly holds: boolean;
}

/** What the model's royalties brought to the holders of its token. */
export interface Revenue {
  /** Royalties that went from the escrow to the token. */
  readonly flushed: bigint;
  readonly claimed: bigint;
  readonly holders: number;
  readonly redemptionPool: bigint;
  /** Flushed = claimed + redemption pool, but for less than a unit a holder and step. */
  readonly holds: boolean;
}

/** The model's owner offers half of its royalties, and the buyers want nearly twice as much. */
export async function sellShares(
  contracts: Contracts,
  { modelOwner, buyers, community }: Actors,
  modelId: bigint,
): Promise<Sale> {
  const opensAt = (await chainTime(contracts)) + WAITS_SECONDS;
  const window = { opensAt, closesAt: opensAt + OPEN_SECONDS, epochLength: EPOCH_SECONDS };
  const config = configOf({ modelOwner, community }, { modelId, name: "Share of Alice", symbol: "ALICE", ...window });
  const { offeringId } = await createOffering({ contracts, sender: modelOwner }, { config });
  await reached(contracts, offeringId, "Open");
  await Promise.all(
    buyers.map((sender, index) =>
      commitToOffering({ contracts, sender }, { offeringId, amount: COMMITMENTS[index] ?? UNIT }),
    ),
  );
  const [first] = buyers;
  if (first !== undefined) {
    await withdrawCommitment({ contracts, sender: first }, { offeringId, amount: THOUGHT_BETTER });
  }
  await reached(contracts, offeringId, "Ended");
  const { raised, proceeds, sold } = await finalizeOffering({ contracts, sender: modelOwner }, { offeringId });
  const settled = await Promise.all(buyers.map((sender) => settleCommitment({ contracts, sender }, { offeringId })));
  const taken = await withdrawProceeds({ contracts, sender: modelOwner }, { offeringId });
  const tokens = settled.reduce((sum, { tokens: own }) => sum + own, 0n);
  const refunds = settled.reduce((sum, { refund }) => sum + refund, 0n);
  const rounding = BigInt(buyers.length);
  const holds =
    proceeds === HARD_CAP &&
    taken.amount === HARD_CAP &&
    within(raised - HARD_CAP - refunds, rounding) &&
    within(sold - tokens, rounding);
  const { token } = await getOffering({ contracts }, { offeringId });
  return { offeringId, token, raised, proceeds, buyers: buyers.length, holds };
}

/** Flushes the model's royalties to its token, waits until they have streamed, and has every holder claim. */
export async function claimRoyalties(
  contracts: Contracts,
  { deployer, buyers, community, modelOwner }: Actors,
  modelId: bigint,
  { offeringId, token: address }: Sale,
): Promise<Revenue> {
  const token = tokenAt(contracts, address);
  // Anyone may flush: the money goes to the token, which credits it.
  const { amount: flushed } = await flushRoyalty({ contracts, sender: deployer }, { modelId });
  const [deposit] = await token.queryFilter(token.filters.RevenueDeposited());
  const streamed = ((deposit?.args.epoch ?? 0n) + 2n) * EPOCH_SECONDS;
  while ((await chainTime(contracts)) < streamed) await sleep(POLL_MILLISECONDS);
  const { vesting } = await getOffering({ contracts }, { offeringId });
  const holders = [...buyers, community];
  const claims = await Promise.all(holders.map((sender) => claimRevenue({ contracts, sender }, { token: address })));
  // Anyone may push revenue to the team's vesting wallet, where it vests as its tokens do.
  claims.push(await claimRevenue({ contracts, sender: modelOwner }, { token: address, account: vesting }));
  const claimed = claims.reduce((sum, { amount }) => sum + amount, 0n);
  const { redemptionPool } = await token.streamState();
  const left = await getHoldings({ contracts }, { account: community.address });
  const holds =
    left.every(({ claimable }) => claimable === 0n) &&
    within(flushed - claimed - redemptionPool, 2n * BigInt(claims.length) + 1n);
  return { flushed, claimed, holders: claims.length, redemptionPool, holds };
}

/** Opens an offering of a new model for an hour. @returns its id */
export async function openForAnHour(contracts: Contracts, actors: Actors, policy: PolicyDocument): Promise<bigint> {
  const context = { contracts, sender: actors.modelOwner };
  const { modelId } = await registerModel(context, {
    royaltyBps: ROYALTY_BPS,
    uri: jsonUri(JSON.stringify({ name: "Alice again" })),
    version: versionOfPolicy(policy),
    policyURI: jsonUri(policy.json),
  });
  const opensAt = (await chainTime(contracts)) + WAITS_SECONDS;
  const window = { opensAt, closesAt: opensAt + HOUR, epochLength: MINUTE };
  const config = configOf(actors, { modelId, name: "Share of Alice again", symbol: "ALICE2", ...window });
  return (await createOffering(context, { config })).offeringId;
}

function configOf(
  { modelOwner, community }: Pick<Actors, "modelOwner" | "community">,
  own: Pick<OfferingConfig, "modelId" | "name" | "symbol" | "opensAt" | "closesAt" | "epochLength">,
): OfferingConfig {
  return {
    ...OFFERING_DEFAULTS,
    hardCap: HARD_CAP,
    softCap: SOFT_CAP,
    allowlistRoot: ZeroHash,
    team: modelOwner.address,
    ecosystem: community.address,
    liquidityRecipient: modelOwner.address,
    transferPolicy: ZeroAddress,
    excluded: [],
    ...own,
  };
}

/** Rounding leaves something inside, never the other way round. */
function within(difference: bigint, bound: bigint): boolean {
  return difference >= 0n && difference <= bound;
}

async function reached(contracts: Contracts, offeringId: bigint, phase: OfferingInfo["phase"]): Promise<void> {
  // The clock decides; a block a second is mined anyway.
  const deadline = Date.now() + Number(WAITS_SECONDS + OPEN_SECONDS) * 10_000;
  while (Date.now() < deadline) {
    if ((await getOffering({ contracts }, { offeringId })).phase === phase) return;
    await sleep(POLL_MILLISECONDS);
  }
  throw new AssayError({ code: "INTERNAL", message: `The offering never got to the phase ${phase}.` });
}

async function chainTime({ provider }: Contracts): Promise<bigint> {
  const block = await provider.getBlock("latest");
  return BigInt(block?.timestamp ?? 0);
}
