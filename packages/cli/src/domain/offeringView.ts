import type { OfferingInfo } from "@assay/sdk";
import { ZeroHash } from "ethers";

import { bar, type Fact, factLines, shareText, tokenText } from "./format.js";
import { type AssetUnits, priceText } from "./offeringPreview.js";
import { nextStep } from "./phase.js";
import { table } from "./table.js";
import { agoText, whenText } from "./time.js";

const BAR = 30;

export interface ViewSetting {
  readonly now: bigint;
  readonly money: (amount: bigint) => string;
  readonly asset: AssetUnits;
  /** As whom it is seen; undefined as nobody. */
  readonly account: string | undefined;
}

/** An offering for people: how far it is, its terms, and the account's part. */
export function offeringText(info: OfferingInfo, { now, money, asset, account }: ViewSetting): string {
  const { offeringId, name, symbol, modelId, phase, terms, committed, issuer, token, offering } = info;
  const { hardCap, softCap } = terms;
  const over = committed > hardCap;
  const next = nextStep(info, now);
  const facts: Fact[] = [
    ["raised", `${bar(committed, hardCap, BAR)} ${shareText(committed, hardCap)}`],
    ["", `${money(committed)} of ${money(hardCap)}${over ? "; everybody gets the same part" : ""}`],
    ["soft cap", `${money(softCap)}: ${committed >= softCap ? "met" : `${money(softCap - committed)} missing`}`],
    ...timeFacts(info, now),
    ["on sale", tokenText(terms.saleSupply, symbol)],
    ["price", priceText(hardCap, terms.saleSupply, asset)],
    ["buyers", terms.allowlistRoot === ZeroHash ? "everybody" : "those on the allow-list"],
    ["issuer", issuer],
    ["offering", offering],
    ["token", token],
    ...(account === undefined ? [] : ownFacts(info, account, money)),
    ...(next === undefined ? [] : [["next", next] as const]),
  ];
  return `Offering ${offeringId}: ${name} (${symbol}), model ${modelId} — ${phase}\n${factLines(facts)}`;
}

function timeFacts({ phase, terms }: OfferingInfo, now: bigint): Fact[] {
  const { opensAt, closesAt, withdrawableUntil, finalizableUntil } = terms;
  const opens: Fact = ["opens", whenText(opensAt, now)];
  const closes: Fact = ["closes", whenText(closesAt, now)];
  switch (phase) {
    case "Draft":
    case "Scheduled":
      return [opens, closes];
    case "Open": {
      const final = now >= withdrawableUntil;
      return [
        ["time", `${bar(now - opensAt, closesAt - opensAt, BAR)} ${shareText(now - opensAt, closesAt - opensAt)}`],
        ["", `closes ${whenText(closesAt, now)}`],
        [
          "commitments",
          final ? `final since ${whenText(withdrawableUntil, now)}` : `final ${whenText(withdrawableUntil, now)}`,
        ],
      ];
    }
    case "Ended":
      return [
        ["closed", whenText(closesAt, now)],
        ["finalize", `until ${whenText(finalizableUntil, now)}, or it has failed`],
      ];
    case "Succeeded":
    case "Failed":
      return [["closed", whenText(closesAt, now)]];
    case "Cancelled":
      return [];
  }
}

function ownFacts(info: OfferingInfo, account: string, money: (amount: bigint) => string): Fact[] {
  const { own, tokens, refund, phase, symbol } = info;
  const you: Fact = ["you", account];
  if (own === 0n) return [you, ["", "nothing committed, or all taken"]];
  const gets = tokens === 0n ? `${money(refund)} back` : outcomeText(tokens, refund, symbol, money);
  const decided = phase === "Succeeded" || phase === "Failed";
  return [you, ["", `committed ${money(own)}`], ["", `${decided ? "gets" : "if it closed now:"} ${gets}`]];
}

/** What a commitment brings. */
export function outcomeText(tokens: bigint, refund: bigint, symbol: string, money: (amount: bigint) => string): string {
  return `${tokenText(tokens, symbol)}, ${refund === 0n ? "nothing" : money(refund)} back`;
}

/** All offerings, a line each. */
export function offeringsTable(
  offerings: readonly OfferingInfo[],
  { now, money }: Pick<ViewSetting, "now" | "money">,
): string {
  if (offerings.length === 0) return "There are no offerings here.";
  return table(
    ["id", "token", "model", "phase", "raised", "of hard cap", "when"],
    offerings.map((info) => [
      String(info.offeringId),
      info.symbol,
      String(info.modelId),
      info.phase,
      money(info.committed),
      shareText(info.committed, info.terms.hardCap),
      shortWhen(info, now),
    ]),
  );
}

function shortWhen(info: OfferingInfo, now: bigint): string {
  const { phase, terms } = info;
  if (phase === "Draft" || phase === "Scheduled") return `opens ${agoText(terms.opensAt, now)}`;
  if (phase === "Open") return `closes ${agoText(terms.closesAt, now)}`;
  return phase === "Cancelled" ? "" : `closed ${agoText(terms.closesAt, now)}`;
}
