/** The settlement asset, as people name it. */
export interface Asset {
  readonly symbol: string;
  readonly decimals: number;
}

/** An amount in whole units, exactly: `12.5`. */
export function wholeUnits(amount: bigint, decimals: number): string {
  const scale = 10n ** BigInt(decimals);
  const rest = (amount % scale).toString().padStart(decimals, "0").replace(/0+$/, "");
  return rest === "" ? (amount / scale).toString() : `${amount / scale}.${rest}`;
}

/** An amount for people: `12.5 USDC`. */
export function formatAmount(amount: bigint, { symbol, decimals }: Asset): string {
  return `${wholeUnits(amount, decimals)} ${symbol}`;
}
