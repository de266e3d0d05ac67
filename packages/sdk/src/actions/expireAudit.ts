import { batchId } from "../protocol/receipts.js";
import type { Batch, Job } from "../protocol/types.js";
import { type AuditProgress, auditProgressOf } from "./auditProgress.js";
import type { ActionOptions, Context } from "./context.js";
import { transact } from "./transact.js";

export interface ExpireAuditParameters extends ActionOptions {
  readonly job: Job;
  readonly batch: Batch;
}

/**
 * Enforces a deadline that an audit let pass in any phase but revealing. Anyone may.
 *
 * @throws AssayError `AuditCourt_WrongPhase`, `AuditCourt_DeadlineNotReached`
 *
 * @example
 * const { phases, ended } = await expireAudit({ contracts, sender }, { job, batch });
 */
export async function expireAudit(
  context: Context,
  { job, batch, ...options }: ExpireAuditParameters,
): Promise<AuditProgress> {
  const { contracts } = context;
  const receipt = await transact(
    context,
    "expireAudit",
    contracts.court.expire.populateTransaction(job, batch),
    options,
  );
  return auditProgressOf(batchId(batch), receipt, contracts);
}
