import type { Batch, Commitment, Job } from "../protocol/types.js";
import type { ActionOptions, Context } from "./context.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface CommitBatchParameters extends ActionOptions {
  readonly job: Job;
  readonly commitment: Commitment;
  /** The requester's signature over the voucher of exactly this; sessions only. */
  readonly voucher?: string;
}

export interface BatchCommitted extends Landed {
  readonly batchId: string;
  readonly jobId: string;
  /** Every later call about the batch takes it exactly as it is here. */
  readonly batch: Batch;
}

/**
 * Commits the batch of a one-shot job, or the next of a session, and locks its collateral. The provider's operator or owner only.
 *
 * @throws AssayError `JobEscrow_InvalidVoucher`, `JobEscrow_BudgetExceeded`, `JobEscrow_CollateralTooLow`, `JobEscrow_CostsExceedTotal`, `JobEscrow_ExposureExceeded`,
 * `JobEscrow_DeadlinePassed`, `ModelRegistry_TooFewProviders`, `RandomnessBeacon_TargetAlreadyPosted`,
 * `ProviderStaking_InsufficientFreeStake`
 *
 * @example
 * const { batch } = await commitBatch({ contracts, sender: operator }, { job, commitment, key: `commit:${jobId}` });
 */
export async function commitBatch(
  context: Context,
  { job, commitment, voucher = "0x", ...options }: CommitBatchParameters,
): Promise<BatchCommitted> {
  const { escrow } = context.contracts;
  const sending = { deadline: job.commitBy, ...options };
  const call = escrow.commitBatch.populateTransaction(job, commitment, voucher);
  const receipt = await transact(context, "commitBatch", call, sending);
  return { ...eventOf(receipt, escrow, escrow.filters.BatchCommitted), ...landed(receipt) };
}
