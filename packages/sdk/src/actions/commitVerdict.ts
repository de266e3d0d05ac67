import { type AuditProgress, auditProgressOf } from "./auditProgress.js";
import type { ActionOptions, Context } from "./context.js";
import { transact } from "./transact.js";

export interface CommitVerdictParameters extends ActionOptions {
  readonly auditId: string;
  /** The panelist's place in the audit's list of members. */
  readonly member: bigint;
  /** From `verdictCommitment`. Keep vote and salt: without them the vote cannot be revealed, which costs bond. */
  readonly commitment: string;
}

/**
 * Commits a panelist's vote before the answers are public. Its operator or owner only.
 *
 * @throws AssayError `AuditCourt_WrongPhase`, `AuditCourt_DeadlinePassed`, `AuditCourt_NotMember`,
 * `AuditCourt_AlreadyActed`
 *
 * @example
 * const commitment = verdictCommitment({ chainId, court, auditId, panel, provider, vote: vote(digests), salt });
 * await commitVerdict({ contracts, sender: operator }, { auditId, member, commitment });
 */
export async function commitVerdict(
  context: Context,
  { auditId, member, commitment, ...options }: CommitVerdictParameters,
): Promise<AuditProgress> {
  const { contracts } = context;
  const call = contracts.court.commitVerdict.populateTransaction(auditId, member, commitment);
  const receipt = await transact(context, "commitVerdict", call, options);
  return auditProgressOf(auditId, receipt, contracts);
}
