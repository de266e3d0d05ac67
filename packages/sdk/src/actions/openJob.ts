import type { Job } from "../protocol/types.js";
import type { ActionOptions, Context } from "./context.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface OpenJobParameters extends ActionOptions {
  /** From `prepareJob`. */
  readonly job: Job;
  /** The provider's quote; without it the job waits for the provider to accept it. */
  readonly quote?: string;
}

export interface JobOpened extends Landed {
  readonly jobId: string;
  readonly job: Job;
  /** `active`: the provider is bound. `open`: it has until `acceptBy`. */
  readonly status: "active" | "open";
}

/**
 * Opens a job and debits its budget from the sender's escrow balance.
 *
 * @throws AssayError `JobEscrow_InsufficientBalance`, `JobEscrow_InvalidNonce`, `JobEscrow_InvalidQuote`,
 * `JobEscrow_InvalidTerm`, `JobEscrow_TermMismatch`, `ProviderStaking_InsufficientFreeStake`
 *
 * @example
 * const { jobId } = await openJob({ contracts, sender }, { job, quote });
 */
export async function openJob(
  context: Context,
  { job, quote = "0x", ...options }: OpenJobParameters,
): Promise<JobOpened> {
  const { escrow } = context.contracts;
  // The job says itself until when it can be opened.
  const sending = { deadline: job.acceptBy, ...options };
  const receipt = await transact(context, "openJob", escrow.openJob.populateTransaction(job, quote), sending);
  const { jobId } = eventOf(receipt, escrow, escrow.filters.JobOpened);
  return { jobId, job, status: quote === "0x" ? "open" : "active", ...landed(receipt) };
}
