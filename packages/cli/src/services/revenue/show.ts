import { getHoldings, getRevenueHistory, type Holding, revenueCsv, type RevenueEntry, revenueJson } from "@assay/sdk";

import { writeTextFile } from "../../adapters/files.js";
import { usage } from "../../domain/errors.js";
import { holdingsText, summarise } from "../../domain/revenueView.js";
import { chainNow, type CommandInput, Output, type Run } from "../command.js";
import { accountOf, selectHolding } from "./find.js";

interface History {
  readonly account: string;
  readonly holdings: readonly Holding[];
  readonly entries: readonly RevenueEntry[];
}

/** The holdings that the argument names, or all, with what happened to them. */
async function historyOf(input: CommandInput): Promise<History> {
  const account = await accountOf(input);
  const all = await getHoldings(input.read, { account });
  const name = input.args.optionalPositional(0);
  const holdings = name === undefined ? all : [selectHolding(all, name)];
  return { account, holdings, entries: await getRevenueHistory(input.read, { account, holdings }) };
}

export const show: Run = async (input) => {
  const { money, read } = input;
  const [{ account, holdings, entries }, now] = await Promise.all([historyOf(input), chainNow(read.contracts)]);
  const named = input.args.optionalPositional(0) !== undefined;
  const summaries = holdings
    .map((holding) => summarise(holding, entries, now))
    .filter(
      ({ holding, claimed }) => named || claimed > 0n || holding.balance + holding.unsettled + holding.claimable > 0n,
    );
  const value = {
    now,
    account,
    tokens: summaries.map(({ holding, ...figures }) => ({ ...holding, ...figures })),
  };
  return new Output(value, holdingsText(account, summaries, { now, money }));
};

export const exportHistory: Run = async (input) => {
  const { args, read, say } = input;
  const asJson = args.flag("json");
  const asCsv = args.flag("csv");
  if (asJson === asCsv) throw usage("Say how: --csv or --json.");
  const { entries } = await historyOf(input);
  const { decimals } = read.contracts.deployment.asset;
  const text = asCsv ? revenueCsv(entries, decimals) : revenueJson(entries, decimals);
  const file = args.text("out");
  if (file === undefined) return new Output(asJson ? JSON.parse(text) : undefined, text.trimEnd());
  await writeTextFile(file, text);
  const written = { file, entries: entries.length };
  say(`Wrote ${entries.length} entries to ${file}.`);
  return new Output(written, file);
};
