import { AuditPhase } from "@assay/sdk";
import { expect } from "chai";

import { drawnCase } from "../../helpers/court/auditCase.js";
import { commitPanel, completeDraw, expire, pastDeadline, phaseOf } from "../../helpers/court/panel.js";
import { elevenProviders, networkHelpers, usd } from "../../helpers/court/system.js";
import { wealthOf } from "../../helpers/court/wealth.js";

describe("Adversary 13: refuses to open", () => {
  for (const [what, phase] of [
    ["leaves", AuditPhase.Opening],
    ["answers", AuditPhase.Answering],
  ] as const) {
    it(`its ${what}: loses all collateral, and the requester is better off than before`, async () => {
      const system = await networkHelpers.loadFixture(elevenProviders);
      const [provider, requester] = [system.providers[0]!.address, system.requester.address];
      const [providerBefore, requesterBefore] = [
        await wealthOf(system, [provider]),
        await wealthOf(system, [requester]),
      ];
      const audit = await drawnCase(system, { collateral: usd(50) });
      await completeDraw(audit);
      if (phase === AuditPhase.Answering) await commitPanel(audit, []);
      expect(await phaseOf(audit)).to.equal(phase);
      await pastDeadline(audit);
      // Anyone ends it.
      await system.court.connect(system.stranger).expire(audit.job, audit.batch);
      expect(await wealthOf(system, [provider])).to.equal(providerBefore - usd(50));
      expect(await wealthOf(system, [requester])).to.equal(requesterBefore + usd(10));
    });
  }

  it("has no other way out: no phase that waits for it ends in Void or payment", async () => {
    const system = await networkHelpers.loadFixture(elevenProviders);
    const audit = await drawnCase(system);
    await completeDraw(audit);
    await expect(expire(audit)).to.be.revertedWithCustomError(system.court, "AuditCourt_DeadlineNotReached");
    await pastDeadline(audit);
    await expect(expire(audit)).to.emit(system.court, "AuditEnded").withArgs(audit.auditId, 1n, audit.batch.collateral);
  });
});
