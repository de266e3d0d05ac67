import type { Batch, Job } from "@assay/sdk";

import type { ChainEvent, EventArguments, EventName } from "../../src/domain/chainEvent.js";

export const PROVIDER = "0x00000000000000000000000000000000000000A1";
export const REQUESTER = "0x00000000000000000000000000000000000000b2";

export const hash = (n: number): string => `0x${n.toString(16).padStart(64, "0")}`;

export const sampleJob = (over: Partial<Job> = {}): Job => ({
  requester: REQUESTER,
  nonce: 0n,
  provider: PROVIDER,
  kind: 0n,
  modelId: 1n,
  version: 1n,
  units: 1n,
  requestHash: hash(7),
  budget: 1_000_000n,
  inputPrice: 0n,
  outputPrice: 0n,
  creditLine: 0n,
  valueAtRisk: 0n,
  collateralBps: 25_000n,
  royaltyBps: 500n,
  verifierFee: 1_000n,
  samplePoints: 1n,
  detection: 10n ** 18n,
  disputeWindow: 0n,
  acceptBy: 2_000n,
  commitBy: 3_000n,
  callback: "0x0000000000000000000000000000000000000000",
  ...over,
});

export const sampleBatch = (jobId: string): Batch => ({
  jobId,
  root: hash(8),
  total: 1_000_000n,
  collateral: 2_500_000n,
  firstNonce: 0n,
  count: 1n,
  maxLeafFee: 1_000_000n,
  targetRound: 100n,
  seatsAtCommit: 9n,
  eligibleProviders: 8n,
  p: 10n ** 17n,
  committedAt: 1_500n,
});

export function sampleEvent<N extends EventName>(
  name: N,
  args: EventArguments[N],
  [blockNumber, logIndex]: readonly [number, number],
): ChainEvent {
  return {
    name,
    args,
    blockNumber,
    blockHash: hash(blockNumber),
    logIndex,
    transactionHash: hash(blockNumber * 1000 + logIndex),
  } as ChainEvent;
}

export const opened = (jobId: string, at: readonly [number, number], job = sampleJob()): ChainEvent =>
  sampleEvent("JobOpened", { jobId, requester: job.requester, provider: job.provider, job }, at);
