import { table } from "@assay/cli";
import type { ContractSolvency } from "@assay/sdk";
import { formatUnits } from "ethers";

/** What one provider did and got. */
export interface ProviderRow {
  readonly name: string;
  readonly jobs: number;
  readonly paid: number;
  /** Probabilities of its batches, as fractions; their sum is the number of audits to expect. */
  readonly p: readonly number[];
  readonly audits: number;
  readonly earned: bigint;
  readonly slashed: bigint;
}

export function providerTable(rows: readonly ProviderRow[], money: (amount: bigint) => string): string {
  return table(
    ["provider", "jobs", "paid", "p of each batch", "audits expected", "audits", "earned", "slashed"],
    rows.map(({ name, jobs, paid, p, audits, earned, slashed }) => [
      name,
      String(jobs),
      String(paid),
      `${p.map((share) => (share * 100).toFixed(1)).join(" ")} %`,
      p.reduce((sum, share) => sum + share, 0).toFixed(2),
      String(audits),
      money(earned),
      money(slashed),
    ]),
  );
}

export function gasTable(gas: ReadonlyMap<string, readonly number[]>): string {
  const rows = [...gas]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([step, values]) => {
      const sorted = [...values].sort((a, b) => a - b);
      const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
      return [step, String(values.length), number(median), number(sorted.at(-1) ?? 0)];
    });
  return table(["step", "transactions", "median gas", "most gas"], rows);
}

export function solvencyTable(contracts: readonly ContractSolvency[], money: (amount: bigint) => string): string {
  const idle = contracts.filter(({ balance, obligations }) => balance === 0n && obligations.length === 0);
  const rows = contracts
    .filter((contract) => !idle.includes(contract))
    .flatMap(({ name, balance, obligations, owed, surplus }) => [
      [`${name} holds`, money(balance)],
      ...grouped(obligations).map(([item, amount]) => [`  owes ${item}`, money(amount)]),
      [surplus === 0n ? "  = owed, exactly" : `  owed (off by ${surplus} units)`, money(owed)],
    ]);
  const rest = `${idle.map(({ name }) => name).join(", ")} hold and owe nothing.`;
  return `${table(["contract", "amount"], rows)}\n${rest}`;
}

/** Items of one kind, told apart only by whom they are owed to, as one line. */
function grouped(obligations: ContractSolvency["obligations"]): [string, bigint][] {
  const sums = new Map<string, { amount: bigint; count: number }>();
  for (const { item, amount } of obligations) {
    const kind = item.replace(/ of (0x\S+|job \S+)$/, "s");
    const { amount: sum, count } = sums.get(kind) ?? { amount: 0n, count: 0 };
    sums.set(kind, { amount: sum + amount, count: count + 1 });
  }
  return [...sums].map(([kind, { amount, count }]) => [count === 1 ? kind : `${count} ${kind}`, amount]);
}

export function moneyOf(decimals: number, symbol: string): (amount: bigint) => string {
  return (amount) => `${Number(formatUnits(amount, decimals)).toFixed(4)} ${symbol}`;
}

export function number(value: number): string {
  return value.toLocaleString("en-US");
}
