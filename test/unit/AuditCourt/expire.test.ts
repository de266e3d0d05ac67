import { AuditPhase, batchId, Outcome } from "@assay/sdk";
import { expect } from "chai";

import { drawnCase } from "../../helpers/court/auditCase.js";
import { undrawnCase } from "../../helpers/court/draw.js";
import { expectMoves, Moves } from "../../helpers/court/money.js";
import { accepted, doing, feeOf, penalised, rejected, voided } from "../../helpers/court/outcomes.js";
import {
  commitPanel,
  completeDraw,
  expire,
  openAnswers,
  openLeaves,
  pastDeadline,
  phaseOf,
  playPanel,
  tally,
} from "../../helpers/court/panel.js";
import { elevenProviders, HOUR, MODEL, networkHelpers, usd } from "../../helpers/court/system.js";

const NOTHING = new Moves();

describe("AuditCourt", () => {
  describe("expire", () => {
    const drawn = async () => drawnCase(await networkHelpers.loadFixture(elevenProviders));

    describe("in Drawing", () => {
      it("ends in Void when the panel could not be drawn; its members had no chance and lose nothing", async () => {
        const audit = await undrawnCase();
        await pastDeadline(audit);
        const ended = await expectMoves(audit.system, () => expire(audit), voided(audit));
        await expect(ended).to.emit(audit.system.court, "AuditEnded").withArgs(audit.auditId, Outcome.Void, 0n);
        expect(await audit.system.court.membersOf(audit.auditId)).to.deep.equal([]);
      });

      it("takes four fees of the members of earlier panels that did not reveal, and of them only", async () => {
        const audit = await undrawnCase();
        const first = await playPanel(audit, ["match", "reject", "mute"]);
        await tally(audit);
        expect(await phaseOf(audit)).to.equal(AuditPhase.Drawing);
        await audit.system.court.drawPanel(audit.job, audit.batch);
        await pastDeadline(audit);
        const moves = penalised(voided(audit), audit, doing(first, "mute"), 4n);
        await expectMoves(audit.system, () => expire(audit), moves);
      });

      it("reverts up to the deadline", async () => {
        const audit = await undrawnCase();
        const { court } = audit.system;
        const { deadline } = await court.auditOf(audit.auditId);
        await networkHelpers.time.setNextBlockTimestamp(deadline);
        await expect(court.expire(audit.job, audit.batch, { gasLimit: 3_000_000 }))
          .to.be.revertedWithCustomError(court, "AuditCourt_DeadlineNotReached")
          .withArgs(audit.auditId, deadline);
      });
    });

    describe("in Opening", () => {
      it("slashes the provider that opened no leaves: a fifth to the requester, the rest to the sink", async () => {
        const audit = await drawn();
        await completeDraw(audit);
        await pastDeadline(audit);
        const ended = await expectMoves(audit.system, () => expire(audit), rejected(audit, [], 0n));
        await expect(ended)
          .to.emit(audit.system.court, "AuditEnded")
          .withArgs(audit.auditId, Outcome.Rejected, audit.batch.collateral);
        await expect(ended).to.not.emit(audit.system.registry, "SeatPenalised");
      });

      it("reverts up to the deadline", async () => {
        const audit = await drawn();
        const { court } = audit.system;
        await completeDraw(audit);
        const { deadline } = await court.auditOf(audit.auditId);
        await networkHelpers.time.setNextBlockTimestamp(deadline);
        await expect(court.expire(audit.job, audit.batch, { gasLimit: 3_000_000 }))
          .to.be.revertedWithCustomError(court, "AuditCourt_DeadlineNotReached")
          .withArgs(audit.auditId, deadline);
      });
    });

    describe("in Committing", () => {
      it("goes on to Answering with two of three", async () => {
        const audit = await drawn();
        const { court } = audit.system;
        await commitPanel(audit, ["match", "absent", "match"]);
        const expired = await expectMoves(audit.system, () => expire(audit), NOTHING);
        const deadline = BigInt((await networkHelpers.time.latest()) + 2 * HOUR);
        await expect(expired)
          .to.emit(court, "PhaseStarted")
          .withArgs(audit.auditId, AuditPhase.Answering, 0n, deadline);
        expect((await court.auditOf(audit.auditId)).deadline).to.equal(deadline);
      });

      it("goes on to Revealing when the answers are open already", async () => {
        const audit = await drawn();
        await playPanel(audit, ["match", "reject", "match"]);
        await tally(audit);
        await commitPanel(audit, ["match", "match", "match", "match", "match", "absent", "absent"]);
        await expire(audit);
        expect(await phaseOf(audit)).to.equal(AuditPhase.Revealing);
      });

      it("redraws with fewer, and moves no money", async () => {
        const audit = await drawn();
        const { court } = audit.system;
        await commitPanel(audit, ["match", "absent", "absent"]);
        const expired = await expectMoves(audit.system, () => expire(audit), NOTHING);
        await expect(expired).to.emit(court, "PanelRedrawn").withArgs(audit.auditId, 0n);
        await completeDraw(audit);
        const { phase, level, panel, redraws, firstMember } = await court.auditOf(audit.auditId);
        expect([phase, level, panel, redraws, firstMember]).to.deep.equal([AuditPhase.Committing, 1n, 1n, 1n, 3n]);
      });

      it("is Void after two redraws; who committed to a panel that never revealed did its part", async () => {
        const audit = await drawn();
        const first = await playPanel(audit, ["match", "absent", "absent"]);
        const second = await playPanel(audit, ["absent", "absent", "absent"]);
        const third = await commitPanel(audit, ["absent", "match", "absent"]);
        const absent = doing([...first, ...second, ...third], "absent");
        expect(absent.length).to.equal(7);
        const moves = penalised(voided(audit), audit, absent, 4n);
        const ended = await expectMoves(audit.system, () => expire(audit), moves);
        await expect(ended).to.emit(audit.system.court, "AuditEnded").withArgs(audit.auditId, Outcome.Void, 0n);
      });

      it("leaves a decision of a later panel without pay for who committed to a replaced one", async () => {
        const audit = await drawn();
        const first = await playPanel(audit, ["match", "absent", "absent"]);
        const second = await playPanel(audit, ["match", "match", "match"]);
        const moves = penalised(accepted(audit, second), audit, doing(first, "absent"), 4n);
        await expectMoves(audit.system, () => tally(audit), moves);
      });

      it("reverts up to the deadline", async () => {
        const audit = await drawn();
        const { court } = audit.system;
        await openLeaves(audit);
        const { deadline } = await court.auditOf(audit.auditId);
        await networkHelpers.time.setNextBlockTimestamp(deadline);
        await expect(court.expire(audit.job, audit.batch, { gasLimit: 3_000_000 }))
          .to.be.revertedWithCustomError(court, "AuditCourt_DeadlineNotReached")
          .withArgs(audit.auditId, deadline);
      });
    });

    describe("in Answering", () => {
      it("slashes the provider that opened no answers, and pays one fee to who had committed", async () => {
        const audit = await drawn();
        const panel = await commitPanel(audit, ["match", "reject", "abstain"]);
        await pastDeadline(audit);
        const ended = await expectMoves(audit.system, () => expire(audit), rejected(audit, panel, feeOf(audit)));
        await expect(ended)
          .to.emit(audit.system.court, "AuditEnded")
          .withArgs(audit.auditId, Outcome.Rejected, audit.batch.collateral);
      });

      it("takes four fees of who had missed the commit window", async () => {
        const audit = await drawn();
        const panel = await commitPanel(audit, ["match", "absent", "match"]);
        await expire(audit);
        await pastDeadline(audit);
        const moves = rejected(audit, doing(panel, "match"), feeOf(audit));
        await expectMoves(audit.system, () => expire(audit), penalised(moves, audit, doing(panel, "absent"), 4n));
      });

      it("pays the current panel only, and punishes the silence of every one", async () => {
        const audit = await drawn();
        const first = await playPanel(audit, ["absent", "match", "absent"]);
        const second = await commitPanel(audit, ["match", "match", "absent"]);
        await expire(audit);
        await pastDeadline(audit);
        const moves = rejected(audit, doing(second, "match"), feeOf(audit));
        penalised(moves, audit, doing([...first, ...second], "absent"), 4n);
        await expectMoves(audit.system, () => expire(audit), moves);
      });

      it("reverts up to the deadline", async () => {
        const audit = await drawn();
        const { court } = audit.system;
        await commitPanel(audit, []);
        const { deadline } = await court.auditOf(audit.auditId);
        await networkHelpers.time.setNextBlockTimestamp(deadline);
        await expect(court.expire(audit.job, audit.batch, { gasLimit: 3_000_000 }))
          .to.be.revertedWithCustomError(court, "AuditCourt_DeadlineNotReached")
          .withArgs(audit.auditId, deadline);
      });
    });

    it("reverts in Revealing, before and after the deadline: that is tally's", async () => {
      const audit = await drawn();
      const { court } = audit.system;
      await commitPanel(audit, []);
      await openAnswers(audit);
      for (let late = 0; late < 2; late += 1) {
        await expect(expire(audit))
          .to.be.revertedWithCustomError(court, "AuditCourt_WrongPhase")
          .withArgs(audit.auditId, AuditPhase.Revealing, AuditPhase.Answering);
        await pastDeadline(audit);
      }
    });

    it("reverts for a batch that has no audit, or is not the job's", async () => {
      const audit = await drawn();
      const { court, escrow } = audit.system;
      const otherJob = { ...audit.job, budget: audit.job.budget + 1n };
      await expect(court.expire(otherJob, audit.batch))
        .to.be.revertedWithCustomError(court, "AuditCourt_UnknownBatch")
        .withArgs(audit.auditId, await escrow.jobIdOf(otherJob));
      const otherBatch = { ...audit.batch, committedAt: audit.batch.committedAt + 1n };
      await expect(court.expire(audit.job, otherBatch))
        .to.be.revertedWithCustomError(court, "AuditCourt_UnknownBatch")
        .withArgs(batchId(otherBatch), audit.batch.jobId);
    });

    it("is for anyone, and leaves the seats of honest members as they were", async () => {
      const audit = await drawn();
      const { court, stranger, registry } = audit.system;
      const panel = await commitPanel(audit, []);
      await pastDeadline(audit);
      await court.connect(stranger).expire(audit.job, audit.batch);
      for (const { seat } of panel) {
        const { bond, leavingSince } = await registry.seatOf(MODEL, seat);
        expect([bond, leavingSince]).to.deep.equal([usd(100), 0n]);
      }
    });
  });
});
