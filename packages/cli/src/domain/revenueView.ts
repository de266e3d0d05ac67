import { type Holding, type RevenueEntry, revenueIn } from "@assay/sdk";

import { type Fact, factLines, tokenText } from "./format.js";
import { momentText, whenText } from "./time.js";

const DAY = 86_400n;

/** What a holding is worth knowing of. Amounts in smallest units of the asset. */
export interface HoldingSummary {
  readonly holding: Holding;
  /** At the present rate. */
  readonly perDay: bigint;
  /** What the account has claimed so far, and what it got for burned tokens. */
  readonly claimed: bigint;
  readonly redeemed: bigint;
  /** What came in for all holders and the redemption pool in the last days. Historical. */
  readonly received7d: bigint;
  readonly received30d: bigint;
}

export function summarise(holding: Holding, entries: readonly RevenueEntry[], now: bigint): HoldingSummary {
  const sum = (kind: RevenueEntry["kind"], since = 0n): bigint =>
    entries
      .filter((entry) => entry.kind === kind && entry.token === holding.token && entry.time > since)
      .reduce((total, { amount }) => total + amount, 0n);
  return {
    holding,
    perDay: revenueIn(holding, DAY),
    claimed: sum("claimed"),
    redeemed: sum("redeemed"),
    received7d: sum("deposited", now - 7n * DAY),
    received30d: sum("deposited", now - 30n * DAY),
  };
}

interface Setting {
  readonly now: bigint;
  readonly money: (amount: bigint) => string;
}

/** What an account has, for people. */
export function holdingsText(account: string, summaries: readonly HoldingSummary[], setting: Setting): string {
  const head = `Revenue of ${account}, ${momentText(setting.now)}`;
  if (summaries.length === 0) return `${head}\n  It holds no model tokens, and has claimed nothing.`;
  const blocks = summaries.map((summary) => `${title(summary)}\n${factLines(factsOf(summary, account, setting), 4)}`);
  const claimable = summaries.reduce((sum, { holding }) => sum + holding.claimable, 0n);
  const total =
    summaries.length > 1 && claimable > 0n
      ? [`${setting.money(claimable)} claimable in all: assay revenue claim-all`]
      : [];
  return [head, ...blocks, ...total].join("\n\n");
}

function title({ holding: { symbol, name, offeringId, modelId } }: HoldingSummary): string {
  return `  ${symbol}: ${name}, model ${modelId}, offering ${offeringId}`;
}

function factsOf(summary: HoldingSummary, account: string, { now, money }: Setting): Fact[] {
  const { holding, perDay, claimed, redeemed, received7d, received30d } = summary;
  const { balance, unsettled, unsettledRevenue, claimable, rateEndsAt, redeemable, payout, accruing, symbol } = holding;
  const streams = perDay > 0n;
  return [
    ["claimable now", money(claimable)],
    ["streaming", streams ? `${money(perDay)} a day` : "nothing at present"],
    ["", `the rate may change ${whenText(rateEndsAt, now)}`],
    ["balance", `${tokenText(balance, symbol)}${accruing ? "" : ", which does not earn"}`],
    ...(unsettled > 0n
      ? ([
          ["not settled", `${tokenText(unsettled, symbol)} with ${money(unsettledRevenue)}`],
          ["", `assay offering settle ${holding.offeringId}`],
        ] as const)
      : []),
    ["claimed so far", money(claimed)],
    ...(redeemed > 0n ? ([["redeemed so far", money(redeemed)]] as const) : []),
    ["token received", `${money(received7d)} in 7 d, ${money(received30d)} in 30 d (historical)`],
    ["redeemable", `${money(redeemable)} if all of it were burned`],
    ...(payout === account ? [] : ([["paid to", payout]] as const)),
  ];
}
