import type { Holding, OfferingInfo, RevenueEntry } from "@assay/sdk";
import { expect } from "chai";
import { ZeroHash } from "ethers";

import { amountText } from "../../src/domain/format.js";
import { offeringsTable, offeringText } from "../../src/domain/offeringView.js";
import { nextStep, phaseAt } from "../../src/domain/phase.js";
import { holdingsText, summarise } from "../../src/domain/revenueView.js";
import { selectHolding } from "../../src/services/revenue/find.js";

const NOW = 1_803_902_400n;
const DAY = 86_400n;
const TOKEN = 10n ** 18n;
const ME = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const money = (amount: bigint): string => `${amountText(amount, 6)} aUSD`;
const SETTING = { now: NOW, money, asset: { decimals: 6, symbol: "aUSD" }, account: undefined };

const INFO: OfferingInfo = {
  ...{ offeringId: 1n, modelId: 7n, issuer: ME, offering: ME, token: ME, vesting: ME, name: "Alice", symbol: "ALICE" },
  ...{ phase: "Open", committed: 430_000_000n, supply: 1_000_000n * TOKEN, own: 0n, tokens: 0n, refund: 0n },
  terms: {
    ...{ issuer: ME, modelId: 7n, asset: ME, saleSupply: 300_000n * TOKEN, allowlistRoot: ZeroHash },
    ...{ hardCap: 1_000_000_000n, softCap: 300_000_000n, liquidityRecipient: ME },
    ...{ opensAt: NOW - 3n * DAY, closesAt: NOW + DAY, withdrawableUntil: NOW, finalizableUntil: NOW + 8n * DAY },
  },
};

const HOLDING: Holding = {
  ...{ offeringId: 1n, modelId: 7n, offering: ME, token: ME, name: "Alice", symbol: "ALICE", payout: ME },
  ...{ balance: 10n * TOKEN, unsettled: 0n, claimable: 5_000_000n, unsettledRevenue: 0n, redeemable: 1n },
  ...{ ratePerSecond: 10n << 112n, rateEndsAt: NOW + 60n, accruing: true },
};

describe("offeringText", () => {
  it("shows how far an offering is, when it ends and what it costs", () => {
    const text = offeringText(INFO, SETTING);
    expect(text).to.contain("Offering 1: Alice (ALICE), model 7 — Open\n");
    expect(text).to.contain(`${"█".repeat(12)}${"░".repeat(18)} 43 %\n`);
    expect(text).to.contain("430 aUSD of 1,000 aUSD\n");
    expect(text).to.contain("300 aUSD: met\n");
    expect(text).to.contain(" 75 %\n");
    expect(text).to.contain("closes 2027-03-02 12:00 UTC (in 1 d)\n");
    expect(text).to.contain("final since 2027-03-01 12:00 UTC (now)\n");
    expect(text).to.contain("0.00333333 aUSD a token\n");
    expect(text).to.not.contain("you ");
  });

  it("fits 80 columns", () => {
    const mine = { ...INFO, own: 1_000_000_000_000n, committed: 10n ** 15n, tokens: 123_456n * TOKEN, refund: 1n };
    for (const line of offeringText(mine, { ...SETTING, account: ME }).split("\n"))
      expect(line.length, line).to.be.at.most(80);
  });

  it("tells an account what it would get, or back", () => {
    const mine = { ...INFO, own: 10_000_000n, tokens: 5n * TOKEN };
    expect(offeringText(mine, { ...SETTING, account: ME })).to.contain("if it closed now: 5 ALICE, nothing back");
    const failed = { ...mine, phase: "Failed", tokens: 0n, refund: 10_000_000n } as const;
    expect(offeringText(failed, { ...SETTING, account: ME })).to.contain("gets 10 aUSD back\n");
  });
});

describe("offeringsTable", () => {
  it("says that there are none", () => {
    expect(offeringsTable([], SETTING)).to.equal("There are no offerings here.");
  });

  it("has a line for each", () => {
    const lines = offeringsTable([INFO, { ...INFO, offeringId: 12n, phase: "Cancelled" }], SETTING).split("\n");
    expect(lines[2]).to.match(/^1 +ALICE +7 +Open +430 aUSD +43 % +closes in 1 d$/);
    expect(lines[3]).to.match(/^12 +ALICE +7 +Cancelled +430 aUSD +43 %$/);
  });
});

describe("phaseAt", () => {
  const at = (phase: OfferingInfo["phase"], now: bigint) => phaseAt({ ...INFO, phase }, now);

  it("follows the clock until something is recorded", () => {
    const { opensAt, closesAt, finalizableUntil } = INFO.terms;
    expect([opensAt - 1n, opensAt, closesAt, finalizableUntil].map((now) => at("Scheduled", now))).to.deep.equal([
      ...["Scheduled", "Open", "Ended", "Failed"],
    ]);
    for (const recorded of ["Draft", "Succeeded", "Failed", "Cancelled"] as const) {
      expect(at(recorded, finalizableUntil)).to.equal(recorded);
    }
  });

  it("names the next step only where there is one", () => {
    const next = (phase: OfferingInfo["phase"], own = 0n) => nextStep({ ...INFO, phase, own }, NOW);
    expect(next("Ended")).to.equal("assay offering finalize 1  (anyone)");
    expect([next("Succeeded"), next("Succeeded", 1n)]).to.deep.equal([undefined, "assay offering settle 1"]);
    expect([next("Failed"), next("Failed", 1n)]).to.deep.equal([undefined, "assay offering refund 1"]);
    // Its opening has passed: it can never be scheduled.
    expect([next("Draft"), next("Cancelled"), next("Scheduled")]).to.deep.equal([undefined, undefined, undefined]);
  });
});

describe("holdingsText", () => {
  const entry = (kind: RevenueEntry["kind"], amount: bigint, time: bigint, token = ME): RevenueEntry => ({
    ...{ kind, offeringId: 1n, modelId: 7n, token, symbol: "ALICE", amount, account: ME, time },
    ...{ blockNumber: 1, transactionHash: ZeroHash },
  });

  it("sums up what came in lately and what was claimed ever, of one token", () => {
    const entries = [
      entry("deposited", 1_000_000n, NOW - 31n * DAY),
      entry("deposited", 2_000_000n, NOW - 8n * DAY),
      entry("deposited", 4_000_000n, NOW - DAY),
      entry("claimed", 8_000_000n, NOW - 100n * DAY),
      entry("redeemed", 16_000_000n, NOW),
      entry("claimed", 32_000_000n, NOW, "0x01"),
    ];
    const { holding, ...figures } = summarise(HOLDING, entries, NOW);
    expect(holding).to.equal(HOLDING);
    expect(figures).to.deep.equal({
      ...{
        perDay: 864_000n,
        claimed: 8_000_000n,
        redeemed: 16_000_000n,
        received7d: 4_000_000n,
        received30d: 6_000_000n,
      },
    });
  });

  it("shows each token, and the sum of several", () => {
    const two = [HOLDING, { ...HOLDING, symbol: "BOB", accruing: false, unsettled: TOKEN, payout: "0x01" }];
    const text = holdingsText(
      ME,
      two.map((holding) => summarise(holding, [], NOW)),
      SETTING,
    );
    expect(text).to.contain("claimable now   5 aUSD\n    streaming       0.864 aUSD a day\n");
    expect(text).to.contain("10 BOB, which does not earn");
    expect(text).to.contain("assay offering settle 1\n");
    expect(text).to.contain("paid to         0x01");
    expect(text).to.match(/\n\n10 aUSD claimable in all: assay revenue claim-all$/);
  });

  it("says that there is nothing", () => {
    expect(holdingsText(ME, [], SETTING)).to.contain("It holds no model tokens, and has claimed nothing.");
  });
});

describe("selectHolding", () => {
  const other = { ...HOLDING, offeringId: 2n, token: "0xAb00000000000000000000000000000000000000" };

  it("finds a token by symbol, address or its offering's id", () => {
    const holdings = [{ ...HOLDING, symbol: "BOB" }, other];
    for (const name of ["alice", "2", other.token.toLowerCase()]) expect(selectHolding(holdings, name)).to.equal(other);
  });

  it("refuses to guess", () => {
    expect(() => selectHolding([HOLDING, other], "ALICE")).to.throw(
      "Several tokens are called ALICE: those of the offerings 1, 2.",
    );
    expect(() => selectHolding([HOLDING], "BOB")).to.throw('There is no model token "BOB" here.');
  });
});
