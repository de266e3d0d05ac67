import type { OfferingConfig } from "@assay/sdk";

import { bpsText, TOKEN_DECIMALS, tokenText } from "./format.js";
import { durationText, momentText } from "./time.js";

/** Parameters of the deployment's `OfferingFactory` that an offering must keep to. */
export interface FactoryLimits {
  readonly minEpochLength: bigint;
  readonly maxEpochLength: bigint;
  readonly minSaleDuration: bigint;
}

/** How a supply is split; the sale takes what rounding leaves. */
export interface Shares {
  readonly sale: bigint;
  readonly liquidity: bigint;
  readonly team: bigint;
  readonly ecosystem: bigint;
}

const BPS = 10_000n;
const MAX_TEAM_BPS = 2_000n;
const MAX_REDEEM_BPS = 5_000n;
const MAX_NAME_BYTES = 31;
const MAX_SYMBOL_BYTES = 16;
const MAX_EXCLUDED = 8;
const MAX_UINT96 = 2n ** 96n - 1n;
const ONE_TOKEN = 10n ** BigInt(TOKEN_DECIMALS);
const MIN_ELIGIBLE = 2n ** 57n;
const DAY = 86_400n;
const MAX_SALE_DURATION = 365n * DAY;
const MAX_VESTING = 3_650n * DAY;

export function sharesOf(config: OfferingConfig): Shares {
  const part = (bps: bigint): bigint => (config.supply * bps) / BPS;
  const [liquidity, team, ecosystem] = [part(config.liquidityBps), part(config.teamBps), part(config.ecosystemBps)];
  return { sale: config.supply - liquidity - team - ecosystem, liquidity, team, ecosystem };
}

/** What the factory would refuse, a sentence each; it is what decides, this only says it before anything is sent. */
export function offeringProblems(config: OfferingConfig, limits: FactoryLimits, now: bigint): string[] {
  return [...textProblems(config), ...shareProblems(config), ...saleProblems(config, limits, now)];
}

function textProblems({ name, symbol, excluded }: OfferingConfig): string[] {
  const bytes = (text: string): number => new TextEncoder().encode(text).length;
  return sentences(
    [bytes(name) > MAX_NAME_BYTES, `The name has ${bytes(name)} bytes; at most ${MAX_NAME_BYTES} fit.`],
    [bytes(symbol) > MAX_SYMBOL_BYTES, `The symbol has ${bytes(symbol)} bytes; at most ${MAX_SYMBOL_BYTES} fit.`],
    [excluded.length > MAX_EXCLUDED, `At most ${MAX_EXCLUDED} addresses can be excluded, not ${excluded.length}.`],
  );
}

function shareProblems(config: OfferingConfig): string[] {
  const { supply, saleBps, liquidityBps, teamBps, ecosystemBps, redeemBps, teamCliff, teamDuration } = config;
  const sum = saleBps + liquidityBps + teamBps + ecosystemBps;
  return sentences(
    [supply < ONE_TOKEN, "The supply is below one whole token."],
    [supply > MAX_UINT96, `The supply is above ${tokenText(MAX_UINT96, "tokens")}.`],
    [saleBps < 1n, "Nothing is on sale: --sale-bps must be above 0."],
    [teamBps > MAX_TEAM_BPS, `The team gets ${bpsText(teamBps)}; at most ${bpsText(MAX_TEAM_BPS)} is allowed.`],
    [
      sum !== BPS,
      `The shares of sale, liquidity, team and ecosystem add up to ${bpsText(sum)}; they must add up to 100 %.`,
    ],
    [redeemBps > MAX_REDEEM_BPS, `At most ${bpsText(MAX_REDEEM_BPS)} of the revenue can go to redemption.`],
    [teamBps > 0n && teamDuration < 1n, "The team's tokens need some time to vest."],
    [teamDuration > MAX_VESTING, `The team's tokens vest within ${durationText(MAX_VESTING)} at most.`],
    [teamCliff > teamDuration, "The team's cliff is after the end of its vesting."],
  );
}

function saleProblems(config: OfferingConfig, limits: FactoryLimits, now: bigint): string[] {
  const { supply, saleBps, hardCap, softCap, opensAt, closesAt, epochLength } = config;
  const { minEpochLength, maxEpochLength, minSaleDuration } = limits;
  const lasts = closesAt - opensAt;
  const leastSold = hardCap > 0n ? (sharesOf(config).sale * softCap) / hardCap : 0n;
  return sentences(
    [hardCap > MAX_UINT96, "The hard cap does not fit 96 bits."],
    [softCap > hardCap, "The soft cap is above the hard cap."],
    [
      supply >= ONE_TOKEN && saleBps > 0n && softCap <= hardCap && leastSold < MIN_ELIGIBLE,
      "At the soft cap too few tokens would be sold for revenue to stream: raise the supply, the sale's share or the soft cap.",
    ],
    [
      opensAt < now,
      `The offering would open in the past, ${momentText(opensAt)}; the chain's clock says ${momentText(now)}.`,
    ],
    [closesAt <= opensAt, "The offering would close before it opens."],
    [
      closesAt > opensAt && lasts < minSaleDuration,
      `The offering would be open for ${durationText(lasts)}; this deployment asks for at least ${durationText(minSaleDuration)}.`,
    ],
    [lasts > MAX_SALE_DURATION, `The offering would be open for ${durationText(lasts)}; at most 365 d are allowed.`],
    [
      epochLength < minEpochLength || epochLength > maxEpochLength,
      `The epoch of ${durationText(epochLength)} is outside ${durationText(minEpochLength)} to ${durationText(maxEpochLength)}.`,
    ],
  );
}

function sentences(...checks: readonly (readonly [wrong: boolean, sentence: string])[]): string[] {
  return checks.filter(([wrong]) => wrong).map(([, sentence]) => sentence);
}
