/** What the ways in which an audit can end move, for `expectMoves`. */
import { expectedPanelists, panelFee, premium } from "@assay/sdk";

import type { AuditCase } from "./auditCase.js";
import { Moves } from "./money.js";
import type { Panelist } from "./panel.js";
import { PARAMETERS } from "./system.js";

const BPS = 10_000n;
const { escrow: TERMS } = PARAMETERS;

/** Fee of one panelist. */
export const feeOf = ({ job, batch }: AuditCase): bigint => panelFee(job, batch, BigInt(TERMS.verifierValueBps));

/**
 * The provider is paid, its collateral is free again, `voters` get one fee each from the model's pool. The pool holds nothing
 * but this batch's premium: what it is short of is owed.
 */
export function accepted(audit: AuditCase, voters: readonly Panelist[]): Moves {
  const { job, batch } = audit;
  const royalty = (batch.total * job.royaltyBps) / BPS;
  const protocolFee = (batch.total * BigInt(TERMS.protocolFeeBps)) / BPS;
  const pool = premium(batch.p, feeOf(audit), expectedPanelists(TERMS.collusion), TERMS.beaconShare);
  const moves = new Moves()
    .account(job.provider, { balance: batch.total - royalty - protocolFee - pool, locked: -batch.collateral })
    .common({ royalty, protocolFee, pool });
  const fee = feeOf(audit);
  for (const [index, { provider }] of voters.entries()) {
    if (BigInt(index + 1) * fee > pool) moves.common({ poolDebt: fee });
    else moves.account(provider, { balance: fee }).common({ pool: -fee });
  }
  return moves;
}

/** The requester gets its fee back and a fifth of the collateral, `verifiers` get `share` each, the sink the rest. */
export function rejected(audit: AuditCase, verifiers: readonly Panelist[], share: bigint): Moves {
  const { job, batch } = audit;
  const compensation = batch.collateral / 5n;
  const moves = new Moves()
    .account(job.provider, { staked: -batch.collateral, locked: -batch.collateral })
    .account(job.requester, { balance: batch.total, staked: compensation })
    .common({ sink: batch.collateral - compensation - BigInt(verifiers.length) * share });
  for (const { provider } of verifiers) moves.account(provider, { staked: share });
  return moves;
}

/** The requester gets its fee back, the collateral is free again, nobody earns. */
export function voided({ job, batch }: AuditCase): Moves {
  return new Moves()
    .account(job.provider, { locked: -batch.collateral })
    .account(job.requester, { balance: batch.total });
}

/** Members lose so many fees of their seats' bonds, to the sink. */
export function penalised(moves: Moves, audit: AuditCase, members: readonly Panelist[], fees: bigint): Moves {
  const amount = fees * feeOf(audit);
  for (const { provider } of members) {
    moves.account(provider, { staked: -amount, locked: -amount }).common({ sink: amount });
  }
  return moves;
}

export const doing = (panel: readonly Panelist[], ...behaviours: readonly Panelist["behaviour"][]): Panelist[] =>
  panel.filter(({ behaviour }) => behaviours.includes(behaviour));
