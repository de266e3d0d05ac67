/** The draw of a panel, said a second time: from nothing but what the commit fixed and the round. */
import { AuditPhase, panelSeed } from "@assay/sdk";
import { AbiCoder, keccak256, ZeroAddress } from "ethers";

import { drawnCase, type AuditCase } from "./auditCase.js";
import { phaseOf } from "./panel.js";
import { MODEL, networkHelpers, sparseSeats } from "./system.js";

export interface Drawn {
  readonly provider: string;
  readonly seat: bigint;
}

/** Members of panel `panel` of `size`, after the `earlier` ones. */
export async function expectedPanel(
  { system, batch, job, seed }: AuditCase,
  panel: bigint,
  size: number,
  earlier: readonly Drawn[],
): Promise<{ members: Drawn[]; tries: bigint }> {
  const members: Drawn[] = [];
  const known = new Set(earlier.map(({ provider }) => provider));
  const hash = panelSeed(seed, panel);
  let tries = 0n;
  for (; members.length < size; tries += 1n) {
    const word = keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "uint256"], [hash, tries]));
    const seat = BigInt(word) % batch.seatsAtCommit;
    const { provider, activatedAt, leavingSince } = await system.registry.seatOf(MODEL, seat);
    if (provider === ZeroAddress || provider === job.provider) continue;
    if (activatedAt === 0n || activatedAt > batch.committedAt) continue;
    if (leavingSince !== 0n && leavingSince < batch.committedAt) continue;
    if (members.some((member) => member.provider === provider)) continue;
    if (known.size < Number(batch.eligibleProviders) && known.has(provider)) continue;
    members.push({ provider, seat });
    known.add(provider);
  }
  return { members, tries };
}

/** A drawn batch whose panel is not complete after the first call. */
export async function undrawnCase(): Promise<AuditCase> {
  const system = await networkHelpers.loadFixture(sparseSeats);
  for (;;) {
    const audit = await drawnCase(system);
    if ((await phaseOf(audit)) === AuditPhase.Drawing) return audit;
  }
}
