/** A result for programs: one line; bigints as decimal strings. */
export function jsonLine(result: unknown): string {
  return JSON.stringify(result, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
}

/** Fields that are amounts of the asset, in every result that has no text of its own. */
const AMOUNTS: ReadonlySet<string> = new Set([
  ...["wallet", "escrow", "staked", "locked", "free", "stake", "amount", "paid", "refund", "compensation", "bond"],
  ...["budget", "valueAtRisk", "verifierFee", "collateral", "total", "maxLeafFee", "reward"],
  ...["royaltyOwed", "pool", "exposure", "protocolFees"],
]);

/** A result for people: a line a field, amounts in whole units. */
export function shown(result: unknown, money: (amount: bigint) => string, indent = ""): string {
  if (typeof result !== "object" || result === null) return `${indent}${String(result)}`;
  return Object.entries(result)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      if (typeof value === "object" && value !== null) return `${indent}${key}\n${shown(value, money, `${indent}  `)}`;
      const isAmount = typeof value === "bigint" && AMOUNTS.has(key);
      return `${indent}${key.padEnd(18)} ${isAmount ? money(value) : String(value)}`;
    })
    .join("\n");
}
