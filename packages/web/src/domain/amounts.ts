import { formatUnits, parseUnits } from "ethers";

/** A number that a person typed, or the sentence that says what is wrong with it. */
export type Parsed<T> = { readonly value: T } | { readonly problem: string };

const grouping = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/**
 * An amount in whole units, with grouped digits.
 *
 * @param digits most digits after the point; what is beyond them is cut off, so that nothing is shown that is not there
 * @param fixed show all of the digits, also zeros: for numbers that change in place
 */
export function formatAmount(value: bigint, decimals: number, digits = decimals, fixed = false): string {
  const [whole = "0", fraction = ""] = formatUnits(value, decimals).split(".");
  const cut = (fraction === "0" ? "" : fraction).slice(0, digits);
  const shown = fixed ? cut.padEnd(digits, "0") : cut.replace(/0+$/, "");
  const sign = whole.startsWith("-") ? "-" : "";
  const grouped = grouping.format(BigInt(whole.replace("-", "")));
  if (value !== 0n && BigInt(whole) === 0n && /^0*$/.test(shown)) return tiny(sign, digits);
  return `${sign}${grouped}${shown === "" ? "" : `.${shown}`}`;
}

function tiny(sign: string, digits: number): string {
  return digits === 0 ? `${sign}< 1` : `${sign}< 0.${"0".repeat(digits - 1)}1`;
}

/** Decimals of every model token. */
export const TOKEN_DECIMALS = 18;

/** Digits of a token amount that people care about. */
const TOKEN_DIGITS = 4;

export function formatTokens(value: bigint, digits = TOKEN_DIGITS): string {
  return formatAmount(value, TOKEN_DECIMALS, digits);
}

/** 1/10,000 as a percentage. */
export function formatBps(bps: bigint): string {
  return `${formatAmount(bps, 2)} %`;
}

/** An amount as people type it, in whole units, in smallest units. */
export function parseAmount(text: string, decimals: number, unit: string): Parsed<bigint> {
  const plain = text.trim().replaceAll(",", "");
  if (plain === "") return { problem: `Enter an amount in ${unit}.` };
  if (!/^\d*\.?\d*$/.test(plain) || plain === ".") return { problem: `"${text.trim()}" is not a number.` };
  const fraction = plain.split(".")[1] ?? "";
  if (fraction.length > decimals) {
    return { problem: `${unit} has ${decimals} decimals; this has ${fraction.length}.` };
  }
  const value = parseUnits(plain.startsWith(".") ? `0${plain}` : plain, decimals);
  return value === 0n ? { problem: "The amount must be more than 0." } : { value };
}
