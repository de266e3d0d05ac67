import { formatUnits } from "ethers";

/** Decimals of every model token. */
export const TOKEN_DECIMALS = 18;

/** An amount in whole units for people: grouped thousands, no zeros at the end, exact. */
export function amountText(amount: bigint, decimals: number): string {
  const [whole = "0", fraction = ""] = formatUnits(amount, decimals).split(".");
  const digits = fraction.replace(/0+$/, "");
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ",")}${digits === "" ? "" : `.${digits}`}`;
}

/** An amount with at most so many digits after the point, cut, not rounded; what is cut to nothing shows as below the last digit. */
export function roundedText(amount: bigint, decimals: number, digits: number): string {
  const unit = 10n ** BigInt(Math.max(decimals - digits, 0));
  const cut = amount - (amount % unit);
  if (cut === 0n && amount > 0n) return `< ${amountText(unit, decimals)}`;
  return amountText(cut, decimals);
}

/** Tokens of a model, to six digits. */
export function tokenText(amount: bigint, symbol: string): string {
  return `${roundedText(amount, TOKEN_DECIMALS, 6)} ${symbol}`;
}

/** Basis points as percent. */
export function bpsText(bps: bigint): string {
  return `${amountText(bps, 2)} %`;
}

/** A part of a whole as percent, to one digit. */
export function shareText(part: bigint, whole: bigint): string {
  if (whole === 0n) return "0 %";
  const tenths = (part * 1_000n) / whole;
  return tenths === 0n && part > 0n ? "< 0.1 %" : `${amountText(tenths, 1)} %`;
}

/** An address, short enough for a line that has more to say. */
export function shortAddress(address: string): string {
  return `${address.slice(0, 6)}…${address.slice(-4)}`;
}

const FILLED = "█";
const EMPTY = "░";

/** A bar of so many cells; not empty if there is something, not full if something is missing. */
export function bar(part: bigint, whole: bigint, width: number): string {
  const cells = BigInt(width);
  const exact = whole <= 0n ? 0n : (part * cells) / whole;
  const full = part >= whole ? cells : exact < 1n && part > 0n ? 1n : exact > cells - 1n ? cells - 1n : exact;
  const count = whole <= 0n ? 0 : Number(full);
  return `${FILLED.repeat(count)}${EMPTY.repeat(width - count)}`;
}

/** A line a fact, the values in one column. Without a value it is a heading, or an empty line. */
export type Fact = readonly [name: string, value?: string];

export function factLines(facts: readonly Fact[], indent = 2): string {
  const widest = Math.max(...facts.map(([name, value]) => (value === undefined ? 0 : name.length)));
  const margin = " ".repeat(indent);
  return facts
    .map(([name, value]) => (value === undefined ? `${margin}${name}` : `${margin}${name.padEnd(widest)}  ${value}`))
    .map((line) => line.trimEnd())
    .join("\n");
}
