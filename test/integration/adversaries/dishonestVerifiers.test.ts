import { expect } from "chai";

import { drawnCase, type AuditCase } from "../../helpers/court/auditCase.js";
import { feeOf } from "../../helpers/court/outcomes.js";
import { playPanel, tally, type Behaviour, type Panelist } from "../../helpers/court/panel.js";
import { elevenProviders, networkHelpers, usd, type System } from "../../helpers/court/system.js";
import { wealthOf } from "../../helpers/court/wealth.js";

const seven = (behaviour: Behaviour): Behaviour[] => Array<Behaviour>(7).fill(behaviour);

/** What the members of the first panel gain or lose in fees, when the second panel, if there is one, does `second`. */
async function gains(
  system: System,
  first: readonly Behaviour[],
  second: Behaviour,
  collateral?: bigint,
): Promise<{ audit: AuditCase; won: bigint[] }> {
  const audit = await drawnCase(system, { fees: [usd(2)], ...(collateral === undefined ? {} : { collateral }) });
  const panel = await playPanel(audit, first);
  const before = await Promise.all(panel.map(({ provider }) => wealthOf(system, [provider])));
  await tally(audit);
  if ((await system.court.auditOf(audit.auditId)).phase !== 0n) {
    await playPanel(audit, seven(second));
    await tally(audit);
  }
  const after = await Promise.all(panel.map(({ provider }: Panelist) => wealthOf(system, [provider])));
  return { audit, won: after.map((wealth, index) => wealth - before[index]!) };
}

describe("Adversary 17: dishonest verifiers", () => {
  it("a verifier that accepts without working has nothing to vote: the answer is blinded, and a guess costs two fees", async () => {
    const system = await networkHelpers.loadFixture(elevenProviders);
    const { audit, won } = await gains(system, ["odd", "match", "match"], "match");
    expect(won[0]).to.equal(-2n * feeOf(audit));
  });

  it("one that copies the public answer in a second panel loses two fees when it was wrong", async () => {
    const system = await networkHelpers.loadFixture(elevenProviders);
    const audit = await drawnCase(system, { fees: [usd(2)] });
    await playPanel(audit, ["reject", "reject", "match"]);
    await tally(audit);
    const panel = await playPanel(audit, ["match", ...seven("reject").slice(1)]);
    const before = await wealthOf(system, [panel[0]!.provider]);
    await tally(audit);
    expect(await wealthOf(system, [panel[0]!.provider])).to.equal(before - 2n * feeOf(audit));
  });

  it("random digests lose two fees whether the provider is honest or not", async () => {
    const system = await networkHelpers.loadFixture(elevenProviders);
    for (const truth of ["match", "reject"] as const) {
      const { audit, won } = await gains(system, ["odd", truth, truth], truth);
      expect(won[0]).to.equal(-2n * feeOf(audit));
    }
  });

  for (const multiple of [3n, 10n, 100n, 2_000n]) {
    it(`a coalition that always rejects loses at ${String(multiple)}× collateral`, async () => {
      const system = await networkHelpers.loadFixture(elevenProviders);
      const collateral = multiple * usd(2);
      // What one of its members gets when it is alone, two, or all of the first panel.
      const member = async (behaviours: readonly Behaviour[]): Promise<bigint> => {
        const { audit, won } = await gains(system, behaviours, "match", collateral);
        return (won[0]! * 1_000n) / feeOf(audit);
      };
      const alone = await member(["reject", "match", "match"]);
      const two = await member(["reject", "reject", "match"]);
      const all = await member(["reject", "reject", "reject"]);
      expect([alone, two]).to.deep.equal([-2_000n, -2_000n]);
      expect(all).to.be.at.most(3_000n);
      for (const share of [0.1, 0.2, 0.33]) {
        // That a second panel could be captured too is in the fuzz test of `PanelRules`.
        const captured = share ** 2;
        expect(captured * Number(all) + (1 - captured) * Number(two)).to.be.lessThan(0);
      }
    });
  }
});
