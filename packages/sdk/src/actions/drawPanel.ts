import { batchId } from "../protocol/receipts.js";
import type { Batch, Job } from "../protocol/types.js";
import { type AuditProgress, auditProgressOf } from "./auditProgress.js";
import type { ActionOptions, Context } from "./context.js";
import { transact } from "./transact.js";

export interface DrawPanelParameters extends ActionOptions {
  readonly job: Job;
  readonly batch: Batch;
}

/**
 * Goes on drawing an audit's panel, at most 64 tries a call. Anyone may.
 *
 * @throws AssayError `AuditCourt_WrongPhase`, `AuditCourt_DeadlinePassed`
 *
 * @example
 * const { drawn } = await drawPanel({ contracts, sender }, { job, batch });
 */
export async function drawPanel(
  context: Context,
  { job, batch, ...options }: DrawPanelParameters,
): Promise<AuditProgress> {
  const { contracts } = context;
  const receipt = await transact(
    context,
    "drawPanel",
    contracts.court.drawPanel.populateTransaction(job, batch),
    options,
  );
  return auditProgressOf(batchId(batch), receipt, contracts);
}
