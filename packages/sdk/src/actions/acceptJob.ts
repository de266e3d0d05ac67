import type { Job } from "../protocol/types.js";
import type { ActionOptions, Context } from "./context.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface AcceptJobParameters extends ActionOptions {
  readonly job: Job;
}

export interface JobAccepted extends Landed {
  readonly jobId: string;
  readonly provider: string;
}

/**
 * Binds the named provider to a job that was opened without a quote. Its operator or owner only.
 *
 * @throws AssayError `JobEscrow_WrongStatus`, `JobEscrow_DeadlinePassed`, `JobEscrow_NotProvider`,
 * `ProviderStaking_InsufficientFreeStake`
 *
 * @example
 * await acceptJob({ contracts, sender: operator }, { job });
 */
export async function acceptJob(context: Context, { job, ...options }: AcceptJobParameters): Promise<JobAccepted> {
  const { escrow } = context.contracts;
  const sending = { deadline: job.acceptBy, ...options };
  const receipt = await transact(context, "acceptJob", escrow.acceptJob.populateTransaction(job), sending);
  return { ...eventOf(receipt, escrow, escrow.filters.JobAccepted), ...landed(receipt) };
}
