import { AuditPhase, MemberStatus } from "@assay/sdk";
import { expect } from "chai";
import { id, Wallet, ZeroHash } from "ethers";

import { drawnCase, otherVote, randomSalt, type AuditCase } from "../../helpers/court/auditCase.js";
import {
  commitmentOf,
  commitPanel,
  commitVote,
  expire,
  openAnswers,
  openLeaves,
  panelOf,
  pastDeadline,
  playPanel,
  revealVote,
  tally,
  type Behaviour,
  type Panelist,
} from "../../helpers/court/panel.js";
import { elevenProviders, ethers, networkHelpers } from "../../helpers/court/system.js";

async function answeredCase(behaviours: readonly Behaviour[] = []): Promise<{ audit: AuditCase; panel: Panelist[] }> {
  const audit = await drawnCase(await networkHelpers.loadFixture(elevenProviders));
  const panel = await commitPanel(audit, behaviours);
  if (behaviours.includes("absent")) await expire(audit);
  await openAnswers(audit);
  return { audit, panel };
}

describe("AuditCourt", () => {
  describe("revealVerdict", () => {
    it("keeps and tells the vote of a member", async () => {
      const { audit, panel } = await answeredCase(["match", "reject", "match"]);
      const { court } = audit.system;
      const [, second] = panel;
      await expect(court.connect(second!.signer).revealVerdict(audit.auditId, 1, second!.vote, second!.salt))
        .to.emit(court, "VerdictRevealed")
        .withArgs(audit.auditId, second!.provider, 1, second!.vote);
      const member = (await court.membersOf(audit.auditId))[1]!;
      expect([member.status, member.vote]).to.deep.equal([MemberStatus.Revealed, second!.vote]);
      const { revealed, phase } = await court.auditOf(audit.auditId);
      expect([revealed, phase]).to.deep.equal([1n, AuditPhase.Revealing]);
    });

    it("counts a vote of 0 as an abstention", async () => {
      const { audit, panel } = await answeredCase(["abstain", "match", "match"]);
      const { court } = audit.system;
      await expect(court.connect(panel[0]!.signer).revealVerdict(audit.auditId, 0, ZeroHash, panel[0]!.salt))
        .to.emit(court, "VerdictRevealed")
        .withArgs(audit.auditId, panel[0]!.provider, 0, ZeroHash);
      const [member] = await court.membersOf(audit.auditId);
      expect([member!.status, member!.vote]).to.deep.equal([MemberStatus.Abstained, ZeroHash]);
      expect((await court.auditOf(audit.auditId)).revealed).to.equal(1n);
    });

    it("is for the operator of the provider too", async () => {
      const { audit, panel } = await answeredCase();
      const { court, staking } = audit.system;
      const operator = Wallet.createRandom().connect(ethers.provider);
      await networkHelpers.setBalance(operator.address, 10n ** 18n);
      await staking.connect(panel[0]!.signer).setOperator(operator.address);
      await court.connect(operator).revealVerdict(audit.auditId, 0, panel[0]!.vote, panel[0]!.salt);
      expect((await court.auditOf(audit.auditId)).revealed).to.equal(1n);
    });

    it("lets a member reveal in the last second, and not after it", async () => {
      const { audit, panel } = await answeredCase();
      const { court } = audit.system;
      const { deadline } = await court.auditOf(audit.auditId);
      await networkHelpers.time.setNextBlockTimestamp(deadline);
      await revealVote(audit, panel[0]!);
      await pastDeadline(audit);
      await expect(revealVote(audit, panel[1]!))
        .to.be.revertedWithCustomError(court, "AuditCourt_DeadlinePassed")
        .withArgs(audit.auditId, deadline);
    });

    describe("reverts", () => {
      it("for another vote or salt than what was committed to", async () => {
        const { audit, panel } = await answeredCase();
        const { court } = audit.system;
        const [first] = panel;
        for (const wrong of [{ vote: otherVote(audit) }, { vote: ZeroHash }, { salt: randomSalt() }]) {
          await expect(revealVote(audit, { ...first!, ...wrong }))
            .to.be.revertedWithCustomError(court, "AuditCourt_CommitmentMismatch")
            .withArgs(audit.auditId, 0);
        }
      });

      for (const [what, wrong] of [
        ["chain", { chainId: 1n }],
        ["court", { court: "0x000000000000000000000000000000000000dEaD" }],
        ["audit", { auditId: id("another audit") }],
        ["panel", { panel: 1n }],
        ["provider", { provider: "0x000000000000000000000000000000000000dEaD" }],
      ] as const) {
        it(`for a commitment that was made for another ${what}`, async () => {
          const audit = await drawnCase(await networkHelpers.loadFixture(elevenProviders));
          const { court } = audit.system;
          await openLeaves(audit);
          const [first, ...others] = await panelOf(audit, []);
          const commitment = await commitmentOf(audit, first!, wrong);
          await court.connect(first!.signer).commitVerdict(audit.auditId, 0, commitment);
          for (const member of others) await commitVote(audit, member);
          await openAnswers(audit);
          await expect(revealVote(audit, first!))
            .to.be.revertedWithCustomError(court, "AuditCourt_CommitmentMismatch")
            .withArgs(audit.auditId, 0);
        });
      }

      it("for a member that never committed", async () => {
        const { audit, panel } = await answeredCase(["match", "match", "absent"]);
        const { court } = audit.system;
        await expect(revealVote(audit, panel[2]!))
          .to.be.revertedWithCustomError(court, "AuditCourt_CommitmentMismatch")
          .withArgs(audit.auditId, 2);
      });

      it("twice", async () => {
        const { audit, panel } = await answeredCase(["abstain", "match", "match"]);
        const { court } = audit.system;
        for (const [index, status] of [
          [0, MemberStatus.Abstained],
          [1, MemberStatus.Revealed],
        ] as const) {
          await revealVote(audit, panel[index]!);
          await expect(revealVote(audit, panel[index]!))
            .to.be.revertedWithCustomError(court, "AuditCourt_AlreadyActed")
            .withArgs(audit.auditId, index, status);
        }
      });

      it("for who holds another seat, another provider, strangers, and members that are not there", async () => {
        const { audit, panel } = await answeredCase();
        const { court, stranger, providers } = audit.system;
        const [first, second] = panel;
        for (const signer of [second!.signer, providers[0]!, stranger]) {
          await expect(revealVote(audit, { ...first!, signer }))
            .to.be.revertedWithCustomError(court, "AuditCourt_NotMember")
            .withArgs(audit.auditId, 0, signer.address);
        }
        await expect(revealVote(audit, { ...first!, index: 3n }))
          .to.be.revertedWithCustomError(court, "AuditCourt_NotMember")
          .withArgs(audit.auditId, 3, first!.signer.address);
      });

      it("for members of an earlier panel", async () => {
        const { audit, panel } = await answeredCase(["match", "reject", "mute"]);
        const { court } = audit.system;
        await revealVote(audit, panel[0]!);
        await revealVote(audit, panel[1]!);
        await pastDeadline(audit);
        await tally(audit);
        await commitPanel(audit, []);
        await expect(revealVote(audit, panel[2]!))
          .to.be.revertedWithCustomError(court, "AuditCourt_NotMember")
          .withArgs(audit.auditId, 2, panel[2]!.signer.address);
      });

      it("in every other phase, and without an audit", async () => {
        const audit = await drawnCase(await networkHelpers.loadFixture(elevenProviders));
        const { court } = audit.system;
        const [first] = await commitPanel(audit, []);
        await expect(revealVote(audit, first!))
          .to.be.revertedWithCustomError(court, "AuditCourt_WrongPhase")
          .withArgs(audit.auditId, AuditPhase.Answering, AuditPhase.Revealing);
        await expect(court.revealVerdict(id("no audit"), 0, ZeroHash, ZeroHash))
          .to.be.revertedWithCustomError(court, "AuditCourt_WrongPhase")
          .withArgs(id("no audit"), AuditPhase.None, AuditPhase.Revealing);
      });

      it("when the audit is over", async () => {
        const audit = await drawnCase(await networkHelpers.loadFixture(elevenProviders));
        const { court } = audit.system;
        const [first] = await playPanel(audit, []);
        await tally(audit);
        await expect(revealVote(audit, first!))
          .to.be.revertedWithCustomError(court, "AuditCourt_WrongPhase")
          .withArgs(audit.auditId, AuditPhase.None, AuditPhase.Revealing);
      });
    });
  });
});
