import type { ReadContext } from "./context.js";
import { readPlain } from "./read.js";

/** What an account has of one model token. Token amounts have 18 decimals, revenue is in smallest units of the asset. */
export interface Holding {
  /** Id of the offering that sold the token. */
  readonly offeringId: bigint;
  readonly modelId: bigint;
  readonly offering: string;
  readonly token: string;
  readonly name: string;
  readonly symbol: string;
  readonly balance: bigint;
  /** Bought, not settled yet. */
  readonly unsettled: bigint;
  /** What `claimRevenue` pays now. */
  readonly claimable: bigint;
  /** What comes with the unsettled tokens. */
  readonly unsettledRevenue: bigint;
  /** Revenue a second now, of balance and unsettled tokens, times 2^112; see `revenueAt`. */
  readonly ratePerSecond: bigint;
  /** When the epoch ends and the rate may change, Unix seconds. */
  readonly rateEndsAt: bigint;
  /** What burning the whole balance would pay. */
  readonly redeemable: bigint;
  /** Where `claimRevenue` pays. */
  readonly payout: string;
  /** Whether the balance earns. */
  readonly accruing: boolean;
}

const PAGE = 50n;
const Q_BITS = 112n;

/**
 * What an account has of the tokens of all offerings, also of those that it has nothing of.
 *
 * @example
 * const holdings = await getHoldings({ contracts }, { account });
 * const claimable = holdings.reduce((sum, holding) => sum + holding.claimable, 0n);
 */
export async function getHoldings(
  { contracts: { offeringLens } }: ReadContext,
  { account }: { readonly account: string },
): Promise<Holding[]> {
  const all: Holding[] = [];
  for (let first = 1n; ; first += PAGE) {
    const page = await readPlain<Omit<Holding, "offeringId">[]>(
      offeringLens,
      "holdings",
      offeringLens.holdings(first, PAGE, account),
    );
    all.push(...page.map((view, index) => ({ offeringId: first + BigInt(index), ...view })));
    if (BigInt(page.length) < PAGE) return all;
  }
}

/**
 * Revenue that a holding gains in so many seconds at its present rate, rounded down. After `rateEndsAt` the rate is another.
 *
 * @example
 * const perDay = revenueIn(holding, 86_400n);
 */
export function revenueIn({ ratePerSecond }: Pick<Holding, "ratePerSecond">, seconds: bigint): bigint {
  return (ratePerSecond * seconds) >> Q_BITS;
}
