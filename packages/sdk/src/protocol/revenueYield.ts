import type { RevenueEntry } from "./revenueExport.js";

const BPS = 10_000n;

/** What a yield is measured by. */
export interface YieldBasis {
  /** Tokens that earn now; see `StreamState.eligible`. */
  readonly eligible: bigint;
  /** Tokens that were on sale, and what the issuer asked for all of them: together the sale price. */
  readonly saleSupply: bigint;
  readonly hardCap: bigint;
  /** Part of the revenue that goes to the redemption pool, in 1/10,000. */
  readonly redeemBps: bigint;
}

/**
 * What one token was paid in the past so many seconds, as a part of the sale price, in 1/10,000, rounded down: deposits of
 * the window, less the redemption pool's part, per token that earns. It looks back and promises nothing.
 *
 * @param deposits entries of one token; those that are no deposits are left out
 * @param now Unix seconds by the chain's clock
 *
 * @example
 * const weekBps = trailingYieldBps(history.filter(({ token }) => token === mine), basis, { now, seconds: 7n * 86_400n });
 */
export function trailingYieldBps(
  deposits: readonly Pick<RevenueEntry, "kind" | "amount" | "time">[],
  { eligible, saleSupply, hardCap, redeemBps }: YieldBasis,
  { now, seconds }: { readonly now: bigint; readonly seconds: bigint },
): bigint {
  if (eligible === 0n || hardCap === 0n) return 0n;
  const received = deposits
    .filter(({ kind, time }) => kind === "deposited" && time > now - seconds && time <= now)
    .reduce((sum, { amount }) => sum + amount, 0n);
  return (received * (BPS - redeemBps) * saleSupply) / (eligible * hardCap);
}
