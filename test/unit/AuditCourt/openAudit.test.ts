import { AuditPhase, batchId } from "@assay/sdk";
import { expect } from "chai";
import { id, ZeroHash } from "ethers";

import { committedCase, drawnCase } from "../../helpers/court/auditCase.js";
import { expectedPanel } from "../../helpers/court/draw.js";
import { expire, pastDeadline } from "../../helpers/court/panel.js";
import {
  elevenProviders,
  ethers,
  HOUR,
  MODEL,
  networkHelpers,
  plain,
  type System,
  values,
} from "../../helpers/court/system.js";

/** The escrow itself, so that what it never does can be tried. */
async function asEscrow({ escrow }: System) {
  const address = await escrow.getAddress();
  await networkHelpers.impersonateAccount(address);
  await networkHelpers.setBalance(address, 10n ** 18n);
  return ethers.getSigner(address);
}

describe("AuditCourt", () => {
  describe("openAudit", () => {
    it("opens the audit of a drawn batch and draws its first panel at once", async () => {
      const system = await networkHelpers.loadFixture(elevenProviders);
      const { court, escrow } = system;
      const { job, batch, auditId, seed } = await committedCase(system);
      const audit = await drawnAfter(system, { job, batch });
      const now = BigInt(await networkHelpers.time.latest());
      await expect(audit).to.emit(escrow, "BatchAudited").withArgs(auditId, batch.jobId, seed);
      await expect(audit).to.emit(court, "AuditOpened").withArgs(auditId, job.provider, MODEL, seed);
      const phases = await court.queryFilter(court.filters.PhaseStarted(auditId));
      expect(phases.map(({ args }) => values(args))).to.deep.equal([
        [auditId, AuditPhase.Drawing, 0n, now + BigInt(2 * HOUR)],
        [auditId, AuditPhase.Opening, 0n, now + BigInt(2 * HOUR)],
      ]);
      const state = plain(await court.auditOf(auditId));
      const expected = {
        phase: AuditPhase.Opening,
        level: 1n,
        panel: 0n,
        redraws: 0n,
        size: 3n,
        drawn: 3n,
        committed: 0n,
        revealed: 0n,
        firstMember: 0n,
        deadline: now + BigInt(2 * HOUR),
        seed,
        samplesHash: ZeroHash,
        answersHash: ZeroHash,
      };
      expect(state).to.deep.include(expected);
    });

    it("draws the panel that seed and commit determine, and remembers how far it looked", async () => {
      const system = await networkHelpers.loadFixture(elevenProviders);
      const audit = await drawnCase(system);
      const { members, tries } = await expectedPanel(audit, 0n, 3, []);
      const drawn = await system.court.membersOf(audit.auditId);
      expect(drawn.map(({ provider, seat }) => ({ provider, seat }))).to.deep.equal(members);
      expect((await system.court.auditOf(audit.auditId)).nextTry).to.equal(tries);
    });

    for (const [eligible, size] of [
      [1, 1],
      [2, 1],
      [3, 3],
      [4, 3],
      [65_535, 3],
    ] as const) {
      it(`makes the panel ${size} where ${eligible} providers are eligible`, async () => {
        const system = await networkHelpers.loadFixture(elevenProviders);
        const { job, batch } = await committedCase(system);
        const fewer = { ...batch, eligibleProviders: BigInt(eligible) };
        await system.court.connect(await asEscrow(system)).openAudit(job, fewer, id("seed"));
        expect((await system.court.auditOf(batchId(fewer))).size).to.equal(BigInt(size));
      });
    }

    it("waits in Drawing for its end where nobody is eligible", async () => {
      const system = await networkHelpers.loadFixture(elevenProviders);
      const { court } = system;
      const committed = await committedCase(system);
      const nobody = { ...committed, batch: { ...committed.batch, eligibleProviders: 0n } };
      nobody.auditId = batchId(nobody.batch);
      await court.connect(await asEscrow(system)).openAudit(nobody.job, nobody.batch, id("seed"));
      await court.drawPanel(nobody.job, nobody.batch);
      const { phase, size, drawn } = await court.auditOf(nobody.auditId);
      expect([phase, size, drawn]).to.deep.equal([AuditPhase.Drawing, 0n, 0n]);
      await pastDeadline(nobody);
      // Void, which the escrow refuses here because it never committed such a batch.
      await expect(expire(nobody))
        .to.be.revertedWithCustomError(system.escrow, "JobEscrow_WrongStatus")
        .withArgs(nobody.batch.jobId, 3n, 4n);
    });

    it("reverts for everybody but the escrow", async () => {
      const system = await networkHelpers.loadFixture(elevenProviders);
      const { job, batch } = await committedCase(system);
      for (const caller of [system.deployer, system.requester, system.providers[0]!, system.stranger]) {
        await expect(system.court.connect(caller).openAudit(job, batch, id("seed")))
          .to.be.revertedWithCustomError(system.court, "AuditCourt_UnauthorizedCaller")
          .withArgs(caller.address);
      }
    });

    it("reverts for a batch that is being audited: no id is used twice", async () => {
      const system = await networkHelpers.loadFixture(elevenProviders);
      const { job, batch, auditId } = await drawnCase(system);
      await expect(system.court.connect(await asEscrow(system)).openAudit(job, batch, id("seed")))
        .to.be.revertedWithCustomError(system.court, "AuditCourt_WrongPhase")
        .withArgs(auditId, AuditPhase.Opening, AuditPhase.None);
    });

    const drawnAfter = (
      { escrow }: System,
      { job, batch }: Pick<Awaited<ReturnType<typeof committedCase>>, "job" | "batch">,
    ) => escrow.finalizeBatch(job, batch);
  });
});
