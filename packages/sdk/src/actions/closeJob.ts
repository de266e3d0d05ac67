import type { Job } from "../protocol/types.js";
import type { ActionOptions, Context } from "./context.js";
import { eventsOf } from "./decode.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface CloseJobParameters extends ActionOptions {
  readonly job: Job;
}

/** The provider can still commit what is signed, until `closesAt`; then anybody may call again. */
export interface JobClosing extends Landed {
  readonly status: "closing";
  readonly jobId: string;
  /** Unix seconds. */
  readonly closesAt: bigint;
}

export interface JobClosed extends Landed {
  readonly status: "closed";
  readonly jobId: string;
  /** Back in the requester's escrow balance. */
  readonly refund: bigint;
}

/**
 * Ends a session: by its requester after a grace period, by its provider at once, by anyone when the grace period or `commitBy`
 * is over.
 *
 * @throws AssayError `JobEscrow_WrongStatus`, `JobEscrow_NotRequester`, `JobEscrow_DeadlineNotReached`
 *
 * @example
 * const closing = await closeJob({ contracts, sender }, { job });
 */
export async function closeJob(
  context: Context,
  { job, ...options }: CloseJobParameters,
): Promise<JobClosing | JobClosed> {
  const { escrow } = context.contracts;
  const receipt = await transact(context, "closeJob", escrow.closeJob.populateTransaction(job), options);
  const [closing] = eventsOf(receipt.logs, escrow, escrow.filters.JobClosing);
  if (closing !== undefined) return { status: "closing", ...closing, ...landed(receipt) };
  return { status: "closed", ...eventOf(receipt, escrow, escrow.filters.JobClosed), ...landed(receipt) };
}
