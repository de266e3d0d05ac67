import type { OfferingConfig } from "@assay/sdk";
import { ZeroAddress, ZeroHash } from "ethers";

import { bpsText, type Fact, roundedText, TOKEN_DECIMALS, tokenText } from "./format.js";
import { sharesOf } from "./offeringRules.js";
import { durationText, whenText } from "./time.js";

export interface PreviewSetting {
  readonly limits: { readonly withdrawLock: bigint; readonly finalizeGrace: bigint };
  readonly now: bigint;
  readonly money: (amount: bigint) => string;
  /** Accounts on the allow-list. */
  readonly buyers: number | undefined;
  readonly issuer: string;
  readonly asset: AssetUnits;
  /** Of the model, now. */
  readonly royaltyBps: bigint;
}

/** Digits of a price beyond the asset's own. */
const PRICE_DIGITS = 6;

/** The settlement asset, as far as amounts of it are shown. */
export interface AssetUnits {
  readonly decimals: number;
  readonly symbol: string;
}

/** What one token costs: the hard cap for all that is on sale. */
export function priceText(hardCap: bigint, saleSupply: bigint, { decimals, symbol }: AssetUnits): string {
  const scaled = saleSupply === 0n ? 0n : (hardCap * 10n ** BigInt(TOKEN_DECIMALS + PRICE_DIGITS)) / saleSupply;
  return `${roundedText(scaled, decimals + PRICE_DIGITS, decimals + 2)} ${symbol} a token`;
}

/** Who gets what, when, and at what price. */
export function offeringFacts(config: OfferingConfig, setting: PreviewSetting): Fact[] {
  const { limits, now, money, buyers, issuer, asset, royaltyBps } = setting;
  const { symbol, opensAt, closesAt, hardCap, softCap, saleBps } = config;
  const shares = sharesOf(config);
  const tokens = (amount: bigint): string => tokenText(amount, symbol);
  const who = (address: string): string => (address === issuer ? `${address} (you)` : address);
  const share = (name: string, bps: bigint, amount: bigint, recipient: string): Fact[] =>
    bps === 0n
      ? []
      : [
          [name, `${tokens(amount)} (${bpsText(bps)})`],
          ["", who(recipient)],
        ];
  const vesting: Fact[] =
    config.teamBps === 0n
      ? []
      : [
          [
            "",
            `vests until ${durationText(config.teamDuration)} after the close, cliff ${durationText(config.teamCliff)}`,
          ],
        ];
  return [
    ["token", `${config.name} (${symbol}), ${tokens(config.supply)} in all`],
    ["on sale", `${tokens(shares.sale)} (${bpsText(saleBps)})`],
    ...share("team", config.teamBps, shares.team, config.team),
    ...vesting,
    ...share("ecosystem", config.ecosystemBps, shares.ecosystem, config.ecosystem),
    ...share("liquidity", config.liquidityBps, shares.liquidity, config.liquidityRecipient),
    ["price", priceText(hardCap, shares.sale, asset)],
    ["hard cap", `${money(hardCap)}; above it everybody gets the same part`],
    ["soft cap", `${money(softCap)}; below it everybody is refunded`],
    ["buyers", config.allowlistRoot === ZeroHash ? "everybody" : `${buyers ?? 0} accounts on the allow-list`],
    ["opens", whenText(opensAt, now)],
    ["closes", `${whenText(closesAt, now)}, after ${durationText(closesAt - opensAt)}`],
    ["commitments final", `${durationText(limits.withdrawLock)} before the close`],
    ["finalize", `anyone, within ${durationText(limits.finalizeGrace)} of the close; else it failed`],
    ["royalty", `${bpsText(royaltyBps)} of the model's fees now`],
    ["revenue", `streams over ${durationText(config.epochLength)}; ${bpsText(config.redeemBps)} go to redemption`],
    ...(config.transferPolicy === ZeroAddress ? [] : [["transfers", `ask ${config.transferPolicy}`] as const]),
    ...config.excluded.map((address): Fact => ["never earns", address]),
  ];
}

/** What the issuer cannot take back. */
export function offeringWarnings({ modelId }: OfferingConfig, schedule: boolean): string[] {
  return [
    ...(schedule
      ? [`It locks the payout of model ${modelId} now. You can cancel until it opens; nothing can be changed.`]
      : ["Nothing is locked yet, but nothing of a draft can be changed either."]),
    `If it succeeds, the royalties of model ${modelId} go to the token for ever: of all versions, whoever owns it.`,
    "From the schedule on, the royalty can never fall below its rate of then, unless the sale fails.",
  ];
}
