import type { RevenueEntry, VestingInfo } from "@assay/sdk";
import { expect } from "chai";

import { breakEvenPrice, feeVerdict } from "../../src/domain/feeWorth.js";
import { bucketsOf } from "../../src/domain/historyBuckets.js";
import { parseRoute, paths } from "../../src/domain/routes.js";
import { vestedAt, vestingCorners, vestingProgress } from "../../src/domain/vestingCurve.js";

describe("routes", () => {
  it("name the pages", () => {
    expect(parseRoute("")).to.deep.equal({ page: "offerings" });
    expect(parseRoute(paths.offerings)).to.deep.equal({ page: "offerings" });
    expect(parseRoute(paths.offering(7n))).to.deep.equal({ page: "offering", offeringId: 7n });
    expect(parseRoute(paths.revenue)).to.deep.equal({ page: "revenue" });
    expect(parseRoute(paths.redeem(3n))).to.deep.equal({ page: "redeem", offeringId: 3n });
  });

  for (const hash of [
    "#/x",
    "#/offerings/0",
    "#/offerings/1x",
    "#/offerings/1/redeem",
    "#/revenue/1",
    "#/revenue/1/redeem/2",
  ]) {
    it(`know no ${hash}`, () => {
      expect(parseRoute(hash)).to.deep.equal({ page: "unknown" });
    });
  }
});

describe("the vesting curve", () => {
  const schedule: Pick<VestingInfo, "start" | "cliff" | "end" | "total"> = {
    start: 100n,
    cliff: 125n,
    end: 200n,
    total: 1_000n,
  };

  it("is flat before the cliff, a step at it, and linear from the start after it", () => {
    expect(vestedAt(schedule, 124n)).to.equal(0n);
    expect(vestedAt(schedule, 125n)).to.equal(250n);
    expect(vestedAt(schedule, 150n)).to.equal(500n);
    expect(vestedAt(schedule, 500n)).to.equal(1_000n);
    expect(vestingCorners(schedule)).to.deep.equal([
      { x: 0, y: 0 },
      { x: 0.25, y: 0 },
      { x: 0.25, y: 0.25 },
      { x: 1, y: 1 },
    ]);
  });

  it("is a step where nothing vests over time", () => {
    expect(vestedAt({ ...schedule, cliff: 100n, end: 100n }, 100n)).to.equal(1_000n);
  });

  it("has a now inside it", () => {
    expect([90n, 150n, 300n].map((now) => vestingProgress(schedule, now))).to.deep.equal([0, 0.5, 1]);
  });
});

describe("whether a claim is worth its gas", () => {
  const words = { decimals: 6, symbol: "aUSD", coin: "ETH" };
  const fee = 10n ** 15n;

  it("is told by the price at which it stops to be", () => {
    expect(breakEvenPrice(5_000_000n, fee)).to.equal(5_000_000_000n);
    expect(breakEvenPrice(5n, 0n)).to.equal(undefined);
    expect(feeVerdict({ amount: 5_000_000n, fee }, words)).to.equal(
      "Gas: about 0.001 ETH. Worth it as long as 1 ETH costs less than 5,000 aUSD.",
    );
  });

  it("is told outright for a price", () => {
    const verdict = (price: bigint): string =>
      feeVerdict({ amount: 5_000_000n, fee, price: price * 1_000_000n }, words);
    expect(verdict(500n)).to.equal("Worth it: gas (about 0.001 ETH) costs 10 % of the claim.");
    expect(verdict(1n)).to.equal("Worth it: gas (about 0.001 ETH) costs less than 0.1 % of the claim.");
    expect(verdict(10_000n)).to.equal(
      "Not worth it: gas (about 0.001 ETH) costs 200 % of the claim. Wait until more has streamed.",
    );
  });

  it("needs something to claim, and gas that costs something", () => {
    expect(feeVerdict({ amount: 0n, fee }, words)).to.equal("There is nothing to claim yet.");
    expect(feeVerdict({ amount: 1n, fee: 0n }, words)).to.equal("Gas costs nothing on this network now.");
  });
});

describe("the history's bars", () => {
  const entry = (time: bigint, amount: bigint, kind: RevenueEntry["kind"] = "deposited"): RevenueEntry => ({
    kind,
    offeringId: 1n,
    modelId: 1n,
    token: "",
    symbol: "",
    amount,
    account: "",
    time,
    blockNumber: 1,
    transactionHash: "",
  });

  it("sum up equal spans without gaps", () => {
    const { size, buckets } = bucketsOf(
      [entry(60n, 1n), entry(70n, 2n), entry(65n, 9n, "claimed"), entry(200n, 4n)],
      "deposited",
      240n,
    );
    expect(size).to.equal(60n);
    expect(buckets).to.deep.equal([
      { from: 60n, amount: 3n },
      { from: 120n, amount: 0n },
      { from: 180n, amount: 4n },
      { from: 240n, amount: 0n },
    ]);
  });

  it("grow with the history, and never are more than 30", () => {
    const day = 86_400n;
    const week = bucketsOf([entry(0n, 1n)], "deposited", 20n * day);
    expect(week.size).to.equal(day);
    const decades = bucketsOf([entry(0n, 1n)], "deposited", 20_000n * day);
    expect(decades.buckets).to.have.lengthOf(30);
  });
});
