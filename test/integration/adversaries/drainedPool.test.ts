import { expect } from "chai";

import { drawnCase, type AuditCase } from "../../helpers/court/auditCase.js";
import { feeOf } from "../../helpers/court/outcomes.js";
import { completeDraw, panelOf, playPanel, tally, type Behaviour } from "../../helpers/court/panel.js";
import { elevenProviders, MODEL, networkHelpers, type System } from "../../helpers/court/system.js";
import { poolOf, wealthOf } from "../../helpers/court/wealth.js";

/** Wealth of a coalition that also owns the model: its royalty comes back, and so does what the pool owes it. */
async function coalitionWealth(system: System, members: ReadonlySet<string>): Promise<bigint> {
  const { royaltyOwed } = await system.escrow.modelAccountOf(MODEL);
  const owed = members.size > system.providers.length ? (await poolOf(system)).owed : 0n;
  return (await wealthOf(system, members)) + royaltyOwed + owed;
}

/** A self-job whose first panel is split by one of the coalition, if it has a member there; the rest tell the truth. */
async function stagedSplit(system: System, members: ReadonlySet<string>): Promise<AuditCase> {
  const audit = await drawnCase(system);
  await completeDraw(audit);
  const panel = await panelOf(audit, []);
  const traitor = panel.findIndex(({ provider }) => members.has(provider));
  const behaviours = panel.map((_, index): Behaviour => (index === traitor ? "odd" : "match"));
  await playPanel(audit, behaviours);
  await tally(audit);
  if (traitor !== -1) {
    await playPanel(audit, []);
    await tally(audit);
  }
  return audit;
}

describe("Adversary 31: self-jobs and staged splits against the audit pool", () => {
  it("lose every time for a coalition of requester, provider, model owner and three of ten verifiers", async () => {
    const system = await networkHelpers.loadFixture(elevenProviders);
    const { requester, modelOwner, providers } = system;
    const members = new Set([requester, modelOwner, ...providers.slice(0, 4)].map(({ address }) => address));
    for (let job = 0; job < 8; job += 1) {
      const before = await coalitionWealth(system, members);
      const audit = await stagedSplit(system, members);
      // At most its three verifiers are paid in the second panel; its premium alone was nearly seven fees.
      const lost = before - (await coalitionWealth(system, members));
      expect(lost).to.be.greaterThan(3n * feeOf(audit));
    }
  });

  it("lose even for a coalition that holds every seat, what the pool owes it counted in full", async () => {
    const system = await networkHelpers.loadFixture(elevenProviders);
    const { requester, modelOwner, providers } = system;
    const members = new Set([requester, modelOwner, ...providers].map(({ address }) => address));
    for (let job = 0; job < 4; job += 1) {
      const before = await coalitionWealth(system, members);
      await stagedSplit(system, members);
      expect(await coalitionWealth(system, members)).to.be.lessThan(before);
    }
  });

  it("leave the pool owing at most what it cannot pay, and never less than nothing", async () => {
    const system = await networkHelpers.loadFixture(elevenProviders);
    const members = new Set(system.providers.map(({ address }) => address));
    const audit = await stagedSplit(system, members);
    const { pool, owed } = await poolOf(system);
    // Nine members told the truth; the premium of one batch pays seven of them.
    expect(owed).to.equal(2n * feeOf(audit));
    expect(pool).to.be.lessThan(feeOf(audit));
    // The next honest batch pays the debt first.
    const next = await drawnCase(system);
    await playPanel(next, []);
    await tally(next);
    await system.escrow.payPoolDebts(MODEL, 10);
    expect((await poolOf(system)).owed).to.equal(0n);
  });
});
