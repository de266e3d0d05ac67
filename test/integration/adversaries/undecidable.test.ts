import { expect } from "chai";

import { committedCase, drawnCase, type AuditCase } from "../../helpers/court/auditCase.js";
import { expectMoves } from "../../helpers/court/money.js";
import { doing, feeOf, penalised, voided } from "../../helpers/court/outcomes.js";
import { commitPanel, expire, playPanel, tally, type Behaviour, type Panelist } from "../../helpers/court/panel.js";
import { elevenUnderTheLaw, MODEL, networkHelpers, usd, WAD, type System } from "../../helpers/court/system.js";

const PLENTY = { fees: [usd(2)], collateral: usd(200) };

/** An audit under the law: one is drawn about every twenty batches at 100× collateral, so more is put at risk. */
async function auditedCase(system: System): Promise<AuditCase> {
  for (;;) {
    const audit = await committedCase(system, { fees: [usd(10)], collateral: usd("23.6") });
    await system.escrow.finalizeBatch(audit.job, audit.batch);
    if ((await system.court.auditOf(audit.auditId)).phase !== 0n) return audit;
  }
}

describe("Adversary 27: nobody decides", () => {
  it("verifiers that are offline pay four fees a panel, and after three panels everybody else is as before", async () => {
    const system = await networkHelpers.loadFixture(elevenUnderTheLaw);
    const audit = await auditedCase(system);
    const silent: Panelist[] = [];
    for (let panel = 0; panel < 2; panel += 1) silent.push(...(await playPanel(audit, ["absent", "absent", "absent"])));
    silent.push(...(await commitPanel(audit, ["absent", "absent", "absent"])));
    expect(silent.length).to.equal(9);
    await expectMoves(system, () => expire(audit), penalised(voided(audit), audit, silent, 4n));
  });

  it("a cheat whose friends abstain is not paid, and is checked every time until it has passed three times", async () => {
    const system = await networkHelpers.loadFixture(elevenUnderTheLaw);
    const { registry } = system;
    expect((await committedCase(system, PLENTY)).batch.p).to.be.lessThan(WAD / 20n);
    const audit = await auditedCase(system);
    for (let panel = 0; panel < 2; panel += 1) {
      await playPanel(audit, ["reject", "abstain", "abstain"]);
      await tally(audit);
    }
    await playPanel(audit, ["reject", "abstain", "abstain"]);
    await expectMoves(system, () => tally(audit), voided(audit));
    for (let left = 3n; left > 0n; left -= 1n) {
      expect((await registry.holdingOf(MODEL, audit.job.provider)).probation).to.equal(left);
      const next = await drawnCase(system, PLENTY);
      expect(next.batch.p).to.equal(WAD);
      await playPanel(next, ["match", "match", "match"]);
      await tally(next);
    }
    expect((await committedCase(system, PLENTY)).batch.p).to.be.lessThan(WAD / 20n);
  });

  it("a panel that disagrees for ever ends the same way", async () => {
    const system = await networkHelpers.loadFixture(elevenUnderTheLaw);
    const audit = await auditedCase(system);
    await playPanel(audit, ["match", "odd", "reject"]);
    await tally(audit);
    const mixed: Behaviour[] = ["match", "match", "match", "odd", "odd", "reject", "mute"];
    const second = await playPanel(audit, mixed);
    const moves = penalised(voided(audit), audit, doing(second, "mute"), 4n);
    await expectMoves(system, () => tally(audit), moves);
    expect(feeOf(audit)).to.be.greaterThan(0n);
  });
});
