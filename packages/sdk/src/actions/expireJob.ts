import type { Job } from "../protocol/types.js";
import type { ActionOptions, Context } from "./context.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface ExpireJobParameters extends ActionOptions {
  readonly job: Job;
}

export interface JobExpired extends Landed {
  readonly jobId: string;
  /** Back in the requester's escrow balance. */
  readonly refund: bigint;
  /** What the provider had locked: now in the requester's account of `ProviderStaking`. */
  readonly compensation: bigint;
}

/**
 * Refunds a job whose provider did not commit by `commitBy`. Anyone may.
 *
 * @throws AssayError `JobEscrow_WrongStatus`, `JobEscrow_DeadlineNotReached`
 *
 * @example
 * const { refund, compensation } = await expireJob({ contracts, sender }, { job });
 */
export async function expireJob(context: Context, { job, ...options }: ExpireJobParameters): Promise<JobExpired> {
  const { escrow } = context.contracts;
  const receipt = await transact(context, "expireJob", escrow.expireJob.populateTransaction(job), options);
  return { ...eventOf(receipt, escrow, escrow.filters.JobExpired), ...landed(receipt) };
}
