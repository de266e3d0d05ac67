import type { Job } from "../protocol/types.js";
import type { ActionOptions, Context } from "./context.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface CancelJobParameters extends ActionOptions {
  readonly job: Job;
}

export interface JobCancelled extends Landed {
  readonly jobId: string;
  /** Back in the requester's escrow balance. */
  readonly refund: bigint;
}

/**
 * Refunds a job that no provider was bound to: the requester at any time, anyone after `acceptBy`.
 *
 * @throws AssayError `JobEscrow_WrongStatus`, `JobEscrow_DeadlineNotReached`
 *
 * @example
 * const { refund } = await cancelJob({ contracts, sender }, { job });
 */
export async function cancelJob(context: Context, { job, ...options }: CancelJobParameters): Promise<JobCancelled> {
  const { escrow } = context.contracts;
  const receipt = await transact(context, "cancelJob", escrow.cancelJob.populateTransaction(job), options);
  return { ...eventOf(receipt, escrow, escrow.filters.JobCancelled), ...landed(receipt) };
}
