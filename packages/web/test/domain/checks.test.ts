import type { OfferingInfo } from "@assay/sdk";
import { expect } from "chai";

import { checkCommitment, checkRecipient, checkRedemption, checkWithdrawal } from "../../src/domain/checks.js";

const unit = { symbol: "aUSD", decimals: 6 };
const OFFERING = {
  phase: "Open",
  own: 40_000_000n,
  terms: { opensAt: 100n, withdrawableUntil: 180n, closesAt: 200n, finalizableUntil: 300n },
} as OfferingInfo;
const money = { unit, balance: 50_000_000n, now: 150n };
const ADDRESS = "0xAb5801a7D398351b8bE11C439e05C5B3259aeC9B";

describe("checkCommitment", () => {
  it("lets through what the wallet holds, to the last unit", () => {
    expect(checkCommitment("50", OFFERING, money)).to.deep.equal({ value: 50_000_000n });
    expect(checkCommitment("50.000001", OFFERING, money)).to.deep.equal({
      problem: "Your wallet holds 50 aUSD, less than this.",
    });
  });

  it("keeps to the window", () => {
    const problem = { problem: "The offering takes no commitments now." };
    expect(checkCommitment("1", OFFERING, { ...money, now: 200n })).to.deep.equal(problem);
    expect(checkCommitment("1", OFFERING, { ...money, now: 99n })).to.deep.equal(problem);
  });

  it("counts what was committed before against the allow-list's cap", () => {
    const allowed = { cap: 60_000_000n, proof: [] };
    expect(checkCommitment("20", OFFERING, { ...money, allowed })).to.deep.equal({ value: 20_000_000n });
    expect(checkCommitment("20.1", OFFERING, { ...money, allowed })).to.deep.equal({
      problem: "The allow-list lets you commit 60 aUSD in all; you have committed 40 aUSD.",
    });
  });
});

describe("checkWithdrawal", () => {
  it("lets through at most the commitment, until commitments are final", () => {
    expect(checkWithdrawal("40", OFFERING, unit, 179n)).to.deep.equal({ value: 40_000_000n });
    expect(checkWithdrawal("41", OFFERING, unit, 179n)).to.deep.equal({
      problem: "You have committed 40 aUSD, less than this.",
    });
    expect(checkWithdrawal("40", OFFERING, unit, 180n)).to.deep.equal({ problem: "Commitments are final now." });
  });
});

describe("checkRedemption", () => {
  it("lets through at most the balance", () => {
    const balance = 3n * 10n ** 18n;
    expect(checkRedemption("3", "ALICE", balance)).to.deep.equal({ value: balance });
    expect(checkRedemption("3.1", "ALICE", balance)).to.deep.equal({ problem: "You hold 3 ALICE, less than this." });
  });
});

describe("checkRecipient", () => {
  it("takes an address in any case that fits its checksum", () => {
    expect(checkRecipient(` ${ADDRESS} `, [])).to.deep.equal({ value: ADDRESS });
    expect(checkRecipient(ADDRESS.toLowerCase(), [])).to.deep.equal({ value: ADDRESS });
  });

  for (const [name, text, words] of [
    ["nothing", "", "Enter an address."],
    ["a name", "alice.eth", "Names are not looked up here."],
    ["an address with a typing error", ADDRESS.replace("Ab", "aB"), "typing error"],
    ["the zero address", `0x${"0".repeat(40)}`, "zero address"],
    ["a token's own contract", ADDRESS, "a token's own contract"],
  ] as const) {
    it(`refuses ${name}`, () => {
      expect(checkRecipient(text, [ADDRESS]))
        .to.have.property("problem")
        .that.includes(words);
    });
  }
});
