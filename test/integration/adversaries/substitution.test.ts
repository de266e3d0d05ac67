import { FinalizeStatus } from "@assay/sdk";
import { expect } from "chai";

import { committedCase, type AuditCase } from "../../helpers/court/auditCase.js";
import { playPanel, tally } from "../../helpers/court/panel.js";
import { elevenUnderTheLaw, networkHelpers, PARAMETERS, usd, WAD, type System } from "../../helpers/court/system.js";
import { wealthOf } from "../../helpers/court/wealth.js";

const V = usd(10);
const CAUGHT = WAD - PARAMETERS.escrow.capture;

/** The provider answers with a model of its own: an honest panel finds another digest. */
async function settle(cheat: AuditCase): Promise<"paid" | "slashed"> {
  const { escrow, court } = cheat.system;
  const status = await escrow.finalizeBatch.staticCall(cheat.job, cheat.batch);
  await escrow.finalizeBatch(cheat.job, cheat.batch);
  if (status === FinalizeStatus.Paid) return "paid";
  await playPanel(cheat, ["reject", "reject", "reject"]);
  await expect(tally(cheat)).to.emit(court, "AuditEnded").withArgs(cheat.auditId, 1n, cheat.batch.collateral);
  return "slashed";
}

describe("Adversary 2: full substitution", () => {
  for (const [multiple, percent] of [
    [25n, 96n],
    [50n, 62n],
    [200n, 19n],
    [1_000n, 4n],
  ] as const) {
    it(`loses at least the price of the batch in expectation at ${String(Number(multiple) / 10)}× collateral`, async () => {
      const system = await networkHelpers.loadFixture(elevenUnderTheLaw);
      const { batch } = await committedCase(system, { fees: [V], collateral: (multiple * V) / 10n });
      expect(batch.p / (WAD / 100n)).to.equal(percent);
      // Paid unless it is drawn and the panel is not captured; then it loses the collateral.
      const caught = (batch.p * CAUGHT) / WAD;
      const expected = (V * (WAD - caught) - batch.collateral * caught) / WAD;
      expect(expected).to.be.lessThan(-V);
    });
  }

  it("is drawn at the rate that the law says, slashed whenever it is drawn, and ends poorer", async () => {
    const system = await networkHelpers.loadFixture(elevenUnderTheLaw);
    const cheat = system.providers[0]!.address;
    const collateral = 5n * V;
    const jobs = 40;
    const before = await wealthOf(system, [cheat]);
    let slashed = 0;
    let earned = 0n;
    let p = 0n;
    for (let job = 0; job < jobs; job += 1) {
      const served = await committedCase(system, { fees: [V], collateral });
      p = served.batch.p;
      const [balance, end] = [await balanceOf(system, cheat), await settle(served)];
      if (end === "slashed") slashed += 1;
      else earned += (await balanceOf(system, cheat)) - balance;
    }
    // 62.1 % of 40, and four and a half standard deviations around it.
    const rate = Number(p) / 1e18;
    const deviation = Math.sqrt(jobs * rate * (1 - rate));
    expect(slashed).to.be.within(Math.ceil(jobs * rate - 4.5 * deviation), Math.floor(jobs * rate + 4.5 * deviation));
    const after = await wealthOf(system, [cheat]);
    expect(after - before).to.equal(earned - BigInt(slashed) * collateral);
    expect(after).to.be.lessThan(before);
  });

  const balanceOf = async ({ escrow }: System, address: string): Promise<bigint> =>
    (await escrow.accountOf(address)).balance;
});
