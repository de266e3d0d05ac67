import { buildAllowlist } from "@assay/sdk";
import { expect } from "chai";

import { readAllowlist } from "../../src/domain/allowlistInput.js";

const MINE = `0x${"11".repeat(20)}`;
const OTHER = `0x${"22".repeat(20)}`;
const THIRD = `0x${"33".repeat(20)}`;
const LIST = [
  { account: MINE, cap: "5000000" },
  { account: OTHER, cap: 7 },
];
const { root, proofOf } = buildAllowlist(LIST.map(({ account, cap }) => ({ account, cap: BigInt(cap) })));

describe("an allow-list that somebody pastes", () => {
  it("gives the account's cap and proof", () => {
    expect(readAllowlist(JSON.stringify(LIST), root, MINE)).to.deep.equal({ value: proofOf(MINE) });
  });

  it("may be the account's proof alone", () => {
    const { cap, proof } = proofOf(MINE)!;
    const text = JSON.stringify({ cap: String(cap), proof });
    expect(readAllowlist(text, root, MINE)).to.deep.equal({ value: { cap, proof } });
    expect(readAllowlist(text, root, OTHER))
      .to.have.property("problem")
      .that.includes("does not belong to your account");
  });

  for (const [name, text, words] of [
    ["text", "hello", "not JSON"],
    ["another structure", '{"a":1}', "An allow-list is"],
    ["an address with a mistake", JSON.stringify([{ account: "0x12", cap: "1" }]), "An allow-list is"],
    ["another list", JSON.stringify([{ account: MINE, cap: "5000001" }]), "not the allow-list that the offering"],
    ["a list with an account twice", JSON.stringify([LIST[0], LIST[0]]), "names an account twice"],
  ] as const) {
    it(`says what is wrong with ${name}`, () => {
      expect(readAllowlist(text, root, MINE))
        .to.have.property("problem")
        .that.includes(words);
    });
  }

  it("says so if the account is not on it", () => {
    expect(readAllowlist(JSON.stringify(LIST), root, THIRD))
      .to.have.property("problem")
      .that.includes("not on the allow-list");
  });
});
