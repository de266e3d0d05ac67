import { type AllowlistEntry, AssayError } from "@assay/sdk";

import { addressOf, amountOf } from "./arguments.js";
import { usage } from "./errors.js";

/**
 * Reads an allow-list: JSON, `[{"account": "0x…", "cap": "1000"}]`, or a line `0x…,1000` for each account, with or without a
 * header. Caps are whole units of the asset.
 */
export function parseAllowlist(text: string, decimals: number): AllowlistEntry[] {
  const rows = text.trimStart().startsWith("[") ? jsonRows(text) : csvRows(text);
  return rows.map(([account, cap], index) => {
    try {
      return { account: addressOf("the account", account), cap: amountOf(cap, decimals) };
    } catch (cause) {
      throw usage(
        `Entry ${index + 1} of the allow-list: ${AssayError.is(cause) ? cause.message : String(cause)}`,
        cause,
      );
    }
  });
}

type Row = readonly [account: string, cap: string];

function jsonRows(text: string): Row[] {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw usage(`The allow-list is not JSON: ${(cause as Error).message}.`, cause);
  }
  return (content as unknown[]).map((entry, index): Row => {
    const { account, cap } = (entry ?? {}) as Record<string, unknown>;
    if (typeof account === "string" && (typeof cap === "string" || typeof cap === "number")) {
      return [account, String(cap)];
    }
    throw usage(`Entry ${index + 1} of the allow-list needs "account" and "cap".`);
  });
}

function csvRows(text: string): Row[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const entries = /^\s*"?0x/i.test(lines[0] ?? "") ? lines : lines.slice(1);
  return entries.map((line, index): Row => {
    const [account, cap, ...more] = line.split(",").map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
    if (account !== undefined && cap !== undefined && more.length === 0) return [account, cap];
    throw usage(`Entry ${index + 1} of the allow-list is not "account,cap": ${line}.`);
  });
}
