import { OFFERING_DEFAULTS } from "@assay/sdk";
import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";

import { type DraftValues, mergeDraft, readDraft } from "../../src/domain/offeringDraft.js";
import { offeringProblems, sharesOf } from "../../src/domain/offeringRules.js";

const ISSUER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const NOW = 1_803_902_400n;
const SETTING = { issuer: ISSUER, now: NOW, decimals: 6 };
const LEAST: DraftValues = { model: "1", name: "Alice", symbol: "ALICE", "hard-cap": "1000", "soft-cap": "300" };
const LIMITS = { minEpochLength: 3_600n, maxEpochLength: 2_592_000n, minSaleDuration: 172_800n };

describe("readDraft", () => {
  it("fills in the defaults: recipients are the issuer, it opens in an hour and lasts a week", () => {
    const config = readDraft(LEAST, SETTING);
    expect(config).to.deep.include({ ...OFFERING_DEFAULTS, hardCap: 1_000_000_000n, softCap: 300_000_000n });
    expect(config).to.include({ team: ISSUER, ecosystem: ISSUER, liquidityRecipient: ISSUER });
    expect(config).to.include({ opensAt: NOW + 3_600n, closesAt: NOW + 608_400n });
    expect(config).to.include({ allowlistRoot: ZeroHash, transferPolicy: ZeroAddress });
    expect(offeringProblems(config, LIMITS, NOW)).to.deep.equal([]);
  });

  it("names nobody for a share of nothing", () => {
    const shares = { "sale-bps": "10000", "team-bps": "0", "ecosystem-bps": "0", "liquidity-bps": "0" };
    const config = readDraft({ ...LEAST, ...shares }, SETTING);
    expect(config).to.include({ team: ZeroAddress, ecosystem: ZeroAddress, liquidityRecipient: ZeroAddress });
    expect(config).to.include({ teamCliff: 0n, teamDuration: 0n });
  });

  for (const name of ["model", "name", "symbol", "hard-cap", "soft-cap"] as const) {
    it(`misses --${name}`, () => {
      expect(() => readDraft({ ...LEAST, [name]: "" }, SETTING)).to.throw(`--${name} is missing.`);
    });
  }

  it("takes one way to say a time, not two", () => {
    const twice: DraftValues = { ...LEAST, "opens-in": "1h", "opens-at": "2040-01-01" };
    expect(() => readDraft(twice, SETTING)).to.throw("Give --opens-in or --opens-at, not both.");
  });
});

describe("mergeDraft", () => {
  it("takes keys in camelCase or as the options are called; options count more", () => {
    const merged = mergeDraft(
      { hardCap: 1_000, "soft-cap": "300", exclude: [ISSUER, ISSUER], opensAt: "2040-01-01" },
      {
        "soft-cap": "400",
        "opens-in": "2h",
      },
    );
    expect(merged).to.deep.equal({
      ...{ "hard-cap": "1000", "soft-cap": "400", exclude: `${ISSUER},${ISSUER}`, "opens-in": "2h" },
    });
  });

  it("refuses what it does not know", () => {
    expect(() => mergeDraft({ hardcap: 1 }, {})).to.throw("The configuration has an unknown key: hardcap.");
    expect(() => mergeDraft({ name: {} }, {})).to.throw("The configuration's name is neither a text nor a number.");
    expect(() => mergeDraft([], {})).to.throw("The configuration is not a JSON object.");
  });
});

describe("offeringProblems", () => {
  const problems = (change: DraftValues): string[] =>
    offeringProblems(readDraft({ ...LEAST, ...change }, SETTING), LIMITS, NOW);

  const CASES: readonly (readonly [DraftValues, string])[] = [
    [{ "soft-cap": "1000.000001" }, "The soft cap is above the hard cap."],
    [{ supply: "0.5" }, "The supply is below one whole token."],
    [{ supply: "100000000000" }, "The supply is above"],
    [{ "sale-bps": "0", "liquidity-bps": "7000" }, "Nothing is on sale"],
    [{ "team-bps": "2001", "liquidity-bps": "1499" }, "The team gets 20.01 %; at most 20 % is allowed."],
    [{ "ecosystem-bps": "1499" }, "add up to 99.99 %"],
    [{ "redeem-bps": "5001" }, "At most 50 % of the revenue can go to redemption."],
    [{ "team-cliff": "1096d" }, "The team's cliff is after the end of its vesting."],
    [{ "team-vesting": "3651d" }, "vest within 3650 d at most"],
    [{ epoch: "59m" }, "The epoch of 59 min is outside 1 h to 30 d."],
    [{ lasts: "47h" }, "open for 1 d 23 h; this deployment asks for at least 2 d."],
    [{ lasts: "366d" }, "at most 365 d are allowed"],
    [{ "opens-at": "2027-03-01T11:59Z" }, "would open in the past, 2027-03-01 11:59 UTC"],
    [{ "closes-at": "2027-03-01" }, "would close before it opens"],
    [{ name: "é".repeat(16) }, "The name has 32 bytes; at most 31 fit."],
    [{ "hard-cap": "1000000000000", "soft-cap": "0.000001", supply: "1" }, "too few tokens would be sold"],
    [{ exclude: Array(9).fill(ISSUER).join(",") }, "At most 8 addresses can be excluded, not 9."],
  ];
  for (const [change, sentence] of CASES) {
    it(sentence, () => {
      const found = problems(change);
      expect(found).to.have.length(1);
      expect(found[0]).to.contain(sentence);
    });
  }

  it("tells of all of them at once", () => {
    expect(problems({ "soft-cap": "2000", "redeem-bps": "9000", epoch: "1s" })).to.have.length(3);
  });

  it("gives the sale what rounding leaves", () => {
    const { sale, liquidity, team, ecosystem } = sharesOf({ ...readDraft(LEAST, SETTING), supply: 10n ** 18n + 3n });
    expect(sale + liquidity + team + ecosystem).to.equal(10n ** 18n + 3n);
    expect(sale).to.equal(5n * 10n ** 17n + 3n);
  });
});
