import { batchId } from "../protocol/receipts.js";
import type { Batch, Job } from "../protocol/types.js";
import { type AuditProgress, auditProgressOf } from "./auditProgress.js";
import type { ActionOptions, Context } from "./context.js";
import { transact } from "./transact.js";

export interface TallyParameters extends ActionOptions {
  readonly job: Job;
  readonly batch: Batch;
}

/**
 * Decides an audit when all have revealed or the window is over: ends it, or starts the next panel. Anyone may.
 *
 * @throws AssayError `AuditCourt_WrongPhase`, `AuditCourt_DeadlineNotReached`
 *
 * @example
 * const { ended } = await tally({ contracts, sender }, { job, batch });
 */
export async function tally(context: Context, { job, batch, ...options }: TallyParameters): Promise<AuditProgress> {
  const { contracts } = context;
  const receipt = await transact(context, "tally", contracts.court.tally.populateTransaction(job, batch), options);
  return auditProgressOf(batchId(batch), receipt, contracts);
}
