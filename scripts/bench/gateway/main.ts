/**
 * Our gateway beside the best-known open one on npm, under the same load in the same run: the peer before an upstream that
 * answers at once, ours before a worker that gives the same answer, with receipts, vouchers and checks on. Equal hops, alternating
 * runs, medians.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";

import { table } from "@assay/cli";
import { AssayError } from "@assay/sdk";

import { askDirectly } from "./direct.js";
import { MODEL, type Stack, startStack, type Target } from "./stack.js";

const LOAD = fileURLToPath(new URL("load.ts", import.meta.url));
const CONNECTIONS = [16, 128] as const;
const RATE = 200;

const HELP = `Usage: npm run bench:gateway -- [--json] [--rounds N] [--seconds N] [--requests N]

Puts the same load on our gateway and on @portkey-ai/gateway, each with one hop behind it: requests a second in a closed loop of 16
and 128 connections, streaming and not; the latency that our gateway adds to a worker asked directly, in an open loop of ${RATE} requests
a second; and our gateway's memory over many requests. Takes about five minutes.

  --rounds N     alternating runs of which the median counts (default 5)
  --seconds N    length of a run (default 4)
  --requests N   requests over which memory is watched (default 100,000)
  --json         one line of JSON`;

interface Closed {
  readonly rps: number;
  readonly failed: number;
}

interface Compared {
  readonly connections: number;
  readonly stream: boolean;
  readonly ours: number;
  readonly peer: number;
  readonly ratio: number;
}

async function load(target: Target, options: Readonly<Record<string, string | number | boolean>>): Promise<unknown> {
  const args = Object.entries(options).flatMap(([name, value]) =>
    value === false ? [] : value === true ? [`--${name}`] : [`--${name}`, String(value)],
  );
  const common = ["--url", target.url, "--headers", JSON.stringify(target.headers), "--model", MODEL];
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", LOAD, ...common, ...args]);
  return JSON.parse(stdout) as unknown;
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
};

class Bench {
  failed = 0;

  constructor(
    private readonly stack: Stack,
    private readonly rounds: number,
    private readonly seconds: number,
    private readonly say: (text: string) => void,
  ) {}

  /** Alternates, so that what the machine does besides hits both. */
  async compare(connections: number, stream: boolean): Promise<Compared> {
    const { ours, peer } = this.stack;
    const options = { connections, stream, seconds: this.seconds };
    const [mine, theirs]: [number[], number[]] = [[], []];
    for (let round = 0; round < this.rounds; ++round) {
      const own = (await load(ours, options)) as Closed;
      const other = (await load(peer, options)) as Closed;
      this.failed += own.failed;
      mine.push(own.rps);
      theirs.push(other.rps);
    }
    const result = { connections, stream, ours: median(mine), peer: median(theirs) };
    this.say(
      `${connections} connections, ${stream ? "streaming" : "whole"}: ${show(result.ours)} against ${show(result.peer)} a second`,
    );
    return { ...result, ratio: result.ours / result.peer };
  }

  /** What our gateway adds to the median of a worker that is asked directly. */
  async added(): Promise<{ addedMedianMs: number; gatewayMedianMs: number; directMedianMs: number }> {
    const [through, direct]: [number[], number[]] = [[], []];
    for (let round = 0; round < Math.min(3, this.rounds); ++round) {
      const gateway = (await load(this.stack.ours, { rate: RATE, seconds: 2 * this.seconds })) as {
        medianMs: number;
        failed: number;
      };
      const worker = await askDirectly(this.stack, { rate: RATE, seconds: 2 * this.seconds, round });
      this.failed += gateway.failed + worker.failed;
      through.push(gateway.medianMs);
      direct.push(worker.medianMs);
    }
    const [gatewayMedianMs, directMedianMs] = [median(through), median(direct)];
    return { addedMedianMs: gatewayMedianMs - directMedianMs, gatewayMedianMs, directMedianMs };
  }

  async memory(requests: number): Promise<{ requests: number; before: number; after: number }> {
    const before = await this.stack.memory();
    const done = (await load(this.stack.ours, { connections: 64, amount: requests })) as Closed;
    this.failed += done.failed;
    return { requests, before, after: await this.stack.memory() };
  }
}

const show = (value: number): string => Math.round(value).toLocaleString("en-US");

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new AssayError({ code: "USAGE", message: `--${name} is a whole number above 0.`, hint: HELP });
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "4" },
      requests: { type: "string", default: "100000" },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const say = values.json ? console.error : console.log;
  const stack = await startStack();
  try {
    const bench = new Bench(stack, whole("rounds", values.rounds), whole("seconds", values.seconds), say);
    // Both warm: compiled code, open connections, an open session.
    for (const target of [stack.ours, stack.peer]) await load(target, { connections: 64, seconds: 5 });
    const compared: Compared[] = [];
    for (const stream of [false, true]) {
      for (const connections of CONNECTIONS) compared.push(await bench.compare(connections, stream));
    }
    const added = await bench.added();
    const memory = await bench.memory(whole("requests", values.requests));
    const ratioRps = Math.min(...compared.map(({ ratio }) => ratio));
    const result = {
      ratioRps: round(ratioRps, 2),
      addedMedianMs: round(added.addedMedianMs, 2),
      gatewayMedianMs: round(added.gatewayMedianMs, 2),
      directMedianMs: round(added.directMedianMs, 2),
      failed: bench.failed,
      memory,
      runs: compared.map(({ ours, peer, ratio, ...rest }) => ({
        ...rest,
        ours: Math.round(ours),
        peer: Math.round(peer),
        ratio: round(ratio, 2),
      })),
    };
    if (values.json) console.log(JSON.stringify(result));
    else report(result);
    return bench.failed === 0 ? 0 : 1;
  } finally {
    await stack.stop();
  }
}

function report({
  runs,
  addedMedianMs,
  gatewayMedianMs,
  directMedianMs,
  failed,
  memory,
}: {
  readonly runs: readonly Compared[];
  readonly addedMedianMs: number;
  readonly gatewayMedianMs: number;
  readonly directMedianMs: number;
  readonly failed: number;
  readonly memory: { readonly requests: number; readonly before: number; readonly after: number };
}): void {
  const rows = runs.map(({ connections, stream, ours, peer, ratio }) => [
    `${connections} connections${stream ? ", streaming" : ""}`,
    show(ours),
    show(peer),
    `${ratio.toFixed(2)}×`,
  ]);
  console.log(`\n${table(["requests a second", "ours", "peer", "ratio"], rows)}`);
  console.log(
    `\nAt ${RATE} requests a second: ${gatewayMedianMs} ms through the gateway, ${directMedianMs} ms from the worker directly, ${addedMedianMs} ms added.`,
  );
  const mebi = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MiB`;
  console.log(
    `Memory over ${show(memory.requests)} requests: ${mebi(memory.before)} before, ${mebi(memory.after)} after.`,
  );
  console.log(`${failed} requests failed.`);
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

process.exitCode = await main();
// Sockets to children that are gone may linger; nothing is left to do.
process.exit();
