import { parseArgs, type ParseArgsConfig } from "node:util";

import { AssayError, CONTRACT_ERROR, type Context, type ReadContext, toAssayError } from "@assay/sdk";
import { formatUnits, getAddress, isAddress, parseUnits } from "ethers";

import { type Connection, connectScript } from "./connection.js";

type Options = NonNullable<ParseArgsConfig["options"]>;
export type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** Exit codes of every script; they never change meaning. */
export const EXIT = { ok: 0, failed: 1, usage: 2, network: 3, reverted: 4, unreachable: 5, key: 6 } as const;

const EXIT_OF: Readonly<Record<string, number>> = {
  USAGE: EXIT.usage,
  WRONG_NETWORK: EXIT.network,
  MISSING_CONTRACT: EXIT.network,
  NO_DEPLOYMENT: EXIT.network,
  DEPLOYMENT_NOT_FOUND: EXIT.network,
  INVALID_DEPLOYMENT: EXIT.network,
  UNKNOWN_DEPLOYMENT: EXIT.network,
  [CONTRACT_ERROR]: EXIT.reverted,
  KEYSTORE_UNREADABLE: EXIT.key,
  KEYSTORE_INVALID: EXIT.key,
  PASSWORD_UNREADABLE: EXIT.key,
  PASSWORD_WRONG: EXIT.key,
  DEVELOPMENT_KEY: EXIT.key,
};

/** What a command is given. */
export interface CommandInput {
  readonly connection: Connection;
  /** To read; no key is needed. */
  readonly read: ReadContext;
  /** To act in the key's name. @throws AssayError `USAGE` without a key */
  readonly act: () => Promise<Context>;
  readonly args: Arguments;
  /** Progress, for people: stderr, so that `--json` has stdout to itself. */
  readonly say: (text: string) => void;
  readonly money: (amount: bigint) => string;
}

export interface Command {
  /** Positional arguments, as the help shows them: `AMOUNT`. */
  readonly takes?: string;
  readonly about: string;
  readonly options?: Options;
  readonly run: (input: CommandInput) => Promise<unknown>;
}

const COMMON: Options = {
  deployment: { type: "string" },
  network: { type: "string" },
  "rpc-url": { type: "string" },
  keystore: { type: "string" },
  "password-file": { type: "string" },
  "dev-account": { type: "string" },
  "max-fee-gwei": { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
};

const COMMON_HELP = `Everywhere
  --deployment FILE       the deployment (or ASSAY_DEPLOYMENT)
  --network NAME          a public deployment that the SDK knows
  --rpc-url URL[,URL]     RPC servers (or ASSAY_RPC_URL; default http://127.0.0.1:8545)
  --keystore FILE         encrypted V3 keystore, with --password-file FILE
  --dev-account N         public development account N; local chains only
  --max-fee-gwei N        most that is offered for a unit of gas (default 200)
  --json                  one line of JSON on stdout; amounts are strings of smallest units
  --help

Amounts in arguments are whole units of the asset: 12.5

Exit codes
  0 done   1 failed   2 wrong usage   3 wrong network or deployment   4 refused by a contract
  5 chain or provider unreachable   6 key unreadable or refused`;

/** Reads typed values of the command line. */
export class Arguments {
  constructor(
    readonly values: Values,
    private readonly positionals: readonly string[],
    private readonly decimals: () => number,
  ) {}

  positional(index: number, name: string): string {
    const value = this.positionals[index];
    if (value === undefined) throw usage(`${name} is missing.`);
    return value;
  }

  /** A positional hash of 32 bytes, like a job's id. */
  hash(index: number, name: string): string {
    const value = this.positional(index, name);
    if (/^0x[0-9a-fA-F]{64}$/.test(value)) return value.toLowerCase();
    throw usage(`${name} is 0x and 64 hex digits, not "${value}".`);
  }

  positionalAddress(index: number, name: string): string {
    const value = this.positional(index, name);
    if (isAddress(value)) return getAddress(value);
    throw usage(`${name} is not an address: ${String(value)}.`);
  }

  text(name: string): string | undefined {
    const value = this.values[name];
    return typeof value === "string" ? value : undefined;
  }

  needed(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw usage(`--${name} is missing.`);
    return value;
  }

  /** The common options name a key to act with. */
  get hasKey(): boolean {
    return this.text("keystore") !== undefined || this.text("dev-account") !== undefined;
  }

  flag(name: string): boolean {
    return this.values[name] === true;
  }

  /** A whole number, not below 0. */
  integer(name: string, otherwise?: bigint): bigint {
    const value = this.text(name);
    if (value === undefined && otherwise !== undefined) return otherwise;
    return wholeNumber(`--${name}`, value ?? this.needed(name));
  }

  integers(name: string): bigint[] {
    return this.needed(name)
      .split(",")
      .map((text) => wholeNumber(`--${name}`, text.trim()));
  }

  address(name: string): string | undefined {
    const value = this.text(name);
    if (value === undefined || isAddress(value)) return value === undefined ? undefined : getAddress(value);
    throw usage(`--${name} is not an address: ${String(value)}.`);
  }

  /** An amount in whole units. */
  amount(text: string): bigint {
    try {
      const value = parseUnits(text, this.decimals());
      if (value > 0n) return value;
    } catch (cause) {
      throw usage(`"${text}" is not an amount with at most ${this.decimals()} decimals.`, cause);
    }
    throw usage(`The amount must be above 0, not ${text}.`);
  }
}

export function usage(message: string, cause?: unknown): AssayError {
  return new AssayError({ code: "USAGE", message, hint: "See --help.", cause });
}

function wholeNumber(name: string, text: string): bigint {
  if (/^\d{1,78}$/.test(text)) return BigInt(text);
  throw usage(`${name} must be a whole number, not "${text}".`);
}

/** Runs one command of a script and sets the exit code. */
export async function runScript(
  name: string,
  about: string,
  commands: Readonly<Record<string, Command>>,
): Promise<void> {
  const json = process.argv.includes("--json");
  let connection: Connection | undefined;
  try {
    const [word, ...rest] = process.argv.slice(2);
    if (word === undefined) throw usage(`No command is named: ${Object.keys(commands).join(", ")}.`);
    if (word === "--help" || word === "-h" || rest.includes("--help") || rest.includes("-h")) {
      console.log(help(name, about, commands));
      return;
    }
    const command = commands[word];
    if (command === undefined) throw usage(`"${word}" is no command of ${name}: ${Object.keys(commands).join(", ")}.`);
    const { values, positionals } = read(rest, { ...COMMON, ...command.options });
    const extra = positionals[command.takes === undefined ? 0 : 1];
    if (extra !== undefined) throw usage(`"${extra}" is one argument too many for ${word}.`);
    const args = new Arguments(values, positionals, () => connection?.contracts.deployment.asset.decimals ?? 0);
    const opened = (connection = await connectScript(args));
    const { contracts } = opened;
    const { decimals, symbol } = contracts.deployment.asset;
    const money = (amount: bigint): string => `${formatUnits(amount, decimals)} ${symbol}`;
    const result = await command.run({
      connection: opened,
      read: { contracts },
      act: async () => ({ contracts, sender: await opened.sender() }),
      args,
      say: (text) => {
        console.error(text);
      },
      money,
    });
    console.log(json ? JSON.stringify(result, plain) : shown(result, money));
  } catch (error) {
    const known = toAssayError(error);
    const { code, message, hint, details } = known;
    if (json) console.log(JSON.stringify({ error: { code, message, hint, details } }, plain));
    else console.error(hint === undefined ? message : `${message} ${hint}`);
    process.exitCode = EXIT_OF[code] ?? (known.retryable ? EXIT.unreachable : EXIT.failed);
  } finally {
    await connection?.close();
  }
}

function read(args: readonly string[], options: Options): { values: Values; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { values: values, positionals };
  } catch (cause) {
    throw usage(`${(cause as Error).message.split(". ")[0] ?? "Wrong arguments"}.`, cause);
  }
}

function help(name: string, about: string, commands: Readonly<Record<string, Command>>): string {
  const lines = Object.entries(commands).flatMap(([word, { takes = "", about: text, options = {} }]) => {
    const names = Object.entries(options).map(([option, { type }]) => `--${option}${type === "string" ? " …" : ""}`);
    const head = `  ${[word, takes].filter(Boolean).join(" ")}`;
    return [`${head.padEnd(26)}${text}`, ...(names.length > 0 ? [`${" ".repeat(26)}${names.join("  ")}`] : [])];
  });
  return [`${about}\n`, `Usage: npm run ${name} -- COMMAND [options]\n`, ...lines, "", COMMON_HELP].join("\n");
}

/** bigints as decimal strings. */
function plain(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

/** Fields that are amounts of the asset, in every result. */
const AMOUNTS: ReadonlySet<string> = new Set([
  ...["wallet", "escrow", "staked", "locked", "free", "stake", "amount", "paid", "refund", "compensation", "bond"],
  ...["budget", "valueAtRisk", "verifierFee", "collateral", "total", "maxLeafFee", "reward"],
  ...["royaltyOwed", "pool", "exposure", "protocolFees"],
]);

/** A result for people: a line a field, amounts in whole units. */
function shown(result: unknown, money: (amount: bigint) => string, indent = ""): string {
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
