import { expect } from "chai";

import { revenueCsv, type RevenueEntry, revenueJson } from "../../src/protocol/revenueExport.js";
import { trailingYieldBps } from "../../src/protocol/revenueYield.js";

const ENTRY: RevenueEntry = {
  kind: "claimed",
  offeringId: 2n,
  modelId: 7n,
  token: `0x${"11".repeat(20)}`,
  symbol: "ALICE",
  amount: 1_234_500_000n,
  account: `0x${"22".repeat(20)}`,
  time: 1_700_000_000n,
  blockNumber: 42,
  transactionHash: `0x${"33".repeat(32)}`,
};
const HEAD = "date,kind,model,symbol,token,amount,account,block,transaction\r\n";

describe("revenueCsv", () => {
  it("has one line for each entry, under a header", () => {
    expect(revenueCsv([], 6)).to.equal(HEAD);
    expect(revenueCsv([ENTRY], 6)).to.equal(
      `${HEAD}2023-11-14T22:13:20.000Z,claimed,7,ALICE,${ENTRY.token},1234.5,${ENTRY.account},42,${ENTRY.transactionHash}\r\n`,
    );
  });

  for (const [symbol, field] of [
    ['a"b', '"a""b"'],
    ["a,b", '"a,b"'],
    ["a\nb", '"a\nb"'],
    ["=1+1", "'=1+1"],
    ["+1", "'+1"],
    ["-1", "'-1"],
    ["@x", "'@x"],
    ['=A("x,y")', `"'=A(""x,y"")"`],
  ] as const) {
    it(`writes the symbol ${JSON.stringify(symbol)} as text`, () => {
      expect(revenueCsv([{ ...ENTRY, symbol }], 6)).to.include(`,7,${field},${ENTRY.token},`);
    });
  }
});

describe("revenueJson", () => {
  it("holds the same fields, with amounts that lose no digit", () => {
    const [entry] = JSON.parse(revenueJson([{ ...ENTRY, amount: 12_345_678_901_234_567_890n }], 18)) as unknown[];
    expect(entry).to.deep.equal({
      date: "2023-11-14T22:13:20.000Z",
      kind: "claimed",
      model: "7",
      symbol: "ALICE",
      token: ENTRY.token,
      amount: "12.34567890123456789",
      account: ENTRY.account,
      block: 42,
      transaction: ENTRY.transactionHash,
    });
  });
});

describe("trailingYieldBps", () => {
  const basis = { eligible: 800n, saleSupply: 500n, hardCap: 1_000n, redeemBps: 2_000n };
  const deposit = (time: bigint, amount: bigint, kind: RevenueEntry["kind"] = "deposited") => ({ kind, time, amount });

  it("is what one earning token got in the window, against the sale price", () => {
    // 100 came in, 80 for 800 tokens: 0.1 a token that cost 2.
    expect(trailingYieldBps([deposit(95n, 100n)], basis, { now: 100n, seconds: 10n })).to.equal(500n);
  });

  it("counts deposits of the window only", () => {
    const entries = [deposit(90n, 100n), deposit(91n, 100n), deposit(101n, 100n), deposit(95n, 100n, "claimed")];
    expect(trailingYieldBps(entries, basis, { now: 100n, seconds: 10n })).to.equal(500n);
  });

  it("is nothing where nothing earns", () => {
    expect(trailingYieldBps([deposit(95n, 100n)], { ...basis, eligible: 0n }, { now: 100n, seconds: 10n })).to.equal(
      0n,
    );
  });
});
