import type { Batch, Job } from "../protocol/types.js";
import type { ActionOptions, Context } from "./context.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface VoidBatchParameters extends ActionOptions {
  readonly job: Job;
  readonly batch: Batch;
}

export interface BatchVoided extends Landed {
  readonly batchId: string;
  readonly jobId: string;
  /** Back in the requester's escrow balance. */
  readonly refund: bigint;
}

/**
 * Ends a batch whose beacon round was never posted in time. Anyone may.
 *
 * @throws AssayError `JobEscrow_BeaconAlive`, `JobEscrow_WrongStatus`
 *
 * @example
 * const { refund } = await voidBatch({ contracts, sender }, { job, batch });
 */
export async function voidBatch(
  context: Context,
  { job, batch, ...options }: VoidBatchParameters,
): Promise<BatchVoided> {
  const { escrow } = context.contracts;
  const receipt = await transact(context, "voidBatch", escrow.voidBatch.populateTransaction(job, batch), options);
  const { batchId, jobId, refund } = eventOf(receipt, escrow, escrow.filters.BatchRefunded);
  return { batchId, jobId, refund, ...landed(receipt) };
}
