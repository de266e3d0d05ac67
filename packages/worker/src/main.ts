#!/usr/bin/env node
import { parseArgs } from "node:util";

import { AssayError, toAssayError } from "@assay/sdk";
import { checkLine } from "@assay/sdk/node";
import type { Logger } from "pino";

import { checkWorker } from "./check.js";
import { CONFIG_VARIABLES, loadConfig } from "./config.js";
import { EXIT, exitCodeFor } from "./exit.js";
import { createLogger, startWorker } from "./startWorker.js";

const HELP = `assay-worker: serve a model and be paid for it

Usage
  assay-worker run   [--config FILE]          work until SIGTERM or SIGINT
  assay-worker check [--config FILE] [--json] look at everything that run needs, and say what is missing

Options
  --config FILE   configuration, JSON (or ASSAY_CONFIG)
  --json          check: one line of JSON a result
  --help          this text

Environment, overrides the file
  ${CONFIG_VARIABLES.join("\n  ")}

Keys are read from an encrypted keystore and a password file, never from arguments or the environment.

Exit codes
  ${Object.entries(EXIT)
    .sort(([, one], [, other]) => one - other)
    .map(([name, code]) => `${String(code).padStart(2)}  ${name}`)
    .join("\n  ")}
`;

interface Arguments {
  readonly command: "run" | "check" | "help";
  readonly config: string | undefined;
  readonly json: boolean;
}

/** @throws AssayError `USAGE` */
function readArguments(args: readonly string[]): Arguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        config: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const { config, json, help } = values;
    const [command, ...rest] = positionals;
    if (help) return { command: "help", config, json };
    if ((command === "run" || command === "check") && rest.length === 0) return { command, config, json };
    throw new TypeError(command === undefined ? "there is no command" : `"${positionals.join(" ")}" is no command`);
  } catch (cause) {
    throw new AssayError({
      code: "USAGE",
      message: `The arguments are not understood: ${cause instanceof Error ? cause.message : String(cause)}.`,
      hint: "assay-worker --help shows what there is.",
      cause,
    });
  }
}

async function run(file: string | undefined): Promise<number> {
  const config = await loadConfig({ file });
  const logger = createLogger(config);
  const worker = await startWorker({ config, logger });
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      logger.info({ signal }, "asked to stop");
      void worker.stop();
    });
  }
  try {
    await worker.done;
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
  const results = await checkWorker(config, (result) => {
    process.stdout.write(checkLine(result, json));
  });
  const failed = results.find(({ status }) => status === "failed");
  return failed === undefined ? EXIT.ok : exitCodeFor(failed.error);
}

async function main(): Promise<number> {
  const { command, config, json } = readArguments(process.argv.slice(2));
  if (command === "run") return await run(config);
  if (command === "check") return await check(config, json);
  process.stdout.write(HELP);
  return EXIT.ok;
}

try {
  process.exitCode = await main();
} catch (thrown) {
  const { code, message, hint } = toAssayError(thrown);
  process.stderr.write(`assay-worker: ${message}${hint === undefined ? "" : ` ${hint}`} [${code}]\n`);
  if (!AssayError.is(thrown)) process.stderr.write(`${thrown instanceof Error ? thrown.stack : String(thrown)}\n`);
  process.exitCode = exitCodeFor(thrown);
}
