import { expect } from "chai";

import { formatAmount, formatBps, formatTokens, parseAmount } from "../../src/domain/amounts.js";

describe("amounts", () => {
  it("groups digits and never shows more than there is", () => {
    expect(formatAmount(1_234_567_890_000n, 6)).to.equal("1,234,567.89");
    expect(formatAmount(1_999_999n, 6, 2)).to.equal("1.99");
    expect(formatAmount(-1_500_000n, 6)).to.equal("-1.5");
    expect(formatAmount(0n, 6)).to.equal("0");
    expect(formatAmount(1_500_000n, 6, 6, true)).to.equal("1.500000");
    expect(formatAmount(10n ** 30n, 6)).to.equal("1,000,000,000,000,000,000,000,000");
  });

  it("tells a tiny amount from nothing", () => {
    expect(formatAmount(1n, 6, 2)).to.equal("< 0.01");
    expect(formatAmount(1n, 6, 0)).to.equal("< 1");
    expect(formatTokens(1n)).to.equal("< 0.0001");
    expect(formatAmount(1n, 6)).to.equal("0.000001");
  });

  it("shows 1/10,000 as percent", () => {
    expect(formatBps(2_000n)).to.equal("20 %");
    expect(formatBps(5n)).to.equal("0.05 %");
  });

  it("reads amounts as people type them", () => {
    expect(parseAmount(" 1,000.5 ", 6, "aUSD")).to.deep.equal({ value: 1_000_500_000n });
    expect(parseAmount(".5", 6, "aUSD")).to.deep.equal({ value: 500_000n });
    expect(parseAmount("5.", 6, "aUSD")).to.deep.equal({ value: 5_000_000n });
  });

  for (const [text, problem] of [
    ["", "Enter an amount in aUSD."],
    [".", '"." is not a number.'],
    ["1e6", '"1e6" is not a number.'],
    ["-1", '"-1" is not a number.'],
    ["1.2.3", '"1.2.3" is not a number.'],
    ["0.0000001", "aUSD has 6 decimals; this has 7."],
    ["0.000000", "The amount must be more than 0."],
  ] as const) {
    it(`says what is wrong with "${text}"`, () => {
      expect(parseAmount(text, 6, "aUSD")).to.deep.equal({ problem });
    });
  }
});
