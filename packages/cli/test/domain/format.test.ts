import { expect } from "chai";

import { amountText, bar, bpsText, factLines, roundedText, shareText, tokenText } from "../../src/domain/format.js";
import { folded } from "../../src/domain/fold.js";

describe("format", () => {
  it("shows amounts exactly, with grouped thousands", () => {
    expect(amountText(1_234_567_890_000n, 6)).to.equal("1,234,567.89");
    expect(amountText(1n, 6)).to.equal("0.000001");
    expect(amountText(0n, 6)).to.equal("0");
    expect(amountText(1_000n, 0)).to.equal("1,000");
  });

  it("cuts what is too fine, and never to nothing", () => {
    expect(roundedText(1_999_999n, 6, 2)).to.equal("1.99");
    expect(roundedText(1n, 6, 2)).to.equal("< 0.01");
    expect(roundedText(0n, 6, 2)).to.equal("0");
    expect(tokenText(5n * 10n ** 17n, "ALICE")).to.equal("0.5 ALICE");
  });

  it("shows parts as percent", () => {
    expect(bpsText(1_550n)).to.equal("15.5 %");
    expect(shareText(1n, 3n)).to.equal("33.3 %");
    expect(shareText(1n, 10_000n)).to.equal("< 0.1 %");
    expect(shareText(0n, 0n)).to.equal("0 %");
    expect(shareText(2n, 1n)).to.equal("200 %");
  });

  it("draws bars that are neither empty nor full by rounding", () => {
    expect(bar(0n, 10n, 4)).to.equal("░░░░");
    expect(bar(1n, 1_000n, 4)).to.equal("█░░░");
    expect(bar(999n, 1_000n, 4)).to.equal("███░");
    expect(bar(10n, 10n, 4)).to.equal("████");
    expect(bar(50n, 10n, 4)).to.equal("████");
    expect(bar(1n, 0n, 4)).to.equal("░░░░");
  });

  it("sets facts in columns, with lines that go on", () => {
    expect(
      factLines([
        ["price", "2"],
        ["", "each"],
        ["on sale", "5"],
      ]),
    ).to.equal("  price    2\n           each\n  on sale  5");
  });

  it("breaks text at spaces", () => {
    expect(folded("one two three", 7)).to.deep.equal(["one two", "three"]);
    expect(folded("unbreakable", 4)).to.deep.equal(["unbreakable"]);
  });
});
