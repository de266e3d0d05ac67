import { AuditPhase, MemberStatus } from "@assay/sdk";
import { expect } from "chai";
import { id, Wallet, ZeroHash } from "ethers";

import { drawnCase, matchingVote, type AuditCase } from "../../helpers/court/auditCase.js";
import {
  commitmentOf,
  commitVote,
  completeDraw,
  openAnswers,
  openLeaves,
  panelOf,
  pastDeadline,
  playPanel,
  revealVote,
  tally,
} from "../../helpers/court/panel.js";
import { elevenProviders, ethers, HOUR, networkHelpers, plain, values } from "../../helpers/court/system.js";

async function openedCase(): Promise<AuditCase> {
  const audit = await drawnCase(await networkHelpers.loadFixture(elevenProviders));
  await openLeaves(audit);
  return audit;
}

describe("AuditCourt", () => {
  describe("commitVerdict", () => {
    it("keeps the commitment of a member, and says who committed", async () => {
      const audit = await openedCase();
      const { court } = audit.system;
      const [first] = await panelOf(audit, []);
      const commitment = await commitmentOf(audit, first!);
      await expect(court.connect(first!.signer).commitVerdict(audit.auditId, 0, commitment))
        .to.emit(court, "VerdictCommitted")
        .withArgs(audit.auditId, first!.provider, 0);
      const [member] = await court.membersOf(audit.auditId);
      expect([member!.status, member!.vote]).to.deep.equal([MemberStatus.Committed, commitment]);
      const { committed, phase } = await court.auditOf(audit.auditId);
      expect([committed, phase]).to.deep.equal([1n, AuditPhase.Committing]);
    });

    it("is for the operator of the provider too", async () => {
      const audit = await openedCase();
      const { court, staking } = audit.system;
      const [first] = await panelOf(audit, []);
      const operator = Wallet.createRandom().connect(ethers.provider);
      await networkHelpers.setBalance(operator.address, 10n ** 18n);
      await staking.connect(first!.signer).setOperator(operator.address);
      await expect(court.connect(operator).commitVerdict(audit.auditId, 0, id("commitment")))
        .to.emit(court, "VerdictCommitted")
        .withArgs(audit.auditId, first!.provider, 0);
    });

    it("asks for the answers as soon as all have committed", async () => {
      const audit = await openedCase();
      const { court } = audit.system;
      const panel = await panelOf(audit, []);
      for (const member of panel) await commitVote(audit, member);
      const deadline = BigInt((await networkHelpers.time.latest()) + 2 * HOUR);
      const { phase, committed, ...audited } = plain(await court.auditOf(audit.auditId));
      expect([phase, committed, audited["deadline"]]).to.deep.equal([AuditPhase.Answering, 3n, deadline]);
      const events = await court.queryFilter(court.filters.PhaseStarted(audit.auditId));
      expect(values(events.at(-1)!.args)).to.deep.equal([audit.auditId, AuditPhase.Answering, 0n, deadline]);
    });

    it("asks a later panel to reveal, because the answers are open", async () => {
      const audit = await openedCase();
      await playPanel(audit, ["match", "reject", "match"]);
      await tally(audit);
      await completeDraw(audit);
      for (const member of await panelOf(audit, [])) await commitVote(audit, member);
      const { phase, committed, panel } = await audit.system.court.auditOf(audit.auditId);
      expect([phase, committed, panel]).to.deep.equal([AuditPhase.Revealing, 7n, 1n]);
    });

    describe("reverts", () => {
      it("for who holds another seat of the panel, another provider, and strangers", async () => {
        const audit = await openedCase();
        const { court, stranger, providers } = audit.system;
        const [first, second] = await panelOf(audit, []);
        for (const caller of [second!.signer, providers[0]!, stranger]) {
          await expect(court.connect(caller).commitVerdict(audit.auditId, first!.index, id("commitment")))
            .to.be.revertedWithCustomError(court, "AuditCourt_NotMember")
            .withArgs(audit.auditId, first!.index, caller.address);
        }
      });

      it("for a member that is not there", async () => {
        const audit = await openedCase();
        const { court } = audit.system;
        const [first] = await panelOf(audit, []);
        for (const index of [3, 65_535]) {
          await expect(court.connect(first!.signer).commitVerdict(audit.auditId, index, id("commitment")))
            .to.be.revertedWithCustomError(court, "AuditCourt_NotMember")
            .withArgs(audit.auditId, index, first!.signer.address);
        }
      });

      it("for members of an earlier panel", async () => {
        const audit = await openedCase();
        const { court } = audit.system;
        const first = await playPanel(audit, ["match", "reject", "match"]);
        await tally(audit);
        await completeDraw(audit);
        for (const { index, signer } of first) {
          await expect(court.connect(signer).commitVerdict(audit.auditId, index, id("commitment")))
            .to.be.revertedWithCustomError(court, "AuditCourt_NotMember")
            .withArgs(audit.auditId, index, signer.address);
        }
      });

      it("twice", async () => {
        const audit = await openedCase();
        const { court } = audit.system;
        const [first] = await panelOf(audit, []);
        await commitVote(audit, first!);
        await expect(court.connect(first!.signer).commitVerdict(audit.auditId, 0, id("changed my mind")))
          .to.be.revertedWithCustomError(court, "AuditCourt_AlreadyActed")
          .withArgs(audit.auditId, 0, MemberStatus.Committed);
      });

      it("with nothing", async () => {
        const audit = await openedCase();
        const { court } = audit.system;
        const [first] = await panelOf(audit, []);
        await expect(
          court.connect(first!.signer).commitVerdict(audit.auditId, 0, ZeroHash),
        ).to.be.revertedWithCustomError(court, "AuditCourt_ZeroCommitment");
      });

      it("after the window", async () => {
        const audit = await openedCase();
        const { court } = audit.system;
        const [first] = await panelOf(audit, []);
        const { deadline } = await court.auditOf(audit.auditId);
        await pastDeadline(audit);
        await expect(court.connect(first!.signer).commitVerdict(audit.auditId, 0, id("late")))
          .to.be.revertedWithCustomError(court, "AuditCourt_DeadlinePassed")
          .withArgs(audit.auditId, deadline);
      });

      it("in every other phase, and without an audit", async () => {
        const audit = await drawnCase(await networkHelpers.loadFixture(elevenProviders));
        const { court } = audit.system;
        await completeDraw(audit);
        const [first] = await panelOf(audit, []);
        const commit = (auditId: string) => court.connect(first!.signer).commitVerdict(auditId, 0, id("early"));
        await expect(commit(audit.auditId))
          .to.be.revertedWithCustomError(court, "AuditCourt_WrongPhase")
          .withArgs(audit.auditId, AuditPhase.Opening, AuditPhase.Committing);
        await expect(commit(id("no audit")))
          .to.be.revertedWithCustomError(court, "AuditCourt_WrongPhase")
          .withArgs(id("no audit"), AuditPhase.None, AuditPhase.Committing);
      });
    });

    it("lets a member commit in the last second", async () => {
      const audit = await openedCase();
      const { court } = audit.system;
      const [first] = await panelOf(audit, []);
      await networkHelpers.time.setNextBlockTimestamp((await court.auditOf(audit.auditId)).deadline);
      await commitVote(audit, first!);
      expect((await court.auditOf(audit.auditId)).committed).to.equal(1n);
    });

    it("takes a copied commitment, which nobody but its author can reveal (adversary 16)", async () => {
      const audit = await openedCase();
      const { court } = audit.system;
      const [author, copier, third] = await panelOf(audit, []);
      const commitment = await commitmentOf(audit, author!);
      await court.connect(copier!.signer).commitVerdict(audit.auditId, copier!.index, commitment);
      await commitVote(audit, author!);
      await commitVote(audit, third!);
      await openAnswers(audit);
      await revealVote(audit, author!);
      // Everything that the author revealed is public now, and of no use.
      await expect(
        court.connect(copier!.signer).revealVerdict(audit.auditId, copier!.index, matchingVote(audit), author!.salt),
      )
        .to.be.revertedWithCustomError(court, "AuditCourt_CommitmentMismatch")
        .withArgs(audit.auditId, copier!.index);
    });
  });
});
