import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { table } from "@assay/cli";
import { AssayError, toAssayError } from "@assay/sdk";
import { LOCAL_DEPLOYMENT } from "@assay/sdk/node";

import { Demo, type DemoResult, MODEL_NAME, type Screen } from "./demo.js";
import { chooseEndpoints, type Endpoints } from "./network.js";
import { HELP, parseOptions } from "./options.js";
import { Processes } from "./processes.js";
import { gasTable, providerTable, solvencyTable } from "./report.js";

const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

async function main(): Promise<number> {
  const options = await parseOptions(process.argv.slice(2));
  if (options.help) {
    console.log(HELP);
    return EXIT.ok;
  }
  const started = Date.now();
  const say = options.json ? console.error : console.log;
  const screen: Screen = {
    step: (text) => {
      say(`\n== ${text} (${seconds(started)} s)`);
    },
    line: (text) => {
      say(text);
    },
  };
  const endpoints = await chooseEndpoints(options);
  endpoints.notes.forEach(say);
  const folder = await mkdtemp(path.join(os.tmpdir(), "assay-"));
  await mkdir(path.join(folder, "logs"));
  say(`Files and logs of this run: ${folder}`);

  const stop = new AbortController();
  const processes = new Processes(folder, (error) => {
    stop.abort(error);
  });
  const interrupt = (): void => {
    stop.abort(new AssayError({ code: "INTERRUPTED", message: "Interrupted." }));
  };
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  try {
    const demo = new Demo(processes, endpoints, folder, options.prompts, screen, stop.signal);
    const result = await Promise.race([demo.run(), aborted(stop.signal)]);
    report(result, screen, started);
    if (options.keep) await keep(processes, endpoints, folder, say, result.openOffering);
    else await processes.stopAll();
    if (options.json) console.log(jsonLine(result));
    return holds(result) ? EXIT.ok : EXIT.failed;
  } catch (error) {
    await explain(error, processes);
    await processes.stopAll();
    return AssayError.is(error) && error.code === "INTERRUPTED" ? EXIT.interrupted : EXIT.failed;
  }
}

/** Everything adds up: money, slashes, royalties, every honest job paid and the cheat slashed. */
function holds({ jobs, session, ledger, slashes, royaltyHolds, sale, revenue }: DemoResult): boolean {
  const honest = jobs.filter(({ provider }) => !provider.cheats);
  const caught = jobs.some(({ provider, result }) => provider.cheats && result.outcome === "Rejected");
  return (
    session.holds &&
    ledger.holds &&
    slashes.holds &&
    royaltyHolds &&
    sale.holds &&
    revenue.holds &&
    caught &&
    honest.every(({ result }) => result.outcome === "Paid")
  );
}

function report(result: DemoResult, screen: Screen, started: number): void {
  const { jobs, session, providers, ledger, slashes, gas, money, royaltyHolds, sale, revenue } = result;
  const { supply, wallets, contracts, sink } = ledger;
  screen.step("Result");
  screen.line(`\n${providerTable(providers, money)}`);
  screen.line(`\n${gasTable(gas)}`);
  screen.line(`\nEvery unit of the asset at block ${ledger.blockNumber}:\n`);
  screen.line(solvencyTable(ledger.solvency.contracts, money));
  const parts: [string, bigint][] = [
    ["wallets", wallets],
    ["contracts", contracts],
    ["sink", sink],
    ["= supply", supply],
  ];
  screen.line(
    `\n${table(
      ["supply", "amount"],
      parts.map(([name, amount]) => [name, money(amount)]),
    )}`,
  );
  const checks: [string, boolean][] = [
    ["every unit is accounted for", ledger.holds],
    ["slashed = sink + requesters + verifiers", slashes.holds],
    ["the session's batches hold what the client got, at its price, and nothing else", session.holds],
    ["the sale raised its hard cap, and the rest went back", sale.holds],
    ["royalties paid to the token = royalties of the paid jobs", royaltyHolds],
    ["royalties = claimed by holders + redemption pool", revenue.holds],
    [
      "every honest job was paid",
      jobs.every(({ provider, result: { outcome } }) => provider.cheats || outcome === "Paid"),
    ],
    [
      "the cheat was slashed",
      jobs.some(({ provider, result: { outcome } }) => provider.cheats && outcome === "Rejected"),
    ],
  ];
  screen.line("");
  for (const [name, ok] of checks) screen.line(`${ok ? "✓" : "✗"} ${name}`);
  screen.line(`\nDone in ${seconds(started)} s.`);
}

function jsonLine({ jobs, session, ledger, slashes, sale, revenue, royaltyHolds, gas }: DemoResult): string {
  const slashed = new Set(
    jobs.filter(({ result }) => result.outcome === "Rejected").map(({ provider }) => provider.owner.address),
  );
  const medians = [...gas].map(([step, values]) => {
    const sorted = [...values].sort((a, b) => a - b);
    return [step, sorted[Math.floor(sorted.length / 2)] ?? 0];
  });
  return JSON.stringify({
    jobs: jobs.length,
    paid: jobs.filter(({ result }) => result.outcome === "Paid").length,
    audited: jobs.filter(({ result }) => result.audited).length,
    sessionRequests: session.answered,
    sessionBatches: session.batches,
    sessionGasPerInference: session.gasPerInference,
    slashedProviders: slashed.size,
    slashed: slashes.total.toString(),
    raised: sale.raised.toString(),
    proceeds: sale.proceeds.toString(),
    royaltyClaimed: revenue.flushed.toString(),
    revenueClaimed: revenue.claimed.toString(),
    holders: revenue.holders,
    conserved: ledger.holds && slashes.holds && sale.holds && royaltyHolds && revenue.holds,
    gas: Object.fromEntries(medians) as Record<string, number>,
  });
}

async function keep(
  processes: Processes,
  endpoints: Endpoints,
  folder: string,
  say: (text: string) => void,
  openOffering: () => Promise<bigint>,
): Promise<void> {
  const file = path.join(folder, "assay.json");
  const offeringId = await openOffering();
  // Where programs look that are told no other deployment.
  await mkdir(path.dirname(LOCAL_DEPLOYMENT), { recursive: true });
  await copyFile(file, LOCAL_DEPLOYMENT);
  say(`\nStill running (Ctrl+C ends it):`);
  say(`  chain       ${endpoints.chain}`);
  say(`  beacon      ${endpoints.beacon}`);
  endpoints.workerPorts.forEach((port, index) => {
    say(`  worker ${index + 1}    http://127.0.0.1:${port}`);
  });
  say(
    `  gateway     http://127.0.0.1:${endpoints.gatewayPort}/v1  (any OpenAI client; the model is "${MODEL_NAME}", no key needed)`,
  );
  say(`  deployment  ${LOCAL_DEPLOYMENT}  (found by itself from this folder; elsewhere set ASSAY_DEPLOYMENT=${file})`);
  say(`  offering    number ${offeringId} is open for an hour`);
  say(`\nIn another terminal: npm run web shows offerings and revenue; npm run assay -- --help lists the commands.`);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, resolve);
  });
  await rm(LOCAL_DEPLOYMENT, { force: true });
  await processes.stopAll();
}

async function explain(error: unknown, processes: Processes): Promise<void> {
  const known = toAssayError(error);
  console.error(`\n${known.message}${known.hint === undefined ? "" : ` ${known.hint}`}`);
  const name = known.details?.["name"];
  if (typeof name === "string") console.error(`\nLast lines of ${name}:\n${await processes.tail(name)}`);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => {
      reject(signal.reason as Error);
    });
  });
}

function seconds(since: number): string {
  return ((Date.now() - since) / 1_000).toFixed(1);
}

try {
  process.exitCode = await main();
} catch (error) {
  const known = toAssayError(error);
  console.error(`${known.message}${known.hint === undefined ? "" : ` ${known.hint}`}`);
  process.exitCode = known.code === "USAGE" ? EXIT.usage : EXIT.failed;
}
// Sockets to children that are gone may linger; nothing is left to do.
process.exit();
