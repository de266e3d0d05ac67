import { sampledLeaves } from "@assay/sdk";
import { expect } from "chai";
import { id } from "ethers";

import { drawnCase, leafOpenings, sampled } from "../../helpers/court/auditCase.js";
import { expectMoves } from "../../helpers/court/money.js";
import { doing, feeOf, rejected } from "../../helpers/court/outcomes.js";
import { completeDraw, expire, pastDeadline, playPanel, tally } from "../../helpers/court/panel.js";
import { bytes32, elevenProviders, networkHelpers, usd } from "../../helpers/court/system.js";

const LEAVES = 1_000;
const EXPENSIVE = 617;

/** 1,000 leaves; one of them holds 30 % of the value. */
const fees = Array.from({ length: LEAVES }, (_, index) => (index === EXPENSIVE ? 4_281_429n : 10_000n));

describe("Adversary 4: the fraud sits in one expensive leaf", () => {
  it("is sampled in proportion to its fee: 94 % at 30 % of the value and eight points", async () => {
    const { tree, job } = await drawnCase(await networkHelpers.loadFixture(elevenProviders), { fees });
    expect((tree.sumAt(EXPENSIVE) * 10_000n) / tree.total).to.equal(3_000n);
    const seeds = Array.from({ length: 4_000 }, (_, index) => id(`seed ${String(index)}`));
    const hits = seeds.filter((seed) => sampledLeaves(tree, seed, job.samplePoints).includes(EXPENSIVE)).length;
    // 1 − 0.7⁸ = 94.2 %, and four standard deviations of 0.37 % around it.
    expect(hits / seeds.length).to.be.within(0.927, 0.958);
  });

  it("is slashed when it is sampled, among seven honest leaves", async () => {
    const system = await networkHelpers.loadFixture(elevenProviders);
    for (;;) {
      const audit = await drawnCase(system, { fees });
      if (!sampled(audit).includes(EXPENSIVE)) continue;
      const panel = await playPanel(audit, ["reject", "reject", "reject"]);
      await expectMoves(system, () => tally(audit), rejected(audit, doing(panel, "reject"), 3n * feeOf(audit)));
      return;
    }
  });

  it("cannot be opened with nearly all fees in it, above the maxLeafFee that panels are paid for", async () => {
    const system = await networkHelpers.loadFixture(elevenProviders);
    const hidden = [usd(9), ...Array.from({ length: 10 }, () => usd("0.1"))];
    for (;;) {
      const audit = await drawnCase(system, { fees: hidden, maxLeafFee: usd("0.1"), collateral: usd(40) });
      if (!sampled(audit).includes(0)) continue;
      await completeDraw(audit);
      await expect(system.court.openLeaves(audit.job, audit.batch, leafOpenings(audit)))
        .to.be.revertedWithCustomError(system.court, "AuditCourt_LeafFeeTooHigh")
        .withArgs(usd(9), usd("0.1"));
      await pastDeadline(audit);
      await expectMoves(system, () => expire(audit), rejected(audit, [], 0n));
      return;
    }
  });

  it("nor hide behind a receipt with a smaller fee than the requester signed", async () => {
    const system = await networkHelpers.loadFixture(elevenProviders);
    const moved = (fee: bigint, index: number) => (index === 0 ? fee - usd(4) : fee + usd(4));
    const audit = await drawnCase(system, {
      fees: [usd(9), usd(1)],
      maxLeafFee: usd(5),
      collateral: usd(40),
      receipt: (honest, index) => ({ ...honest, fee: moved(honest.fee, index) }),
    });
    await completeDraw(audit);
    await expect(system.court.openLeaves(audit.job, audit.batch, leafOpenings(audit)))
      .to.be.revertedWithCustomError(system.court, "AuditCourt_InvalidReceipt")
      .withArgs(audit.auditId, sampled(audit)[0], bytes32("requestHash"));
  });
});
