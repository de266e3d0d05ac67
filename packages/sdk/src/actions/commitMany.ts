import { AssayError } from "../errors.js";
import { errorNameOf } from "../errors/contractError.js";
import type { Batch, Commitment, Job } from "../protocol/types.js";
import type { ActionOptions, Context } from "./context.js";
import { eventsOf } from "./decode.js";
import { gasLimitForMany } from "./gasLimitForMany.js";
import { type Landed, landed, transact } from "./transact.js";

export interface CommitManyParameters extends ActionOptions {
  readonly items: readonly {
    readonly jobId: string;
    readonly job: Job;
    readonly commitment: Commitment;
    /** As for `commitBatch`; one-shot jobs have none. */
    readonly voucher?: string;
  }[];
}

/** A batch that is on the chain. */
export interface Committed {
  readonly status: "committed";
  readonly jobId: string;
  readonly batchId: string;
  readonly batch: Batch;
}

/** A batch that nothing happened to. */
export interface CommitSkipped {
  readonly status: "skipped";
  readonly jobId: string;
  /** Name of the error that `commitBatch` would have given. */
  readonly reason: string;
}

export interface ManyCommitted extends Landed {
  /** One for each item, in their order. */
  readonly results: readonly (Committed | CommitSkipped)[];
}

/** What one commit can need at most. */
const GAS_PER_ITEM = 320_000n;

/**
 * `commitBatch` for many jobs of one provider in one transaction; one that cannot be committed is skipped with its reason. Name
 * a job once.
 *
 * @example
 * const { results } = await commitMany({ contracts, sender: operator }, { items });
 */
export async function commitMany(
  context: Context,
  { items, ...options }: CommitManyParameters,
): Promise<ManyCommitted> {
  const { escrow } = context.contracts;
  const jobs = items.map(({ job }) => job);
  const commitments = items.map(({ commitment }) => commitment);
  const vouchers = items.map(({ voucher = "0x" }) => voucher);
  const call = escrow.commitMany.populateTransaction(jobs, commitments, vouchers);
  const gasLimit = gasLimitForMany(items.length, GAS_PER_ITEM);
  const receipt = await transact(context, "commitMany", call, { ...options, gasLimit });
  const { BatchCommitted, CommitSkipped } = escrow.filters;
  const found = new Map<string, Committed | CommitSkipped>([
    ...eventsOf(receipt.logs, escrow, CommitSkipped).map(
      ({ jobId, reason }) => [jobId, { status: "skipped", jobId, reason: errorNameOf(reason) }] as const,
    ),
    ...eventsOf(receipt.logs, escrow, BatchCommitted).map(
      ({ jobId, batchId, batch }) => [jobId, { status: "committed", jobId, batchId, batch }] as const,
    ),
  ]);
  const results = items.map(({ jobId }) => {
    const result = found.get(jobId);
    if (result !== undefined) return result;
    throw new AssayError({ code: "MISSING_EVENT", message: `The transaction ${receipt.hash} left out a batch.` });
  });
  return { results, ...landed(receipt) };
}
