import { AuditPhase, Outcome } from "@assay/sdk";
import { expect } from "chai";

import { drawnCase, type AuditCase } from "../../helpers/court/auditCase.js";
import { expectMoves } from "../../helpers/court/money.js";
import { accepted, doing, feeOf, penalised, rejected, voided } from "../../helpers/court/outcomes.js";
import { completeDraw, playPanel, tally, type Behaviour, type Panelist } from "../../helpers/court/panel.js";
import { elevenProviders, fiveProviders, networkHelpers, usd, type System } from "../../helpers/court/system.js";

const times = (count: number, behaviour: Behaviour): Behaviour[] => Array<Behaviour>(count).fill(behaviour);

/** An audit whose first panel did `behaviours` and split. */
async function split(
  fixture: () => Promise<System>,
  behaviours: readonly Behaviour[],
): Promise<{ audit: AuditCase; first: Panelist[] }> {
  const audit = await drawnCase(await networkHelpers.loadFixture(fixture));
  const first = await playPanel(audit, behaviours);
  await tally(audit);
  return { audit, first };
}

describe("AuditCourt", () => {
  describe("tally, second panel", () => {
    describe("accepts when more than half of those drawn agree with the provider", () => {
      for (const [first, second, text] of [
        [["match", "reject", "match"], times(7, "match"), "all of them"],
        [["match", "reject", "odd"], [...times(4, "match"), ...times(3, "reject")], "four of seven"],
        [["match", "match", "odd"], [...times(4, "match"), "reject", "abstain", "abstain"], "four, and five votes"],
        [["match", "absent", "odd"], [...times(4, "match"), "odd", "mute", "absent"], "four, and two who are silent"],
      ] as [Behaviour[], Behaviour[], string][]) {
        it(text, async () => {
          const { audit, first: earlier } = await split(elevenProviders, first);
          const all = [...earlier, ...(await playPanel(audit, second))];
          const moves = accepted(audit, doing(all, "match"));
          penalised(moves, audit, doing(all, "reject", "odd"), 2n);
          penalised(moves, audit, doing(all, "mute", "absent"), 4n);
          const ended = await expectMoves(audit.system, () => tally(audit), moves);
          await expect(ended).to.emit(audit.system.court, "AuditEnded").withArgs(audit.auditId, Outcome.Paid, 0n);
        });
      }
    });

    describe("rejects at five of seven equal votes against the provider", () => {
      for (const [first, second, text] of [
        [["match", "reject", "reject"], times(7, "reject"), "all of them"],
        [["reject", "reject", "odd"], [...times(5, "reject"), ...times(2, "match")], "five of seven"],
        [["match", "match", "odd"], [...times(5, "reject"), "abstain", "odd"], "with another answer among them"],
        [["reject", "absent", "odd"], [...times(5, "reject"), "mute", "absent"], "and two who are silent"],
      ] as [Behaviour[], Behaviour[], string][]) {
        it(text, async () => {
          const { audit, first: earlier } = await split(elevenProviders, first);
          const all = [...earlier, ...(await playPanel(audit, second))];
          const moves = rejected(audit, doing(all, "reject"), 3n * feeOf(audit));
          penalised(moves, audit, doing(all, "match", "odd"), 2n);
          penalised(moves, audit, doing(all, "mute", "absent"), 4n);
          const ended = await expectMoves(audit.system, () => tally(audit), moves);
          await expect(ended)
            .to.emit(audit.system.court, "AuditEnded")
            .withArgs(audit.auditId, Outcome.Rejected, audit.batch.collateral);
        });
      }

      it("and shares 30 % of the slash between the majorities of both panels", async () => {
        const system = await networkHelpers.loadFixture(elevenProviders);
        const audit = await drawnCase(system, { fees: [usd("0.2")], collateral: 500_011n });
        const first = await playPanel(audit, ["reject", "reject", "match"]);
        await tally(audit);
        const all = [...first, ...(await playPanel(audit, times(7, "reject")))];
        // ⌊150,003 / 9⌋
        const moves = rejected(audit, doing(all, "reject"), 16_667n);
        penalised(moves, audit, doing(all, "match"), 2n);
        await expectMoves(system, () => tally(audit), moves);
      });
    });

    describe("is Void when neither side has enough, and no vote costs anything", () => {
      for (const [second, text] of [
        [[...times(3, "match"), ...times(4, "reject")], "three against four"],
        [[...times(3, "match"), ...times(2, "reject"), ...times(2, "abstain")], "three of five votes"],
        [times(7, "odd"), "seven different answers"],
        [[...times(4, "reject"), "odd", "odd", "odd"], "four equal votes against the provider"],
      ] as [Behaviour[], string][]) {
        it(text, async () => {
          const { audit } = await split(elevenProviders, ["match", "reject", "match"]);
          await playPanel(audit, second);
          const ended = await expectMoves(audit.system, () => tally(audit), voided(audit));
          await expect(ended).to.emit(audit.system.court, "AuditEnded").withArgs(audit.auditId, Outcome.Void, 0n);
        });
      }

      it("but silence does, in both panels", async () => {
        const { audit, first } = await split(elevenProviders, ["match", "reject", "mute"]);
        const second = await playPanel(audit, ["match", "match", "match", "reject", "reject", "mute", "absent"]);
        const silent = doing([...first, ...second], "mute", "absent");
        expect(silent.length).to.equal(3);
        await expectMoves(audit.system, () => tally(audit), penalised(voided(audit), audit, silent, 4n));
      });
    });

    describe("redraws with fewer than five votes", () => {
      it("a panel of the same size", async () => {
        const { audit } = await split(elevenProviders, ["match", "reject", "match"]);
        const { court } = audit.system;
        await playPanel(audit, [...times(4, "match"), ...times(3, "abstain")]);
        await expect(tally(audit)).to.emit(court, "PanelRedrawn").withArgs(audit.auditId, 1n);
        await completeDraw(audit);
        const after = await court.auditOf(audit.auditId);
        expect([after.level, after.panel, after.redraws, after.size]).to.deep.equal([2n, 2n, 1n, 7n]);
        expect([after.firstMember, after.phase]).to.deep.equal([10n, AuditPhase.Committing]);
      });

      it("twice at most in an audit, whatever the level", async () => {
        const audit = await drawnCase(await networkHelpers.loadFixture(elevenProviders));
        const all = await playPanel(audit, ["abstain", "abstain", "match"]);
        await tally(audit);
        all.push(...(await playPanel(audit, ["match", "reject", "match"])));
        await tally(audit);
        all.push(...(await playPanel(audit, [...times(4, "match"), ...times(3, "mute")])));
        await tally(audit);
        all.push(...(await playPanel(audit, [...times(4, "reject"), "mute", "mute", "absent"])));
        const silent = doing(all, "mute", "absent");
        expect(silent.length).to.equal(6);
        await expectMoves(audit.system, () => tally(audit), penalised(voided(audit), audit, silent, 4n));
      });

      it("and settles twenty-four members of four panels far below the gas of a transaction", async () => {
        const { audit, first } = await split(elevenProviders, ["match", "reject", "absent"]);
        const all = [...first];
        // Four of seven is no quorum: these two end with their commit phase.
        all.push(...(await playPanel(audit, [...times(4, "match"), ...times(3, "absent")])));
        all.push(...(await playPanel(audit, [...times(4, "reject"), ...times(3, "absent")])));
        all.push(...(await playPanel(audit, [...times(5, "match"), "reject", "odd"])));
        expect(all.length).to.equal(24);
        const decided = all.slice(17);
        const voted = [...first, ...decided];
        const moves = accepted(audit, doing(voted, "match"));
        penalised(moves, audit, doing(voted, "reject", "odd"), 2n);
        penalised(moves, audit, doing(all, "absent"), 4n);
        const ended = await expectMoves(audit.system, () => tally(audit), moves);
        expect((await ended.wait())?.gasUsed).to.be.lessThan(2_000_000n);
      });
    });

    describe("of three, where there are only five providers", () => {
      for (const [second, outcome] of [
        [["match", "match", "reject"], "Paid"],
        [["match", "abstain", "match"], "Paid"],
        [["reject", "reject", "match"], "Rejected"],
        [["reject", "absent", "reject"], "Rejected"],
        [["match", "reject", "abstain"], "Void"],
        [["odd", "odd", "match"], "Void"],
      ] as [Behaviour[], keyof typeof Outcome][]) {
        it(`${second.join(", ")}: ${outcome}`, async () => {
          const { audit, first } = await split(fiveProviders, ["match", "reject", "reject"]);
          const all = [...first, ...(await playPanel(audit, second))];
          expect(all.length).to.equal(6);
          const moves = {
            Paid: () => penalised(accepted(audit, doing(all, "match")), audit, doing(all, "reject", "odd"), 2n),
            Rejected: () => {
              const majority = doing(all, "reject");
              return penalised(rejected(audit, majority, 3n * feeOf(audit)), audit, doing(all, "match", "odd"), 2n);
            },
            Void: () => voided(audit),
            Undelivered: () => voided(audit),
          }[outcome]();
          penalised(moves, audit, doing(all, "absent", "mute"), 4n);
          await expectMoves(audit.system, () => tally(audit), moves);
        });
      }
    });
  });
});
