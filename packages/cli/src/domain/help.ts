import { type CommandDescription, COMMON_OPTIONS, type Group, type Groups, type Options } from "./description.js";
import { folded } from "./fold.js";

const WIDTH = 26;
const WIDEST = 79;

const EXIT_CODES = `Exit codes
  0 done   1 failed   2 wrong usage   3 wrong network or deployment
  4 refused by a contract, or before anything was sent
  5 chain or provider unreachable   6 key unreadable or refused`;

const AMOUNTS = "Amounts in arguments are whole units of the asset: 12.5";

const ASKS: ReadonlySet<string> = new Set(["--help", "-h"]);

/** The help that the arguments ask for: of the program, a group or a command. */
export function helpFor(groups: Groups, args: readonly string[]): string | undefined {
  const [first, second] = args;
  if (first === undefined || !args.some((arg) => ASKS.has(arg))) return undefined;
  const group = Object.hasOwn(groups, first) ? groups[first] : undefined;
  if (group === undefined) return ASKS.has(first) ? programHelp(groups) : undefined;
  const command = second !== undefined && Object.hasOwn(group.commands, second) ? group.commands[second] : undefined;
  return command === undefined ? groupHelp(first, group) : commandHelp(first, second ?? "", command);
}

/** The help of the whole program. */
export function programHelp(groups: Groups): string {
  return [
    "assay: the programs of every role on an Assay network\n",
    "Usage: assay GROUP COMMAND [options]\n",
    ...Object.entries(groups).map(([name, { about }]) => entry(name, firstSentence(about))),
    entry("completion SHELL", "completion for bash, zsh or fish"),
    "",
    "assay GROUP --help lists the commands of a group,",
    "assay GROUP COMMAND --help the options of a command.",
    "",
    common(),
  ].join("\n");
}

/** The help of a group: its commands. */
export function groupHelp(name: string, { about, commands }: Group): string {
  return [
    ...folded(about, WIDEST),
    `\nUsage: assay ${name} COMMAND [options]\n`,
    ...Object.entries(commands).map(([word, { takes = "", about: text }]) => entry(`${word} ${takes}`.trim(), text)),
    `\nassay ${name} COMMAND --help lists the options of a command.\n`,
    common(),
  ].join("\n");
}

/** The help of one command: its options. */
export function commandHelp(group: string, word: string, command: CommandDescription): string {
  const { takes = "", about, options = {}, example, notes } = command;
  return [
    ...folded(capital(about), WIDEST),
    `\nUsage: assay ${[group, word, takes].filter(Boolean).join(" ")} [options]\n`,
    ...optionLines(options),
    ...(Object.keys(options).length > 0 ? [""] : []),
    ...(notes === undefined ? [] : [`${notes}\n`]),
    ...(example === undefined ? [] : [`Example\n${example.replaceAll(/^/gm, "  ")}\n`]),
    common(),
  ].join("\n");
}

function common(): string {
  return ["Everywhere", ...optionLines(COMMON_OPTIONS), "", AMOUNTS, "", EXIT_CODES].join("\n");
}

function optionLines(options: Options): string[] {
  return Object.entries(options).map(([name, { value, about }]) =>
    entry(`--${name}${value === undefined ? "" : ` ${value}`}`, about),
  );
}

/** A name and what it is; on two lines if the name is long. */
function entry(name: string, about: string): string {
  const head = `  ${name}`;
  const lines = folded(about, WIDEST - WIDTH);
  const [first = "", ...rest] = lines;
  const indent = " ".repeat(WIDTH);
  const start = head.length < WIDTH ? `${head.padEnd(WIDTH)}${first}` : `${head}\n${indent}${first}`;
  return [start, ...rest.map((line) => `${indent}${line}`)].join("\n");
}

function firstSentence(text: string): string {
  return text.split(". ")[0]?.replace(/\.$/, "") ?? text;
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
