import type { Holding } from "@assay/sdk";
import { expect } from "chai";

import { isHeld, revenueAt, thousandthsIn } from "../../src/domain/liveRevenue.js";

const Q = 1n << 112n;
const HOLDING: Holding = {
  offeringId: 1n,
  modelId: 1n,
  offering: "",
  token: "",
  name: "",
  symbol: "",
  balance: 300n,
  unsettled: 100n,
  claimable: 1_000n,
  unsettledRevenue: 50n,
  ratePerSecond: 400n * Q,
  rateEndsAt: 110n,
  redeemable: 0n,
  payout: "",
  accruing: true,
};

describe("live revenue", () => {
  it("grows with the clock, split between what is held and what is unsettled", () => {
    expect(revenueAt(HOLDING, 100, 102.5)).to.deep.equal({ claimable: 1_750n, unsettled: 300n });
  });

  it("stands still from the end of the epoch on, and before the read", () => {
    expect(revenueAt(HOLDING, 100, 500)).to.deep.equal(revenueAt(HOLDING, 100, 110));
    expect(revenueAt(HOLDING, 100, 99)).to.deep.equal({ claimable: 1_000n, unsettled: 50n });
    expect(revenueAt(HOLDING, 120, 130)).to.deep.equal({ claimable: 1_000n, unsettled: 50n });
  });

  it("gives all of it to unsettled tokens where the balance does not earn", () => {
    const holding = { ...HOLDING, accruing: false, ratePerSecond: 100n * Q };
    expect(revenueAt(holding, 100, 101)).to.deep.equal({ claimable: 1_000n, unsettled: 150n });
    expect(revenueAt({ ...HOLDING, balance: 0n, unsettled: 0n, ratePerSecond: 0n }, 100, 105).claimable).to.equal(
      1_000n,
    );
  });

  it("shows a rate that was rounded down as what it was before", () => {
    const ratePerSecond = (50_000n * Q) / 3n - 1n;
    expect(thousandthsIn({ ratePerSecond }, 1n)).to.equal(16_666_667n);
    expect(thousandthsIn({ ratePerSecond: 5n * Q - 1n }, 1n)).to.equal(5_000n);
  });

  it("knows what counts as held", () => {
    const nothing = { ...HOLDING, balance: 0n, unsettled: 0n, claimable: 0n, unsettledRevenue: 0n };
    expect(isHeld(nothing)).to.equal(false);
    expect(isHeld({ ...nothing, claimable: 1n })).to.equal(true);
    expect(isHeld({ ...nothing, unsettled: 1n })).to.equal(true);
  });
});
