import type { ReadContext } from "./context.js";
import { readPlain } from "./read.js";

/** Twin of `IAuditCourt.Audit`. */
export interface Audit {
  /** `AuditPhase`; `None` if there is no such audit, or it is over. */
  readonly phase: bigint;
  readonly level: bigint;
  readonly panel: bigint;
  readonly redraws: bigint;
  readonly size: bigint;
  readonly drawn: bigint;
  readonly committed: bigint;
  readonly revealed: bigint;
  readonly nextTry: bigint;
  readonly firstMember: bigint;
  readonly deadline: bigint;
  readonly seed: string;
  readonly samplesHash: string;
  readonly answersHash: string;
}

/** Twin of `IAuditCourt.Member`. */
export interface AuditMember {
  readonly provider: string;
  readonly seat: bigint;
  readonly panel: bigint;
  /** `MemberStatus`. */
  readonly status: bigint;
  readonly vote: string;
}

export interface AuditInfo {
  /** The batch's id. */
  readonly auditId: string;
  readonly audit: Audit;
  /** Of all its panels; their positions are the member numbers that the court takes. */
  readonly members: readonly AuditMember[];
}

/**
 * The state of an audit. One that is over is deleted: `phase` is `None` then.
 *
 * @example
 * const { audit, members } = await getAudit({ contracts }, { auditId: batchId });
 */
export async function getAudit(
  { contracts: { court } }: ReadContext,
  { auditId }: { readonly auditId: string },
): Promise<AuditInfo> {
  const [audit, members] = await Promise.all([
    readPlain<Audit>(court, "auditOf", court.auditOf(auditId)),
    readPlain<readonly AuditMember[]>(court, "membersOf", court.membersOf(auditId)),
  ]);
  return { auditId, audit, members };
}
