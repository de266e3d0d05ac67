import { type AuditProgress, auditProgressOf } from "./auditProgress.js";
import type { ActionOptions, Context } from "./context.js";
import { transact } from "./transact.js";

export interface RevealVerdictParameters extends ActionOptions {
  readonly auditId: string;
  readonly member: bigint;
  /** As committed, from `vote`; 32 zero bytes abstain. */
  readonly vote: string;
  readonly salt: string;
}

/**
 * Reveals a panelist's vote. Its operator or owner only. Not revealing costs bond.
 *
 * @throws AssayError `AuditCourt_WrongPhase`, `AuditCourt_DeadlinePassed`, `AuditCourt_CommitmentMismatch`,
 * `AuditCourt_NotMember`
 *
 * @example
 * await revealVerdict({ contracts, sender: operator }, { auditId, member, vote, salt });
 */
export async function revealVerdict(
  context: Context,
  { auditId, member, vote, salt, ...options }: RevealVerdictParameters,
): Promise<AuditProgress> {
  const { contracts } = context;
  const call = contracts.court.revealVerdict.populateTransaction(auditId, member, vote, salt);
  const receipt = await transact(context, "revealVerdict", call, options);
  return auditProgressOf(auditId, receipt, contracts);
}
