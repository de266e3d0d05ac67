import { formatUnits } from "ethers";

/** Something that happened to an account's revenue, or to a token's. */
export interface RevenueEntry {
  readonly kind: "deposited" | "claimed" | "redeemed";
  readonly offeringId: bigint;
  readonly modelId: bigint;
  readonly token: string;
  readonly symbol: string;
  /** Smallest units of the asset. Of a deposit: what came in for all holders and the redemption pool together. */
  readonly amount: bigint;
  /** Who paid in, or who was paid. */
  readonly account: string;
  /** Unix seconds. */
  readonly time: bigint;
  readonly blockNumber: number;
  readonly transactionHash: string;
}

/** An entry as it leaves the system: plain text and numbers, in an order that spreadsheets show well. */
interface ExportedEntry {
  readonly date: string;
  readonly kind: RevenueEntry["kind"];
  readonly model: string;
  readonly symbol: string;
  readonly token: string;
  /** In whole units of the asset, with all its decimals. */
  readonly amount: string;
  readonly account: string;
  readonly block: number;
  readonly transaction: string;
}

const COLUMNS = ["date", "kind", "model", "symbol", "token", "amount", "account", "block", "transaction"] as const;
const MILLISECONDS = 1_000;

function exported(entry: RevenueEntry, decimals: number): ExportedEntry {
  return {
    date: new Date(Number(entry.time) * MILLISECONDS).toISOString(),
    kind: entry.kind,
    model: String(entry.modelId),
    symbol: entry.symbol,
    token: entry.token,
    amount: formatUnits(entry.amount, decimals),
    account: entry.account,
    block: entry.blockNumber,
    transaction: entry.transactionHash,
  };
}

/**
 * A field as RFC 4180 writes it. Anybody can choose a token's symbol, and spreadsheets run text that begins like a formula:
 * an apostrophe before it makes it text.
 */
function csvField(value: string | number): string {
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * A revenue history as CSV (RFC 4180) with a header line: dates in ISO 8601 (UTC), amounts in whole units of the asset.
 *
 * @param decimals of the asset
 *
 * @example
 * await writeFile("revenue.csv", revenueCsv(await getRevenueHistory({ contracts }, { account, holdings }), 6));
 */
export function revenueCsv(entries: readonly RevenueEntry[], decimals: number): string {
  const lines = entries.map((entry) => {
    const fields = exported(entry, decimals);
    return COLUMNS.map((column) => csvField(fields[column])).join(",");
  });
  return [COLUMNS.join(","), ...lines, ""].join("\r\n");
}

/**
 * A revenue history as JSON, with the fields of {@link revenueCsv}; amounts are text, so that no program rounds them.
 *
 * @param decimals of the asset
 *
 * @example
 * await writeFile("revenue.json", revenueJson(history, 6));
 */
export function revenueJson(entries: readonly RevenueEntry[], decimals: number): string {
  return `${JSON.stringify(
    entries.map((entry) => exported(entry, decimals)),
    null,
    2,
  )}\n`;
}
