import { type Context, type Contracts, type ReadContext, toAssayError } from "@assay/sdk";

import type { Arguments } from "../domain/arguments.js";
import type { CommandDescription, Group, Groups } from "../domain/description.js";
import { amountText } from "../domain/format.js";

/** What a command is given. */
export interface CommandInput {
  /** To read; no key is needed. Not there for a command that runs offline. */
  readonly read: ReadContext;
  /** To act in the key's name. @throws AssayError `USAGE` without a key */
  readonly act: () => Promise<Context>;
  readonly args: Arguments;
  /** Progress, for people: stderr, so that `--json` has stdout to itself. */
  readonly say: (text: string) => void;
  /** Asks, unless `--yes` is given. With a word, that word must be typed. @throws AssayError `DECLINED`, `USAGE` */
  readonly confirm: (question: string, word?: string) => Promise<void>;
  readonly money: (amount: bigint) => string;
}

/** Does the work of a command. What it gives is printed: `Output` as it says, everything else field by field. */
export type Run = (input: CommandInput) => Promise<unknown>;

export type Command = CommandDescription<Run>;
export type CommandGroup = Group<Run>;
export type CommandGroups = Groups<Run>;

/** A result with its own text for people; `--json` prints the value. */
export class Output {
  constructor(
    readonly value: unknown,
    readonly text: string,
    /** The result tells of something that failed, though not all did. */
    readonly failed = false,
  ) {}
}

/** Shows amounts of the settlement asset, exactly. */
export function moneyOf({ deployment }: Contracts): (amount: bigint) => string {
  const { decimals, symbol } = deployment.asset;
  return (amount) => `${amountText(amount, decimals)} ${symbol}`;
}

/**
 * The time by which the next block will go, Unix seconds. The newest block's is too old on a chain that makes blocks only
 * when there is something to do.
 */
export async function chainNow({ provider }: Contracts): Promise<bigint> {
  try {
    const pending = await provider.getBlock("pending").catch(() => null);
    const block = pending ?? (await provider.getBlock("latest"));
    return BigInt(block?.timestamp ?? 0);
  } catch (error) {
    throw toAssayError(error);
  }
}
