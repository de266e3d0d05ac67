import type { Log } from "ethers";

import { AssayError } from "../errors.js";
import { type Batch, type Job, Outcome } from "../protocol/types.js";
import type { ReadContext } from "./context.js";
import { eventsOf } from "./decode.js";
import { getJob } from "./getJob.js";
import { queryLogs } from "./queryLogs.js";
import { read } from "./read.js";
import { sleep } from "./sleep.js";

/** How a job ended. */
export type JobOutcome = "Paid" | "Rejected" | "Void" | "Undelivered" | "Cancelled";

/** A step of a job, in the order in which they come. */
export type JobProgress =
  | { readonly type: "opened"; readonly jobId: string }
  /** An open job goes on under another id. */
  | { readonly type: "assigned"; readonly jobId: string; readonly provider: string }
  | { readonly type: "accepted"; readonly provider: string }
  | { readonly type: "committed"; readonly batchId: string; readonly batch: Batch }
  | { readonly type: "audited"; readonly batchId: string; readonly seed: string }
  | { readonly type: "ended"; readonly result: JobResult };

/** The end of a job. */
export interface JobResult {
  /** Of an open job that was accepted, the id under which it went on. */
  readonly jobId: string;
  readonly job: Job;
  readonly outcome: JobOutcome;
  /** The batch, if the provider delivered one. */
  readonly batch: Batch | undefined;
  readonly batchId: string | undefined;
  /** It was drawn. */
  readonly audited: boolean;
  /** What the provider was credited. */
  readonly paid: bigint;
  /** What came back to the requester's escrow balance. */
  readonly refund: bigint;
  /** What the requester got of the provider's lock, for a job that was not delivered; see `JobExpired`. */
  readonly compensation: bigint;
  readonly blockNumber: number;
  readonly transactionHash: string;
}

export interface WaitForJobParameters {
  readonly jobId: string;
  /** Called once for each step, in order. */
  readonly onProgress?: (progress: JobProgress) => void;
  readonly signal?: AbortSignal;
  /** Milliseconds between two looks at the chain; the provider's interval unless given. */
  readonly pollingInterval?: number;
}

/** Blocks that are read again at each look: a reorganisation may have moved something into them. */
const OVERLAP = 8;

const REFUNDED: Readonly<Record<string, JobOutcome>> = {
  [Outcome.Rejected.toString()]: "Rejected",
  [Outcome.Void.toString()]: "Void",
};

/**
 * Follows a one-shot job until it has ended, however long that takes; a signal ends the waiting. Being unable to reach the chain for a
 * while does not.
 *
 * @throws AssayError `UNKNOWN_JOB`, or the signal's reason
 *
 * @example
 * const { outcome } = await waitForJob({ contracts }, { jobId, onProgress: ({ type }) => console.log(type) });
 */
export async function waitForJob(context: ReadContext, parameters: WaitForJobParameters): Promise<JobResult> {
  for await (const progress of watchJob(context, parameters)) {
    parameters.onProgress?.(progress);
    if (progress.type === "ended") return progress.result;
  }
  throw new AssayError({ code: "INTERNAL", message: `The job ${parameters.jobId} was not followed to its end.` });
}

/**
 * The steps of a one-shot job as they happen, the last one of type `ended`.
 *
 * @throws AssayError `UNKNOWN_JOB`, or the signal's reason
 *
 * @example
 * for await (const progress of watchJob({ contracts }, { jobId })) console.log(progress.type);
 */
export async function* watchJob(
  context: ReadContext,
  { jobId, signal, pollingInterval }: Omit<WaitForJobParameters, "onProgress">,
): AsyncGenerator<JobProgress> {
  const { provider } = context.contracts;
  const opened = await getJob(context, { jobId });
  const { openedAtBlock } = opened;
  let { job } = opened;
  let current = jobId;
  const pause = pollingInterval ?? pollingOf(provider);
  const told = new Set<string>();
  let from = openedAtBlock;
  let audited = false;
  let committed: { batchId: string; batch: Batch } | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const seen = await lookAt(context, current, from);
    let assigned = false;
    for (const { progress, ...place } of seen?.steps ?? []) {
      if (told.has(progress.type)) continue;
      told.add(progress.type);
      if (progress.type === "audited") audited = true;
      if (progress.type === "committed") committed = { batchId: progress.batchId, batch: progress.batch };
      if (progress.type !== "ended") {
        yield progress;
        if (progress.type !== "assigned") continue;
        [current, job, assigned] = [progress.jobId, { ...job, provider: progress.provider }, true];
        break;
      }
      const { batchId, batch } = committed ?? {};
      const result = { jobId: current, job, batchId, batch, audited, ...progress.end, ...place };
      yield { type: "ended", result };
      return;
    }
    // What came after it has the other id in its events: it is looked for from the beginning.
    if (assigned) continue;
    if (seen !== undefined) from = Math.max(openedAtBlock, seen.latest - OVERLAP);
    await sleep(pause, signal);
  }
}

type End = Pick<JobResult, "outcome" | "paid" | "refund" | "compensation">;
type Step = Exclude<JobProgress, { type: "ended" }> | { readonly type: "ended"; readonly end: End };

interface PlacedStep {
  readonly progress: Step;
  readonly blockNumber: number;
  readonly transactionHash: string;
}

/** @returns undefined if the chain cannot be reached now */
async function lookAt(
  { contracts: { escrow, provider, deployment } }: ReadContext,
  jobId: string,
  from: number,
): Promise<{ steps: PlacedStep[]; latest: number } | undefined> {
  const address = deployment.contracts.JobEscrow;
  const { JobOpened, JobAssigned, JobAccepted, JobCancelled, JobExpired } = escrow.filters;
  const { BatchCommitted, BatchAudited, BatchPaid, BatchRefunded } = escrow.filters;
  const hashes = (...events: { fragment: { topicHash: string } }[]): string[] =>
    events.map(({ fragment }) => fragment.topicHash);
  const ofJob = { address, topics: [hashes(JobOpened, JobAssigned, JobAccepted, JobCancelled, JobExpired), jobId] };
  const ofBatch = { address, topics: [hashes(BatchCommitted, BatchAudited, BatchPaid, BatchRefunded), null, jobId] };
  try {
    const latest = await read(provider.getBlockNumber());
    const logs = await Promise.all([ofJob, ofBatch].map((filter) => queryLogs(provider, filter, from, latest)));
    const ordered = logs.flat().sort((a, b) => a.blockNumber - b.blockNumber || a.index - b.index);
    return { steps: ordered.flatMap((log) => stepsOf(log, escrow)), latest };
  } catch (error) {
    if (AssayError.is(error) && error.retryable) return undefined;
    throw error;
  }
}

function stepsOf(log: Log, escrow: ReadContext["contracts"]["escrow"]): PlacedStep[] {
  const { blockNumber, transactionHash } = log;
  const logs = [log];
  const none = { paid: 0n, refund: 0n, compensation: 0n };
  const { JobOpened, JobAssigned, JobAccepted, JobCancelled, JobExpired } = escrow.filters;
  const { BatchCommitted, BatchAudited, BatchPaid, BatchRefunded } = escrow.filters;
  const steps: Step[] = [
    ...eventsOf(logs, escrow, JobOpened).map(({ jobId }) => ({ type: "opened" as const, jobId })),
    ...eventsOf(logs, escrow, JobAssigned).map(({ jobId, provider }) => ({
      type: "assigned" as const,
      jobId,
      provider,
    })),
    ...eventsOf(logs, escrow, JobAccepted).map(({ provider }) => ({ type: "accepted" as const, provider })),
    ...eventsOf(logs, escrow, JobCancelled).map(({ refund }) => ended({ ...none, outcome: "Cancelled", refund })),
    ...eventsOf(logs, escrow, JobExpired).map(({ refund, compensation }) =>
      ended({ ...none, outcome: "Undelivered", refund, compensation }),
    ),
    ...eventsOf(logs, escrow, BatchCommitted).map(({ batchId, batch }) => ({
      type: "committed" as const,
      batchId,
      batch,
    })),
    ...eventsOf(logs, escrow, BatchAudited).map(({ batchId, seed }) => ({ type: "audited" as const, batchId, seed })),
    ...eventsOf(logs, escrow, BatchPaid).map(({ paid }) => ended({ ...none, outcome: "Paid", paid })),
    ...eventsOf(logs, escrow, BatchRefunded).map(({ outcome, refund }) =>
      ended({ ...none, outcome: REFUNDED[outcome.toString()] ?? "Void", refund }),
    ),
  ];
  return steps.map((progress) => ({ progress, blockNumber, transactionHash }));
}

function ended(end: End): Step {
  return { type: "ended", end };
}

function pollingOf(provider: object): number {
  return "pollingInterval" in provider && typeof provider.pollingInterval === "number"
    ? provider.pollingInterval
    : 4_000;
}
