import { getAddress, parseUnits } from "ethers";

import { usage } from "./errors.js";
import { TOKEN_DECIMALS } from "./format.js";

export type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** Reads typed values of the command line. */
export class Arguments {
  constructor(
    readonly values: Values,
    private readonly positionals: readonly string[],
    private readonly decimals: () => number,
  ) {}

  positional(index: number, name: string): string {
    const value = this.optionalPositional(index);
    if (value === undefined) throw usage(`${name} is missing.`);
    return value;
  }

  optionalPositional(index: number): string | undefined {
    return this.positionals[index];
  }

  /** A positional hash of 32 bytes, like a job's id. */
  hash(index: number, name: string): string {
    const value = this.positional(index, name);
    if (/^0x[0-9a-fA-F]{64}$/.test(value)) return value.toLowerCase();
    throw usage(`${name} is 0x and 64 hex digits, not "${value}".`);
  }

  positionalAddress(index: number, name: string): string {
    return addressOf(name, this.positional(index, name));
  }

  /** A positional whole number, like an offering's id. */
  positionalInteger(index: number, name: string): bigint {
    return wholeNumber(name, this.positional(index, name));
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
    return value === undefined ? undefined : addressOf(`--${name}`, value);
  }

  /** An amount of the asset in whole units. */
  amount(text: string): bigint {
    return amountOf(text, this.decimals());
  }

  /** An amount of a model token in whole units. */
  tokens(text: string): bigint {
    return amountOf(text, TOKEN_DECIMALS);
  }
}

export function addressOf(name: string, text: string): string {
  try {
    return getAddress(text);
  } catch (cause) {
    throw usage(`${name} is not an address: ${text}.`, cause);
  }
}

export function wholeNumber(name: string, text: string): bigint {
  if (/^\d{1,78}$/.test(text)) return BigInt(text);
  throw usage(`${name} must be a whole number, not "${text}".`);
}

/** An amount above 0 in whole units, as smallest units. */
export function amountOf(text: string, decimals: number): bigint {
  let value: bigint;
  try {
    value = parseUnits(text, decimals);
  } catch (cause) {
    throw usage(`"${text}" is not an amount with at most ${decimals} decimals.`, cause);
  }
  if (value > 0n) return value;
  throw usage(`The amount must be above 0, not ${text}.`);
}
