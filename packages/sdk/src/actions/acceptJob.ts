import type { Job } from "../protocol/types.js";
import type { ActionOptions, Context } from "./context.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface AcceptJobParameters extends ActionOptions {
  readonly job: Job;
  /** Who serves an open job, one that names no provider; otherwise the job's own. */
  readonly provider?: string;
}

export interface JobAccepted extends Landed {
  /** Id under which the job goes on: of an open job another one than before. */
  readonly jobId: string;
  readonly provider: string;
  /** The terms under that id. */
  readonly job: Job;
}

/**
 * Binds a provider to a job that was opened without a quote: the one it names, or, if it names none, any that has an active
 * seat of the model. The provider's operator or owner only.
 *
 * @throws AssayError `JobEscrow_WrongStatus`, `JobEscrow_DeadlinePassed`, `JobEscrow_NotProvider`,
 * `JobEscrow_NotSeatHolder`, `ProviderStaking_InsufficientFreeStake`
 *
 * @example
 * const accepted = await acceptJob({ contracts, sender: operator }, { job, provider });
 */
export async function acceptJob(
  context: Context,
  { job, provider = job.provider, ...options }: AcceptJobParameters,
): Promise<JobAccepted> {
  const { escrow } = context.contracts;
  const sending = { deadline: job.acceptBy, ...options };
  const receipt = await transact(context, "acceptJob", escrow.acceptJob.populateTransaction(job, provider), sending);
  const { jobId } = eventOf(receipt, escrow, escrow.filters.JobAccepted);
  return { jobId, provider, job: { ...job, provider }, ...landed(receipt) };
}
