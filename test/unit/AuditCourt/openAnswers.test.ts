import { AuditPhase, digest, responseRoot, vote } from "@assay/sdk";
import { expect } from "chai";
import { id } from "ethers";

import {
  answerDigests,
  answerOpenings,
  drawnCase,
  type AuditCase,
  type CaseOptions,
} from "../../helpers/court/auditCase.js";
import { commitPanel, openAnswers, openLeaves, pastDeadline } from "../../helpers/court/panel.js";
import { elevenProviders, HOUR, networkHelpers, usd, values } from "../../helpers/court/system.js";

const SIX: CaseOptions = { fees: Array.from({ length: 6 }, () => usd(2)) };

/** The panel has committed; at least two leaves are open unless it is a job of one unit. */
async function committedPanelCase(options: CaseOptions = {}): Promise<AuditCase> {
  const system = await networkHelpers.loadFixture(elevenProviders);
  for (;;) {
    const audit = await drawnCase(system, options);
    if (options.fees !== undefined && answerOpenings(audit).length < 2) continue;
    await commitPanel(audit, []);
    return audit;
  }
}

describe("AuditCourt", () => {
  describe("openAnswers", () => {
    for (const [text, options] of [
      ["one answer", {}],
      ["several, in the order of their leaves", SIX],
    ] as const) {
      it(`opens ${text}, by anyone, and asks the panel to reveal`, async () => {
        const audit = await committedPanelCase(options);
        const { court, stranger } = audit.system;
        const digests = answerDigests(audit);
        await expect(court.connect(stranger).openAnswers(audit.auditId, answerOpenings(audit)))
          .to.emit(court, "AnswersOpened")
          .withArgs(audit.auditId, vote(digests), digests);
        const deadline = BigInt((await networkHelpers.time.latest()) + 2 * HOUR);
        const state = await court.auditOf(audit.auditId);
        expect([state.phase, state.deadline]).to.deep.equal([AuditPhase.Revealing, deadline]);
        expect(state.answersHash).to.equal(vote(digests));
        const events = await court.queryFilter(court.filters.PhaseStarted(audit.auditId));
        expect(values(events.at(-1)!.args)).to.deep.equal([audit.auditId, AuditPhase.Revealing, 0n, deadline]);
      });
    }

    describe("reverts", () => {
      it("for another number of answers than leaves", async () => {
        const audit = await committedPanelCase(SIX);
        const { court } = audit.system;
        const answers = answerOpenings(audit);
        for (const wrong of [[], answers.slice(1), [...answers, answers[0]!]]) {
          await expect(court.openAnswers(audit.auditId, wrong))
            .to.be.revertedWithCustomError(court, "AuditCourt_AnswerCount")
            .withArgs(wrong.length, answers.length);
        }
      });

      it("for a salt, an output or units that do not give the response root, naming the sample", async () => {
        const audit = await committedPanelCase(SIX);
        const { court } = audit.system;
        const answers = answerOpenings(audit);
        const last = answers.length - 1;
        for (const wrong of [
          { salt: id("another salt") },
          { outputHash: id("a better answer") },
          { inputUnits: 13n },
          { outputUnits: 35n },
        ]) {
          const changed = answers.map((answer, index) => (index === last ? { ...answer, ...wrong } : answer));
          await expect(court.openAnswers(audit.auditId, changed))
            .to.be.revertedWithCustomError(court, "AuditCourt_InvalidAnswer")
            .withArgs(audit.auditId, last);
        }
      });

      it("for an answer that is right in itself but not the leaf's", async () => {
        const audit = await committedPanelCase(SIX);
        const { court } = audit.system;
        const [first, ...others] = answerOpenings(audit);
        const { salt, inputUnits, outputUnits } = first!;
        const outputHash = id("a better answer");
        const changed = {
          ...first!,
          outputHash,
          responseRoot: responseRoot(salt, digest(outputHash, inputUnits, outputUnits)),
        };
        await expect(court.openAnswers(audit.auditId, [changed, ...others]))
          .to.be.revertedWithCustomError(court, "AuditCourt_InvalidAnswer")
          .withArgs(audit.auditId, 1 + others.length);
      });

      it("for answers in another order", async () => {
        const audit = await committedPanelCase(SIX);
        const { court } = audit.system;
        const answers = answerOpenings(audit).reverse();
        await expect(court.openAnswers(audit.auditId, answers))
          .to.be.revertedWithCustomError(court, "AuditCourt_InvalidAnswer")
          .withArgs(audit.auditId, answers.length);
      });

      it("after the window", async () => {
        const audit = await committedPanelCase();
        const { court } = audit.system;
        const { deadline } = await court.auditOf(audit.auditId);
        await pastDeadline(audit);
        await expect(openAnswers(audit))
          .to.be.revertedWithCustomError(court, "AuditCourt_DeadlinePassed")
          .withArgs(audit.auditId, deadline);
      });

      it("before the panel has committed, twice, and without an audit", async () => {
        const audit = await drawnCase(await networkHelpers.loadFixture(elevenProviders));
        const { court } = audit.system;
        await openLeaves(audit);
        await expect(openAnswers(audit))
          .to.be.revertedWithCustomError(court, "AuditCourt_WrongPhase")
          .withArgs(audit.auditId, AuditPhase.Committing, AuditPhase.Answering);
        await commitPanel(audit, []);
        await openAnswers(audit);
        await expect(openAnswers(audit))
          .to.be.revertedWithCustomError(court, "AuditCourt_WrongPhase")
          .withArgs(audit.auditId, AuditPhase.Revealing, AuditPhase.Answering);
        await expect(court.openAnswers(id("no audit"), []))
          .to.be.revertedWithCustomError(court, "AuditCourt_WrongPhase")
          .withArgs(id("no audit"), AuditPhase.None, AuditPhase.Answering);
      });
    });

    it("takes the answers in the last second", async () => {
      const audit = await committedPanelCase();
      const { court } = audit.system;
      await networkHelpers.time.setNextBlockTimestamp((await court.auditOf(audit.auditId)).deadline);
      await openAnswers(audit);
      expect((await court.auditOf(audit.auditId)).phase).to.equal(AuditPhase.Revealing);
    });
  });
});
