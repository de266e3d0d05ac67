import { AssayError } from "@assay/sdk";
import { expect } from "chai";

import { claimReport } from "../../src/domain/claimReport.js";

const HOLDINGS = [
  { token: "0x01", symbol: "ONE" },
  { token: "0x02", symbol: "TWO" },
];
const HASH = `0x${"ab".repeat(32)}`;
const money = (amount: bigint): string => `${amount} aUSD`;
const PAID = { token: "0x01", amount: 5n, transactionHash: HASH };

describe("claimReport", () => {
  it("has a line for each token", () => {
    const claims = [PAID, { ...PAID, token: "0x02", amount: 7n }];
    const { failed, text } = claimReport({ total: 12n, claims, transactions: [HASH], gasUsed: 1n }, HOLDINGS, money);
    expect(failed).to.equal(false);
    expect(text).to.match(/^ONE +5 aUSD +0xabab…abab$/m);
    expect(text).to.match(/\n\nClaimed 12 aUSD in one transaction\.$/);
  });

  it("tells which one failed, and why", () => {
    const error = new AssayError({ code: "CONTRACT_ERROR", message: "The asset refuses it.", hint: "Ask its issuer." });
    const claims = [PAID, { token: "0x02", amount: 0n, error }];
    const result = { total: 5n, claims, transactions: [HASH], gasUsed: 1n };
    const { failed, text, value } = claimReport(result, HOLDINGS, money);
    expect(failed).to.equal(true);
    expect(text).to.contain("\nTWO failed: The asset refuses it. Ask its issuer.\n");
    expect(value).to.deep.equal({
      ...result,
      claims: [
        { symbol: "ONE", ...PAID },
        {
          symbol: "TWO",
          token: "0x02",
          amount: 0n,
          error: { code: "CONTRACT_ERROR", message: "The asset refuses it.", hint: "Ask its issuer." },
        },
      ],
    });
  });
});
