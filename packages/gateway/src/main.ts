#!/usr/bin/env node
import { parseArgs } from "node:util";

import { AssayError, toAssayError } from "@assay/sdk";
import { checkLine } from "@assay/sdk/node";
import type { Logger } from "pino";

import { checkGateway } from "./check.js";
import { CONFIG_VARIABLES, loadConfig } from "./config.js";
import { EXIT, exitCodeFor } from "./exit.js";
import { type KeyOptions, runKeysCommand } from "./keysCommand.js";
import { priceTable, readPrices } from "./prices.js";
import { createLogger, startGateway } from "./startGateway.js";

const HELP = `assay-gateway: ask providers you do not know through OpenAI's API, and pay them for what they answer

Usage
  assay-gateway [run] [--config FILE] [--open]     answer until SIGTERM or SIGINT
  assay-gateway check [--config FILE] [--json]     look at everything that run needs, and say what is missing
  assay-gateway prices [--config FILE] [--json]    who asks how much for 1M tokens
  assay-gateway keys create NAME [--cap AMOUNT] [--rpm N] [--concurrent N] [--days N]
  assay-gateway keys list
  assay-gateway keys revoke ID

Options
  --config FILE   configuration, JSON (or ASSAY_CONFIG)
  --open          no API keys; only on a loopback address
  --cap AMOUNT    most that the key may ever spend, in whole units of the asset
  --rpm N         requests a minute
  --concurrent N  requests in work at once
  --days N        days until the key expires
  --json          JSON instead of text
  --help          this text

Environment, overrides the file
  ${CONFIG_VARIABLES.join("\n  ")}

The key that pays is read from an encrypted keystore and a password file, never from arguments or the environment.

Exit codes
  ${Object.entries(EXIT)
    .sort(([, one], [, other]) => one - other)
    .map(([name, code]) => `${String(code).padStart(2)}  ${name}`)
    .join("\n  ")}
`;

interface Arguments {
  readonly command: string;
  readonly rest: readonly string[];
  readonly config: string | undefined;
  readonly json: boolean;
  readonly open: boolean;
  readonly keys: KeyOptions;
}

const COMMANDS: ReadonlySet<string> = new Set(["run", "check", "prices", "keys", "help"]);

/** @throws AssayError `USAGE` */
function readArguments(args: readonly string[]): Arguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        config: { type: "string" },
        json: { type: "boolean", default: false },
        open: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
        cap: { type: "string" },
        rpm: { type: "string" },
        concurrent: { type: "string" },
        days: { type: "string" },
      },
    });
    const { config, json, open, help, ...keys } = values;
    const [first = "run", ...rest] = positionals;
    const command = help ? "help" : first;
    const known = COMMANDS.has(command) && (command === "keys" || help || rest.length === 0);
    if (known) return { command, rest, config, json, open, keys };
    throw new TypeError(`"${positionals.join(" ")}" is no command`);
  } catch (cause) {
    throw new AssayError({
      code: "USAGE",
      message: `The arguments are not understood: ${cause instanceof Error ? cause.message : String(cause)}.`,
      hint: "assay-gateway --help shows what there is.",
      cause,
    });
  }
}

async function run(file: string | undefined, open: boolean): Promise<number> {
  const config = await loadConfig({ file, open });
  const logger = createLogger(config);
  const gateway = await startGateway({ config, logger });
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      logger.info({ signal }, "asked to stop");
      void gateway.stop();
    });
  }
  try {
    await gateway.done;
    return EXIT.ok;
  } catch (error) {
    logFatal(logger, error);
    throw error;
  }
}

function logFatal(logger: Logger, thrown: unknown): void {
  const { code, message, hint } = toAssayError(thrown);
  logger.fatal({ code, hint, ...(!AssayError.is(thrown) && { err: thrown }) }, message);
}

async function check(file: string | undefined, json: boolean): Promise<number> {
  const config = await loadConfig({ file });
  const results = await checkGateway(config, (result) => {
    process.stdout.write(checkLine(result, json));
  });
  const failed = results.find(({ status }) => status === "failed");
  return failed === undefined ? EXIT.ok : exitCodeFor(failed.error);
}

async function main(): Promise<number> {
  const { command, rest, config, json, open, keys } = readArguments(process.argv.slice(2));
  switch (command) {
    case "run":
      return await run(config, open);
    case "check":
      return await check(config, json);
    case "prices": {
      const rows = await readPrices(await loadConfig({ file: config }));
      process.stdout.write(`${json ? JSON.stringify(rows) : priceTable(rows)}\n`);
      return EXIT.ok;
    }
    case "keys":
      process.stdout.write(`${await runKeysCommand(await loadConfig({ file: config }), rest, keys, json)}\n`);
      return EXIT.ok;
    default:
      process.stdout.write(HELP);
      return EXIT.ok;
  }
}

try {
  process.exitCode = await main();
} catch (thrown) {
  const { code, message, hint } = toAssayError(thrown);
  process.stderr.write(`assay-gateway: ${message}${hint === undefined ? "" : ` ${hint}`} [${code}]\n`);
  if (!AssayError.is(thrown)) process.stderr.write(`${thrown instanceof Error ? thrown.stack : String(thrown)}\n`);
  process.exitCode = exitCodeFor(thrown);
}
