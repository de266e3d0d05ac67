import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";

import { AssayError } from "@assay/sdk";

/** Lines of the file that comes with the demo. */
const DEFAULT_PROMPTS = new URL("prompts.txt", import.meta.url);

export const HELP = `Usage: npm start -- [options]

Runs the whole network on this machine: a chain, a drand-like beacon, eight honest providers and one cheat, real prompts,
audits, a slash, royalties, and a balance of every unit of the asset.

  --prompt TEXT       ask this (may be repeated)
  --prompts FILE      ask the lines of a file
  --keep              leave everything running at the end and print the URLs
  --json              end with one line of JSON on stdout; progress goes to stderr
  --chain-port N      port of the chain (default 8545, or a free one)
  --beacon-port N     port of the beacon (default 8800, or a free one)
  --worker-port N     port of the first worker (default 4100, or free ones)
  --gateway-port N    port of the gateway (default 4200, or a free one)
  --help              this text

Exit codes: 0 everything adds up, 1 it does not or something failed, 2 wrong usage.`;

/** Ports that were asked for. */
export interface PortOptions {
  readonly chainPort?: number | undefined;
  readonly beaconPort?: number | undefined;
  readonly workerPort?: number | undefined;
  readonly gatewayPort?: number | undefined;
}

export interface DemoOptions extends PortOptions {
  readonly help: boolean;
  readonly json: boolean;
  readonly keep: boolean;
  readonly prompts: readonly string[];
}

/**
 * Reads the command line.
 * @throws AssayError `USAGE`
 */
export async function parseOptions(args: readonly string[]): Promise<DemoOptions> {
  const values = parse(args);
  return {
    help: values.help,
    json: values.json,
    keep: values.keep,
    prompts: await promptsOf(values),
    chainPort: port("chain-port", values["chain-port"]),
    beaconPort: port("beacon-port", values["beacon-port"]),
    workerPort: port("worker-port", values["worker-port"]),
    gatewayPort: port("gateway-port", values["gateway-port"]),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: "boolean", short: "h", default: false },
        json: { type: "boolean", default: false },
        keep: { type: "boolean", default: false },
        prompt: { type: "string", multiple: true, default: [] },
        prompts: { type: "string" },
        "chain-port": { type: "string" },
        "beacon-port": { type: "string" },
        "worker-port": { type: "string" },
        "gateway-port": { type: "string" },
      },
    }).values;
  } catch (cause) {
    throw usage(`${(cause as Error).message.split(".")[0] ?? "Wrong arguments"}.`, cause);
  }
}

async function promptsOf(values: { prompt: string[]; prompts?: string }): Promise<string[]> {
  const file = values.prompts ?? DEFAULT_PROMPTS;
  const asked = values.prompt.filter((prompt) => prompt.trim() !== "");
  if (asked.length > 0 && values.prompts === undefined) return asked;
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw usage(`The prompts file ${String(file)} cannot be read: ${(cause as Error).message}.`, cause);
  }
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (lines.length === 0) throw usage(`The prompts file ${String(file)} has no line with text.`);
  return [...asked, ...lines];
}

function port(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value < 65_536) return value;
  throw usage(`--${name} must be a port from 1 to 65535, not "${text}".`);
}

function usage(message: string, cause?: unknown): AssayError {
  return new AssayError({ code: "USAGE", message, hint: "See npm start -- --help.", cause });
}
