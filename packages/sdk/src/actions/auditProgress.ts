import type { TransactionReceipt } from "ethers";

import type { Contracts } from "../contracts.js";
import { eventsOf } from "./decode.js";
import { type Landed, landed } from "./transact.js";

/** How a call moved an audit. */
export interface AuditProgress extends Landed {
  readonly auditId: string;
  /** Panelists drawn by this call. */
  readonly drawn: readonly {
    readonly provider: string;
    readonly seat: bigint;
    readonly member: bigint;
    readonly panel: bigint;
  }[];
  /** Phases that began, `AuditPhase` each, the last one in force. */
  readonly phases: readonly { readonly phase: bigint; readonly panel: bigint; readonly deadline: bigint }[];
  /** The panel disagreed, so a second one was called. */
  readonly split: boolean;
  /** Too few voted, so another panel was called in place of this one. */
  readonly redrawn: boolean;
  /** The end, if this call brought it: an `Outcome` and the collateral that was taken. */
  readonly ended: { readonly outcome: bigint; readonly slashed: bigint } | undefined;
}

export function auditProgressOf(auditId: string, receipt: TransactionReceipt, { court }: Contracts): AuditProgress {
  const { MemberDrawn, PhaseStarted, PanelSplit, PanelRedrawn, AuditEnded } = court.filters;
  const { logs } = receipt;
  const ended = eventsOf(logs, court, AuditEnded).at(-1);
  return {
    auditId,
    drawn: eventsOf(logs, court, MemberDrawn).map(({ provider, seat, member, panel }) => ({
      provider,
      seat,
      member,
      panel,
    })),
    phases: eventsOf(logs, court, PhaseStarted).map(({ phase, panel, deadline }) => ({ phase, panel, deadline })),
    split: eventsOf(logs, court, PanelSplit).length > 0,
    redrawn: eventsOf(logs, court, PanelRedrawn).length > 0,
    ended: ended === undefined ? undefined : { outcome: ended.outcome, slashed: ended.slashed },
    ...landed(receipt),
  };
}
