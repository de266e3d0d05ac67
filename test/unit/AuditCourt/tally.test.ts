import { AuditPhase, batchId, Outcome } from "@assay/sdk";
import { expect } from "chai";
import { solidityPackedKeccak256 } from "ethers";

import { drawnCase, type AuditCase } from "../../helpers/court/auditCase.js";
import { expectMoves, Moves } from "../../helpers/court/money.js";
import { accepted, doing, feeOf, penalised, rejected, voided } from "../../helpers/court/outcomes.js";
import {
  commitPanel,
  completeDraw,
  expire,
  openAnswers,
  openLeaves,
  panelOf,
  pastDeadline,
  phaseOf,
  playPanel,
  revealVote,
  tally,
  type Behaviour,
} from "../../helpers/court/panel.js";
import { elevenProviders, ethers, MODEL, networkHelpers, SEAT_BOND, usd } from "../../helpers/court/system.js";

/** The fields of an ended audit are gone. */
async function expectGone({ system, auditId }: AuditCase): Promise<void> {
  const { phase, seed, samplesHash, answersHash, drawn, firstMember } = await system.court.auditOf(auditId);
  expect([phase, BigInt(seed), BigInt(samplesHash), BigInt(answersHash), drawn, firstMember]).to.deep.equal(
    Array(6).fill(0n),
  );
  expect(await system.court.membersOf(auditId)).to.deep.equal([]);
}

/** Both slots of a member, read past the contract. */
async function memberSlots({ system, auditId }: AuditCase, index: number): Promise<bigint[]> {
  const { court } = system;
  // `_members` is the second mapping of the contract.
  const members = solidityPackedKeccak256(["bytes32", "uint256"], [auditId, 1]);
  const first = BigInt(solidityPackedKeccak256(["uint256", "bytes32"], [index, members]));
  return Promise.all([first, first + 1n].map(async (slot) => BigInt(await ethers.provider.getStorage(court, slot))));
}

describe("AuditCourt", () => {
  describe("tally, first panel", () => {
    const drawn = async () => drawnCase(await networkHelpers.loadFixture(elevenProviders));

    describe("accepts", () => {
      for (const [behaviours, text] of [
        [["match", "match", "match"], "when all three agree with the provider"],
        [["match", "abstain", "match"], "with one abstention, which earns and costs nothing"],
        [["mute", "match", "match"], "with one who committed and did not reveal, for four fees of its bond"],
        [["match", "match", "absent"], "with one who never committed, for four fees of its bond"],
      ] as [Behaviour[], string][]) {
        it(text, async () => {
          const audit = await drawn();
          const panel = await playPanel(audit, behaviours);
          const moves = penalised(accepted(audit, doing(panel, "match")), audit, doing(panel, "mute", "absent"), 4n);
          const ended = await expectMoves(audit.system, () => tally(audit), moves);
          await expect(ended).to.emit(audit.system.court, "AuditEnded").withArgs(audit.auditId, Outcome.Paid, 0n);
          await expectGone(audit);
        });
      }

      it("takes a penalty from the bond of the seat that was drawn", async () => {
        const audit = await drawn();
        const panel = await playPanel(audit, ["match", "absent", "match"]);
        const [silent] = doing(panel, "absent");
        await expect(tally(audit))
          .to.emit(audit.system.registry, "SeatPenalised")
          .withArgs(MODEL, silent!.provider, silent!.seat, 4n * feeOf(audit));
        const { bond } = await audit.system.registry.seatOf(MODEL, silent!.seat);
        expect(bond).to.equal(SEAT_BOND - 4n * feeOf(audit));
      });

      it("takes no more than the bond, and the seat begins to leave", async () => {
        const system = await networkHelpers.loadFixture(elevenProviders);
        // A panel fee of 26 and a bond of 100.
        const audit = await drawnCase(system, { fees: [usd(2_600)] });
        const panel = await playPanel(audit, ["match", "match", "absent"]);
        const [silent] = doing(panel, "absent");
        const moves = accepted(audit, doing(panel, "match"))
          .account(silent!.provider, { staked: -SEAT_BOND, locked: -SEAT_BOND })
          .common({ sink: SEAT_BOND });
        await expectMoves(system, () => tally(audit), moves);
        const { bond, leavingSince } = await system.registry.seatOf(MODEL, silent!.seat);
        expect(bond).to.equal(0n);
        expect(leavingSince).to.equal(await networkHelpers.time.latest());
      });
    });

    it("clears what it kept of an audit and of all its members", async () => {
      const audit = await drawn();
      await playPanel(audit, ["match", "reject", "mute"]);
      await tally(audit);
      await playPanel(audit, []);
      for (let index = 0; index < 10; index += 1) {
        for (const slot of await memberSlots(audit, index)) expect(slot).to.not.equal(0n);
      }
      await tally(audit);
      await expectGone(audit);
      for (let index = 0; index < 10; index += 1) {
        expect(await memberSlots(audit, index)).to.deep.equal([0n, 0n]);
      }
    });

    describe("rejects", () => {
      for (const [behaviours, text] of [
        [["reject", "reject", "reject"], "when all three agree on another answer"],
        [["reject", "abstain", "reject"], "with one abstention, which earns and costs nothing"],
        [["mute", "reject", "reject"], "with one who committed and did not reveal, for four fees of its bond"],
        [["reject", "reject", "absent"], "with one who never committed, for four fees of its bond"],
      ] as [Behaviour[], string][]) {
        it(text, async () => {
          const audit = await drawn();
          const panel = await playPanel(audit, behaviours);
          const majority = doing(panel, "reject");
          const moves = rejected(audit, majority, 3n * feeOf(audit));
          penalised(moves, audit, doing(panel, "mute", "absent"), 4n);
          const ended = await expectMoves(audit.system, () => tally(audit), moves);
          await expect(ended)
            .to.emit(audit.system.court, "AuditEnded")
            .withArgs(audit.auditId, Outcome.Rejected, audit.batch.collateral);
          await expectGone(audit);
        });
      }

      it("pays the verifiers 30 % of the slash together when three fees each would be more, rounded down", async () => {
        const system = await networkHelpers.loadFixture(elevenProviders);
        // V = 0.2: the fee is 0.022, and a ninth of the least collateral is less than three of it.
        const audit = await drawnCase(system, { fees: [usd("0.2")], collateral: 500_011n });
        await playPanel(audit, ["reject", "reject", "reject"]);
        const panel = await panelOf(audit, []);
        expect(feeOf(audit)).to.equal(22_000n);
        // ⌊⌊0.3 · 500,011⌋ / 3⌋ = ⌊150,003 / 3⌋ and ⌊0.2 · 500,011⌋ = 100,002
        const moves = rejected(audit, panel, 50_001n);
        expect(moves.book.get(" sink")).to.equal(500_011n - 100_002n - 150_003n);
        await expectMoves(system, () => tally(audit), moves);
      });
    });

    describe("splits into a second panel", () => {
      for (const behaviours of [
        ["match", "match", "reject"],
        ["match", "reject", "reject"],
        ["odd", "odd", "odd"],
        ["reject", "reject", "odd"],
        ["match", "reject", "abstain"],
        ["odd", "absent", "odd"],
      ] as Behaviour[][]) {
        it(`when they vote ${behaviours.join(", ")}`, async () => {
          const audit = await drawn();
          const { court } = audit.system;
          await playPanel(audit, behaviours);
          const before = await court.auditOf(audit.auditId);
          await expect(tally(audit)).to.emit(court, "PanelSplit").withArgs(audit.auditId, 0n);
          await completeDraw(audit);
          const after = await court.auditOf(audit.auditId);
          expect(after.level).to.equal(2n);
          expect([after.panel, after.redraws, after.size, after.drawn]).to.deep.equal([1n, 0n, 7n, 7n]);
          expect([after.committed, after.revealed, after.firstMember]).to.deep.equal([0n, 0n, 3n]);
          // Leaves and answers stay open: the second panel commits at once.
          expect(after.phase).to.equal(AuditPhase.Committing);
          expect(after.samplesHash).to.equal(before.samplesHash);
          expect(after.answersHash).to.equal(before.answersHash);
        });
      }

      it("moves no money", async () => {
        const audit = await drawn();
        await playPanel(audit, ["match", "reject", "match"]);
        await expectMoves(audit.system, () => tally(audit), new Moves());
      });
    });

    describe("redraws", () => {
      for (const behaviours of [
        ["match", "abstain", "abstain"],
        ["reject", "mute", "mute"],
        ["abstain", "abstain", "abstain"],
        ["absent", "match", "abstain"],
      ] as Behaviour[][]) {
        it(`when they vote ${behaviours.join(", ")}`, async () => {
          const audit = await drawn();
          const { court } = audit.system;
          await playPanel(audit, behaviours);
          await expect(tally(audit)).to.emit(court, "PanelRedrawn").withArgs(audit.auditId, 0n);
          await completeDraw(audit);
          const after = await court.auditOf(audit.auditId);
          expect([after.level, after.panel, after.redraws, after.size]).to.deep.equal([1n, 1n, 1n, 3n]);
          expect(after.phase).to.equal(AuditPhase.Committing);
        });
      }

      it("pays and punishes the members of every panel when one decides", async () => {
        const audit = await drawn();
        const first = await playPanel(audit, ["match", "abstain", "mute"]);
        await tally(audit);
        const second = await playPanel(audit, ["absent", "reject", "abstain"]);
        await tally(audit);
        const third = await playPanel(audit, ["match", "match", "abstain"]);
        const all = [...first, ...second, ...third];
        const moves = accepted(audit, doing(all, "match"));
        penalised(moves, audit, doing(all, "mute", "absent"), 4n);
        penalised(moves, audit, doing(all, "reject"), 2n);
        await expectMoves(audit.system, () => tally(audit), moves);
      });

      it("twice at most, then Void: nobody earns, who did not reveal loses four fees, who voted nothing", async () => {
        const audit = await drawn();
        const first = await playPanel(audit, ["match", "abstain", "mute"]);
        await tally(audit);
        const second = await playPanel(audit, ["absent", "reject", "abstain"]);
        await tally(audit);
        const third = await playPanel(audit, ["mute", "mute", "match"]);
        const silent = doing([...first, ...second, ...third], "mute", "absent");
        expect(silent.length).to.equal(4);
        const moves = penalised(voided(audit), audit, silent, 4n);
        const ended = await expectMoves(audit.system, () => tally(audit), moves);
        await expect(ended).to.emit(audit.system.court, "AuditEnded").withArgs(audit.auditId, Outcome.Void, 0n);
        await expectGone(audit);
      });

      it("puts the provider on probation after a Void", async () => {
        const audit = await drawn();
        for (let panel = 0; panel < 3; panel += 1) {
          await playPanel(audit, ["abstain", "abstain", "abstain"]);
          await tally(audit);
        }
        const { probation } = await audit.system.registry.holdingOf(MODEL, audit.job.provider);
        expect(probation).to.equal(3n);
      });
    });

    describe("waits", () => {
      it("until everybody who committed has revealed, or the window is over", async () => {
        const audit = await drawn();
        const { court } = audit.system;
        const panel = await commitPanel(audit, []);
        await openAnswers(audit);
        const { deadline } = await court.auditOf(audit.auditId);
        for (const member of panel) {
          await expect(tally(audit))
            .to.be.revertedWithCustomError(court, "AuditCourt_DeadlineNotReached")
            .withArgs(audit.auditId, deadline);
          await revealVote(audit, member);
        }
        await tally(audit);
        await expectGone(audit);
      });

      it("to the last second of the window", async () => {
        const audit = await drawn();
        const { court } = audit.system;
        const panel = await commitPanel(audit, []);
        await openAnswers(audit);
        await revealVote(audit, panel[0]!);
        await revealVote(audit, panel[1]!);
        const { deadline } = await court.auditOf(audit.auditId);
        await networkHelpers.time.setNextBlockTimestamp(deadline);
        await expect(court.tally(audit.job, audit.batch, { gasLimit: 3_000_000 }))
          .to.be.revertedWithCustomError(court, "AuditCourt_DeadlineNotReached")
          .withArgs(audit.auditId, deadline);
        await networkHelpers.time.setNextBlockTimestamp(deadline + 1n);
        await tally(audit);
        await expectGone(audit);
      });

      it("for nobody who never committed", async () => {
        const audit = await drawn();
        const panel = await commitPanel(audit, ["match", "match", "absent"]);
        await expire(audit);
        await openAnswers(audit);
        await revealVote(audit, panel[0]!);
        await revealVote(audit, panel[1]!);
        await tally(audit);
        await expectGone(audit);
      });
    });

    it("reverts in every other phase", async () => {
      const audit = await drawn();
      const { court } = audit.system;
      const expectWrong = async (phase: bigint) => {
        expect(await phaseOf(audit)).to.equal(phase);
        await expect(tally(audit))
          .to.be.revertedWithCustomError(court, "AuditCourt_WrongPhase")
          .withArgs(audit.auditId, phase, AuditPhase.Revealing);
      };
      await completeDraw(audit);
      await expectWrong(AuditPhase.Opening);
      await openLeaves(audit);
      await expectWrong(AuditPhase.Committing);
      await commitPanel(audit, []);
      await expectWrong(AuditPhase.Answering);
      await pastDeadline(audit);
      await expectWrong(AuditPhase.Answering);
    });

    it("reverts for a batch that has no audit, is not the job's, or was decided", async () => {
      const audit = await drawn();
      const { court, escrow } = audit.system;
      await playPanel(audit, []);
      const otherJob = { ...audit.job, nonce: 99n };
      await expect(court.tally(otherJob, audit.batch))
        .to.be.revertedWithCustomError(court, "AuditCourt_UnknownBatch")
        .withArgs(audit.auditId, await escrow.jobIdOf(otherJob));
      const otherBatch = { ...audit.batch, total: audit.batch.total + 1n };
      await expect(court.tally(audit.job, otherBatch))
        .to.be.revertedWithCustomError(court, "AuditCourt_UnknownBatch")
        .withArgs(batchId(otherBatch), audit.batch.jobId);
      await tally(audit);
      await expect(tally(audit))
        .to.be.revertedWithCustomError(court, "AuditCourt_UnknownBatch")
        .withArgs(audit.auditId, audit.batch.jobId);
    });
  });
});
