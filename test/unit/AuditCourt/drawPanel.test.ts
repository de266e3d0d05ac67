import { AuditPhase, batchId, MemberStatus } from "@assay/sdk";
import { expect } from "chai";

import { committedCase, drawnCase, type AuditCase } from "../../helpers/court/auditCase.js";
import { expectedPanel, undrawnCase, type Drawn } from "../../helpers/court/draw.js";
import { completeDraw, openLeaves, pastDeadline, phaseOf, playPanel, tally } from "../../helpers/court/panel.js";
import {
  elevenProviders,
  fiveProviders,
  HOUR,
  MODEL,
  networkHelpers,
  seatedSystem,
  type System,
  values,
} from "../../helpers/court/system.js";

const MAX_TRIES = 64n;

async function membersOf({ system, auditId }: AuditCase): Promise<Drawn[]> {
  return (await system.court.membersOf(auditId)).map(({ provider, seat }) => ({ provider, seat }));
}

describe("AuditCourt", () => {
  describe("drawPanel", () => {
    it("goes on where the last call ended, 64 tries at most, to the panel that one call would have drawn", async () => {
      const audit = await undrawnCase();
      const { court, stranger } = audit.system;
      const expected = await expectedPanel(audit, 0n, 3, []);
      let { nextTry } = await court.auditOf(audit.auditId);
      expect(nextTry).to.equal(MAX_TRIES);
      while ((await phaseOf(audit)) === AuditPhase.Drawing) {
        await court.connect(stranger).drawPanel(audit.job, audit.batch);
        const after = await court.auditOf(audit.auditId);
        expect(after.nextTry - nextTry).to.be.within(1n, MAX_TRIES);
        nextTry = after.nextTry;
      }
      expect(await membersOf(audit)).to.deep.equal(expected.members);
      expect(nextTry).to.equal(expected.tries);
      expect((await court.auditOf(audit.auditId)).phase).to.equal(AuditPhase.Opening);
    });

    it("records each member with its seat and panel, and says so", async () => {
      const audit = await undrawnCase();
      const { court } = audit.system;
      await completeDraw(audit);
      const members = await court.membersOf(audit.auditId);
      const events = await court.queryFilter(court.filters.MemberDrawn(audit.auditId));
      expect(events.map(({ args }) => values(args))).to.deep.equal(
        members.map(({ provider, seat }, index) => [audit.auditId, provider, seat, BigInt(index), 0n]),
      );
      for (const { panel, status, vote } of members) {
        expect([panel, status, BigInt(vote)]).to.deep.equal([0n, MemberStatus.Drawn, 0n]);
      }
    });

    it("starts the phase in which the leaves are opened once the panel is complete", async () => {
      const audit = await undrawnCase();
      const { court } = audit.system;
      await completeDraw(audit);
      const { deadline, drawn, size } = await court.auditOf(audit.auditId);
      expect([drawn, size]).to.deep.equal([3n, 3n]);
      expect(deadline).to.equal(BigInt((await networkHelpers.time.latest()) + 2 * HOUR));
      const events = await court.queryFilter(court.filters.PhaseStarted(audit.auditId));
      expect(values(events.at(-1)!.args)).to.deep.equal([audit.auditId, AuditPhase.Opening, 0n, deadline]);
    });

    describe("draws", () => {
      async function panelsOf(system: System): Promise<{ audit: AuditCase; panels: Drawn[][] }> {
        const audit = await drawnCase(system);
        await playPanel(audit, ["match", "reject", "match"]);
        const first = await membersOf(audit);
        await tally(audit);
        await completeDraw(audit);
        const second = (await membersOf(audit)).slice(first.length);
        expect(second).to.deep.equal((await expectedPanel(audit, 1n, second.length, first)).members);
        return { audit, panels: [first, second] };
      }
      const providersOf = (members: readonly Drawn[]) => members.map(({ provider }) => provider);

      it("distinct providers and never the audited one, fresh ones for the second panel", async () => {
        const system = await networkHelpers.loadFixture(elevenProviders);
        const { audit, panels } = await panelsOf(system);
        const all = providersOf(panels.flat());
        expect(panels.map((panel) => panel.length)).to.deep.equal([3, 7]);
        expect(new Set(all).size).to.equal(10);
        expect(all).to.not.include(audit.job.provider);
      });

      it("members of the first panel again only when there are no others", async () => {
        const system = await networkHelpers.loadFixture(fiveProviders);
        const { audit, panels } = await panelsOf(system);
        const [first, second] = panels.map(providersOf);
        const fresh = system.providers.map(({ address }) => address).filter((address) => !first!.includes(address));
        expect(panels.map((panel) => panel.length)).to.deep.equal([3, 3]);
        expect(new Set(second).size).to.equal(3);
        expect(second).to.not.include(audit.job.provider);
        // Of the five, one is audited and three sat before: the fifth comes first.
        expect([audit.job.provider, second![0]]).to.have.members(fresh);
      });

      it("one of the seats of each, where everybody holds eight", async () => {
        const system = await networkHelpers.loadFixture(eightSeatsEach);
        const { panels } = await panelsOf(system);
        for (const panel of panels) expect(new Set(providersOf(panel)).size).to.equal(panel.length);
      });

      const eightSeatsEach = () => seatedSystem(9, 8);
    });

    it("never draws a seat that was taken after the commit, not even in a reused vacancy (adversary 22)", async () => {
      const system = await networkHelpers.loadFixture(fourAndAVacancy);
      const { registry, escrow } = system;
      const late = system.providers[4]!;
      const committed: AuditCase[] = [];
      for (let count = 0; count < 6; count += 1) committed.push(await committedCase(system));
      // All six rounds are public: who takes a seat now knows where the draws will look.
      expect(await registry.connect(late).takeSeats.staticCall(MODEL, 1)).to.deep.equal([VACANCY]);
      await registry.connect(late).takeSeats(MODEL, 1);
      await registry.activateSeats(MODEL, [VACANCY]);
      for (const audit of committed) {
        expect(audit.batch.eligibleProviders).to.equal(3n);
        expect(audit.batch.seatsAtCommit).to.be.greaterThan(VACANCY);
        await escrow.finalizeBatch(audit.job, audit.batch);
        await completeDraw(audit);
        const members = (await membersOf(audit)).map(({ provider }) => provider);
        expect(members).to.have.members(system.providers.slice(1, 4).map(({ address }) => address));
      }
      const next = await drawnCase(system);
      expect(next.batch.eligibleProviders).to.equal(4n);
    });

    const VACANCY = 4n;
    async function fourAndAVacancy(): Promise<System> {
      const system = await seatedSystem(6);
      const { registry, providers } = system;
      for (const seat of [4, 5]) await registry.connect(providers[seat]).leaveSeats(MODEL, [seat]);
      await networkHelpers.time.increase(await registry.seatExitDelay());
      // The last seat stays, so that the one before it is a vacancy inside the list.
      await registry.vacateSeats(MODEL, [VACANCY]);
      return system;
    }

    it("still draws a member whose seat has begun to leave since the commit", async () => {
      const system = await networkHelpers.loadFixture(seatedFour);
      const audit = await committedCase(system);
      for (const [index, provider] of system.providers.slice(1).entries()) {
        await system.registry.connect(provider).leaveSeats(MODEL, [index + 1]);
      }
      await system.escrow.finalizeBatch(audit.job, audit.batch);
      await completeDraw(audit);
      expect((await membersOf(audit)).length).to.equal(3);
    });

    const seatedFour = () => seatedSystem(4);

    it("reverts in every other phase", async () => {
      const system = await networkHelpers.loadFixture(elevenProviders);
      const audit = await drawnCase(system);
      await completeDraw(audit);
      for (const phase of [AuditPhase.Opening, AuditPhase.Committing]) {
        await expect(system.court.drawPanel(audit.job, audit.batch))
          .to.be.revertedWithCustomError(system.court, "AuditCourt_WrongPhase")
          .withArgs(audit.auditId, phase, AuditPhase.Drawing);
        if (phase === AuditPhase.Opening) await openLeaves(audit);
      }
    });

    it("reverts after the deadline", async () => {
      const audit = await undrawnCase();
      const { court } = audit.system;
      const { deadline } = await court.auditOf(audit.auditId);
      await pastDeadline(audit);
      await expect(court.drawPanel(audit.job, audit.batch))
        .to.be.revertedWithCustomError(court, "AuditCourt_DeadlinePassed")
        .withArgs(audit.auditId, deadline);
    });

    it("reverts for a batch that has no audit, or is not the job's", async () => {
      const audit = await undrawnCase();
      const { court, escrow } = audit.system;
      const otherJob = { ...audit.job, modelId: 2n };
      await expect(court.drawPanel(otherJob, audit.batch))
        .to.be.revertedWithCustomError(court, "AuditCourt_UnknownBatch")
        .withArgs(audit.auditId, await escrow.jobIdOf(otherJob));
      const otherBatch = { ...audit.batch, seatsAtCommit: 1n };
      await expect(court.drawPanel(audit.job, otherBatch))
        .to.be.revertedWithCustomError(court, "AuditCourt_UnknownBatch")
        .withArgs(batchId(otherBatch), audit.batch.jobId);
    });
  });
});
