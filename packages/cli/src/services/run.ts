import { parseArgs } from "node:util";

import { AssayError, toAssayError } from "@assay/sdk";

import { type Connection, type Environment, openConnection } from "../adapters/connection.js";
import { confirm, say } from "../adapters/terminal.js";
import { Arguments, type Values } from "../domain/arguments.js";
import { COMMON_OPTIONS, type Options } from "../domain/description.js";
import { usage } from "../domain/errors.js";
import { EXIT, exitCodeOf } from "../domain/exit.js";
import { jsonLine, shown } from "../domain/output.js";
import { type Command, type CommandGroups, type CommandInput, moneyOf, Output } from "./command.js";

/** Runs the command that the arguments name, prints its result and gives the exit code. */
export async function runCommand(
  groups: CommandGroups,
  argv: readonly string[],
  environment: Environment,
): Promise<number> {
  const json = argv.includes("--json");
  let connection: Connection | undefined;
  try {
    const { word, command, rest } = find(groups, argv);
    const { values, positionals } = parse(rest, { ...COMMON_OPTIONS, ...command.options });
    const extra = positionals[command.takes?.split(" ").length ?? 0];
    if (extra !== undefined) throw usage(`"${extra}" is one argument too many for ${word}.`);
    const args = new Arguments(values, positionals, () => connection?.contracts.deployment.asset.decimals ?? 0);
    const isOffline = command.offline !== undefined && args.flag(command.offline);
    const [run, opened] = await Promise.all([
      command.load(),
      isOffline ? undefined : openConnection(args, environment),
    ]);
    connection = opened;
    const input = inputOf(args, opened);
    const { money } = input;
    const result = await run(input);
    const { value, text, failed } =
      result instanceof Output ? result : { value: result, text: undefined, failed: false };
    process.stdout.write(`${json ? jsonLine(value) : (text ?? shown(value, money))}\n`);
    return failed ? EXIT.failed : EXIT.ok;
  } catch (error) {
    return fail(toAssayError(error), json);
  } finally {
    await connection?.close();
  }
}

function inputOf(args: Arguments, opened: Connection | undefined): CommandInput {
  const connected = (): Connection => {
    if (opened !== undefined) return opened;
    throw new AssayError({ code: "INTERNAL", message: "A command that was to run without a chain asked for it." });
  };
  return {
    get read() {
      return { contracts: connected().contracts };
    },
    act: async () => ({ contracts: connected().contracts, sender: await connected().sender() }),
    args,
    say,
    confirm: async (question, typed) => {
      if (!args.flag("yes")) await confirm(question, typed);
    },
    money: opened === undefined ? (amount) => `${amount} smallest units` : moneyOf(opened.contracts),
  };
}

function fail(error: AssayError, json: boolean): number {
  const { code, message, hint, details } = error;
  if (json) process.stdout.write(`${jsonLine({ error: { code, message, hint, details } })}\n`);
  else say(hint === undefined ? message : `${message} ${hint}`);
  return exitCodeOf(error);
}

function find(
  groups: CommandGroups,
  [name, word, ...rest]: readonly string[],
): { word: string; command: Command; rest: readonly string[] } {
  const names = Object.keys(groups).join(", ");
  if (name === undefined) throw usage(`No command is named: assay GROUP COMMAND, with a group of ${names}.`);
  const group = own(groups, name);
  if (name === "completion") throw usage("Name the shell: assay completion bash, zsh or fish.");
  if (group === undefined) throw usage(`"${name}" is no group of assay: ${names}.`);
  const words = Object.keys(group.commands).join(", ");
  if (word === undefined) throw usage(`No command is named: ${words}.`);
  const command = own(group.commands, word);
  if (command === undefined) throw usage(`"${word}" is no command of ${name}: ${words}.`);
  return { word, command, rest };
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function parse(args: readonly string[], options: Options): { values: Values; positionals: string[] } {
  try {
    const known = Object.fromEntries(
      Object.entries(options).map(([name, { type, short }]) => [name, { type, ...(short !== undefined && { short }) }]),
    );
    const { values, positionals } = parseArgs({ args: [...args], options: known, allowPositionals: true });
    return { values, positionals };
  } catch (cause) {
    throw usage(`${(cause as Error).message.split(". ")[0] ?? "Wrong arguments"}.`, cause);
  }
}
