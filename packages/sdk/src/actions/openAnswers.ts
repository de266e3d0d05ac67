import type { AnswerOpening } from "../protocol/types.js";
import { type AuditProgress, auditProgressOf } from "./auditProgress.js";
import type { ActionOptions, Context } from "./context.js";
import { transact } from "./transact.js";

export interface OpenAnswersParameters extends ActionOptions {
  readonly auditId: string;
  /** One for each opened leaf, in their order. */
  readonly answers: readonly AnswerOpening[];
}

/**
 * Opens the answers behind the opened leaves. Anyone who has the salts may; if nobody does in time, the collateral is slashed.
 *
 * @throws AssayError `AuditCourt_WrongPhase`, `AuditCourt_DeadlinePassed`, `AuditCourt_InvalidAnswer`,
 * `AuditCourt_AnswerCount`
 *
 * @example
 * await openAnswers({ contracts, sender: operator }, { auditId, answers });
 */
export async function openAnswers(
  context: Context,
  { auditId, answers, ...options }: OpenAnswersParameters,
): Promise<AuditProgress> {
  const { contracts } = context;
  const call = contracts.court.openAnswers.populateTransaction(auditId, [...answers]);
  const receipt = await transact(context, "openAnswers", call, options);
  return auditProgressOf(auditId, receipt, contracts);
}
