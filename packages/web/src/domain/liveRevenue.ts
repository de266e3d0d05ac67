import { type Holding, revenueIn } from "@assay/sdk";

/** What a holding can claim, and what waits with its unsettled tokens, at a moment. */
export interface RevenueAt {
  readonly claimable: bigint;
  readonly unsettled: bigint;
}

/**
 * Revenue of a holding that was read at `readAt`, at the time `now`: it grows at the rate that was read until the epoch
 * ends, and stands still from then until it is read again.
 *
 * @param now Unix seconds with milliseconds behind the point
 */
export function revenueAt(holding: Holding, readAt: number, now: number): RevenueAt {
  const until = Math.min(now, Number(holding.rateEndsAt));
  const milliseconds = BigInt(Math.max(0, Math.floor((until - readAt) * 1_000)));
  const gained = revenueIn(holding, milliseconds) / 1_000n;
  const earning = (holding.accruing ? holding.balance : 0n) + holding.unsettled;
  const own = earning === 0n || !holding.accruing ? 0n : (gained * holding.balance) / earning;
  return { claimable: holding.claimable + own, unsettled: holding.unsettledRevenue + gained - own };
}

/** Whether an account has anything of a token, or had. */
export function isHeld({ balance, unsettled, claimable, unsettledRevenue }: Holding): boolean {
  return balance > 0n || unsettled > 0n || claimable > 0n || unsettledRevenue > 0n;
}

/**
 * A rate over a span of time, rounded to the nearest thousandth of a smallest unit: the rate itself is rounded down, and
 * 0.049999 for what is 0.05 would only puzzle.
 *
 * @returns thousandths of the asset's smallest unit
 */
export function thousandthsIn(rate: Pick<Holding, "ratePerSecond">, seconds: bigint): bigint {
  return (revenueIn(rate, seconds * 1_000_000n) + 500n) / 1_000n;
}
