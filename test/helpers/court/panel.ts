/** Plays the panels of an audit. */
import { AuditPhase, verdictCommitment, type Verdict } from "@assay/sdk";
import { expect } from "chai";
import { ZeroHash } from "ethers";

import { answerOpenings, leafOpenings, matchingVote, otherVote, randomSalt, type AuditCase } from "./auditCase.js";
import { ethers, networkHelpers, type Signer } from "./system.js";

/**
 * What a member does. `match`: votes for the provider's answer; `reject`: against it, all with the same vote; `odd`: against
 * it, each with a vote of its own; `abstain`: reveals 0; `mute`: commits and never reveals; `absent`: does nothing.
 */
export type Behaviour = "match" | "reject" | "odd" | "abstain" | "mute" | "absent";

export interface Panelist {
  readonly index: bigint;
  readonly provider: string;
  readonly seat: bigint;
  readonly signer: Signer;
  readonly behaviour: Behaviour;
  readonly vote: string;
  readonly salt: string;
}

/** Members of the current panel, in their order, with what each is going to do. */
export async function panelOf(audit: AuditCase, behaviours: readonly Behaviour[]): Promise<Panelist[]> {
  const { court, providers } = audit.system;
  const { firstMember, drawn } = await court.auditOf(audit.auditId);
  const members = (await court.membersOf(audit.auditId)).slice(Number(firstMember), Number(firstMember + drawn));
  return members.map(({ provider, seat }, position) => {
    const behaviour = behaviours[position] ?? "match";
    return {
      index: firstMember + BigInt(position),
      provider,
      seat,
      signer: providers.find(({ address }) => address === provider)!,
      behaviour,
      vote: voteOf(audit, behaviour, position),
      salt: randomSalt(),
    };
  });
}

function voteOf(audit: AuditCase, behaviour: Behaviour, position: number): string {
  if (behaviour === "abstain") return ZeroHash;
  if (behaviour === "reject") return otherVote(audit);
  return behaviour === "odd" ? otherVote(audit, 1 + position) : matchingVote(audit);
}

export async function phaseOf({ system, auditId }: AuditCase): Promise<bigint> {
  return (await system.court.auditOf(auditId)).phase;
}

/** Draws until the panel is complete. */
export async function completeDraw(audit: AuditCase): Promise<void> {
  for (let calls = 0; (await phaseOf(audit)) === AuditPhase.Drawing; calls += 1) {
    expect(calls, "calls of drawPanel").to.be.lessThan(200);
    await audit.system.court.drawPanel(audit.job, audit.batch);
  }
}

/** Moves the clock past the phase's deadline. */
export async function pastDeadline({ system, auditId }: AuditCase): Promise<void> {
  const { deadline } = await system.court.auditOf(auditId);
  if (BigInt(await networkHelpers.time.latest()) <= deadline) await networkHelpers.time.increaseTo(deadline + 1n);
}

export async function openLeaves(audit: AuditCase): Promise<void> {
  await completeDraw(audit);
  await audit.system.court.openLeaves(audit.job, audit.batch, leafOpenings(audit));
}

export async function openAnswers(audit: AuditCase): Promise<void> {
  await audit.system.court.openAnswers(audit.auditId, answerOpenings(audit));
}

export async function commitmentOf(
  audit: AuditCase,
  panelist: Panelist,
  wrong: Partial<Verdict> = {},
): Promise<string> {
  const { court } = audit.system;
  const { provider, vote, salt } = panelist;
  const { chainId } = await ethers.provider.getNetwork();
  const { panel } = await court.auditOf(audit.auditId);
  const bound = { chainId, court: await court.getAddress(), auditId: audit.auditId, panel, provider, vote, salt };
  return verdictCommitment({ ...bound, ...wrong });
}

export async function commitVote(audit: AuditCase, panelist: Panelist): Promise<void> {
  const commitment = await commitmentOf(audit, panelist);
  await audit.system.court.connect(panelist.signer).commitVerdict(audit.auditId, panelist.index, commitment);
}

export async function revealVote({ system, auditId }: AuditCase, panelist: Panelist): Promise<void> {
  await system.court.connect(panelist.signer).revealVerdict(auditId, panelist.index, panelist.vote, panelist.salt);
}

/** Draws, opens what is not open yet, and has everybody commit who does; the window is over if somebody is absent. */
export async function commitPanel(audit: AuditCase, behaviours: readonly Behaviour[]): Promise<Panelist[]> {
  await completeDraw(audit);
  if ((await phaseOf(audit)) === AuditPhase.Opening) await openLeaves(audit);
  const panel = await panelOf(audit, behaviours);
  for (const member of panel) if (member.behaviour !== "absent") await commitVote(audit, member);
  if (panel.some(({ behaviour }) => behaviour === "absent")) await pastDeadline(audit);
  return panel;
}

/**
 * Plays a panel up to its tally, which is the caller's to send. Without a quorum of commitments the panel ends before, in
 * `expire`: the next one is being drawn then, or the audit is over.
 */
export async function playPanel(audit: AuditCase, behaviours: readonly Behaviour[]): Promise<Panelist[]> {
  const panel = await commitPanel(audit, behaviours);
  if ((await phaseOf(audit)) === AuditPhase.Committing) {
    await expire(audit);
    if ((await audit.system.court.auditOf(audit.auditId)).committed === 0n) return panel;
  }
  if ((await phaseOf(audit)) === AuditPhase.Answering) await openAnswers(audit);
  const revealing = panel.filter(({ behaviour }) => behaviour !== "absent" && behaviour !== "mute");
  for (const member of revealing) await revealVote(audit, member);
  if (panel.some(({ behaviour }) => behaviour === "mute")) await pastDeadline(audit);
  return panel;
}

export const tally = ({ system, job, batch }: AuditCase) => system.court.tally(job, batch);
export const expire = ({ system, job, batch }: AuditCase) => system.court.expire(job, batch);
