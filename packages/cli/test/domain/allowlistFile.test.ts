import { expect } from "chai";

import { parseAllowlist } from "../../src/domain/allowlistFile.js";

const A = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const B = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
const ENTRIES = [
  { account: A, cap: 1_500_000n },
  { account: B, cap: 20_000_000n },
];

describe("parseAllowlist", () => {
  it("reads JSON, and CSV with or without header and quotes", () => {
    expect(
      parseAllowlist(
        JSON.stringify([
          { account: A, cap: "1.5" },
          { account: B, cap: 20 },
        ]),
        6,
      ),
    ).to.deep.equal(ENTRIES);
    expect(parseAllowlist(`account,cap\r\n${A},1.5\r\n\r\n"${B.toLowerCase()}", 20\n`, 6)).to.deep.equal(ENTRIES);
    expect(parseAllowlist(`${A},1.5\n${B},20`, 6)).to.deep.equal(ENTRIES);
  });

  const CASES: readonly (readonly [string, string])[] = [
    [`${A},0`, "Entry 1 of the allow-list: The amount must be above 0"],
    [`${A},1\n0x12,1`, "Entry 2 of the allow-list: the account is not an address: 0x12."],
    [`${A},0.0000001`, "at most 6 decimals"],
    [A, 'Entry 1 of the allow-list is not "account,cap"'],
    [`${A},1,000`, 'Entry 1 of the allow-list is not "account,cap"'],
    ["[{]", "The allow-list is not JSON"],
    ["[null]", 'Entry 1 of the allow-list needs "account" and "cap".'],
  ];
  for (const [text, sentence] of CASES) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseAllowlist(text, 6)).to.throw(sentence);
    });
  }
});
