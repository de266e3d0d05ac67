import { AssayError } from "../errors.js";
import { batchId } from "../protocol/receipts.js";
import type { Batch, Job } from "../protocol/types.js";
import type { ActionOptions, Context } from "./context.js";
import { type BatchAudited, type BatchPaid, finalizationsOf } from "./finalization.js";
import { type Landed, landed, transact } from "./transact.js";

export interface FinalizeBatchParameters extends ActionOptions {
  readonly job: Job;
  readonly batch: Batch;
}

export type BatchFinalized = (BatchPaid | BatchAudited) & Landed;

/**
 * Pays a batch that was not drawn, or hands a drawn one to the court. Anyone may, once the round is posted; one that is not
 * drawn only when its dispute window is over.
 *
 * @throws AssayError `JobEscrow_RoundNotPosted`, `JobEscrow_WindowOpen`, `JobEscrow_WrongStatus`, `JobEscrow_BeaconDead`
 *
 * @example
 * const result = await finalizeBatch({ contracts, sender }, { job, batch });
 * if (result.status === "paid") console.log(result.paid);
 */
export async function finalizeBatch(
  context: Context,
  { job, batch, ...options }: FinalizeBatchParameters,
): Promise<BatchFinalized> {
  const { contracts } = context;
  const call = contracts.escrow.finalizeBatch.populateTransaction(job, batch);
  const receipt = await transact(context, "finalizeBatch", call, options);
  const result = finalizationsOf(receipt.logs, contracts).get(batchId(batch));
  if (result !== undefined && result.status !== "skipped") return { ...result, ...landed(receipt) };
  throw new AssayError({ code: "MISSING_EVENT", message: `The transaction ${receipt.hash} finalized no such batch.` });
}
