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
