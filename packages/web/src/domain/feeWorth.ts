import { formatAmount } from "./amounts.js";

const WEI_DECIMALS = 18;
const COIN = 10n ** 18n;

/**
 * Highest price of the network's coin, in smallest units of the asset, at which a claim still brings more than its gas
 * costs. The page knows no prices, so it says where the limit is.
 *
 * @returns undefined where gas costs nothing
 */
export function breakEvenPrice(amount: bigint, fee: bigint): bigint | undefined {
  return fee === 0n ? undefined : (amount * COIN) / fee;
}

/** What the comparison says, for a price of the coin that the reader gave, or without one. */
export function feeVerdict(
  { amount, fee, price }: { readonly amount: bigint; readonly fee: bigint; readonly price?: bigint },
  { decimals, symbol, coin }: { readonly decimals: number; readonly symbol: string; readonly coin: string },
): string {
  const limit = breakEvenPrice(amount, fee);
  if (amount === 0n) return "There is nothing to claim yet.";
  if (limit === undefined) return "Gas costs nothing on this network now.";
  const cost = `about ${formatAmount(fee, WEI_DECIMALS, 8)} ${coin}`;
  if (price === undefined) {
    return `Gas: ${cost}. Worth it as long as 1 ${coin} costs less than ${formatAmount(limit, decimals, 2)} ${symbol}.`;
  }
  const value = (fee * price) / COIN;
  const share = (value * 1_000n) / amount;
  const percent = `${formatAmount(share, 1)} %`;
  if (value >= amount)
    return `Not worth it: gas (${cost}) costs ${percent} of the claim. Wait until more has streamed.`;
  return `Worth it: gas (${cost}) costs ${share === 0n ? "less than 0.1 %" : percent} of the claim.`;
}
