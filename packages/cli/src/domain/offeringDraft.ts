import { OFFERING_DEFAULTS, type OfferingConfig } from "@assay/sdk";
import { ZeroAddress, ZeroHash } from "ethers";

import { addressOf, amountOf, wholeNumber } from "./arguments.js";
import { DRAFT_OPTIONS } from "./draftOptions.js";
import { usage } from "./errors.js";
import { TOKEN_DECIMALS } from "./format.js";
import { parseDuration, parseMoment } from "./time.js";

type DraftOption = keyof typeof DRAFT_OPTIONS;
export type DraftValues = Readonly<Partial<Record<DraftOption, string>>>;

/** What a draft is read against. */
export interface DraftSetting {
  readonly issuer: string;
  /** The chain's clock. */
  readonly now: bigint;
  /** Of the settlement asset. */
  readonly decimals: number;
  /** Zero without an allow-list. */
  readonly allowlistRoot?: string;
}

const OPENS_IN = 3_600n;
const LASTS = 604_800n;

/** The options and the configuration file together; an option counts more. Keys of the file are those names in camelCase. */
export function mergeDraft(file: unknown, options: DraftValues): DraftValues {
  if (typeof file !== "object" || file === null || Array.isArray(file)) {
    throw usage("The configuration is not a JSON object.");
  }
  const names = new Map(Object.keys(DRAFT_OPTIONS).map((name) => [camelCase(name), name]));
  const entries = Object.entries(file).map(([key, value]) => {
    const name = names.get(key) ?? (key in DRAFT_OPTIONS ? key : undefined);
    if (name === undefined) throw usage(`The configuration has an unknown key: ${key}.`);
    const list: unknown[] = Array.isArray(value) ? value : [value];
    if (list.some((item) => typeof item !== "string" && typeof item !== "number" && typeof item !== "boolean")) {
      throw usage(`The configuration's ${key} is neither a text nor a number.`);
    }
    return [name, list.map(String).join(",")];
  });
  const merged: DraftValues = { ...(Object.fromEntries(entries) as DraftValues), ...options };
  // Of two ways to say one time, the command line's counts.
  const given = (name: DraftOption): boolean => options[name] !== undefined;
  const dropped = new Set<string>([
    ...(given("opens-in") && !given("opens-at") ? ["opens-at"] : []),
    ...(given("opens-at") && !given("opens-in") ? ["opens-in"] : []),
    ...(given("lasts") && !given("closes-at") ? ["closes-at"] : []),
    ...(given("closes-at") && !given("lasts") ? ["lasts"] : []),
  ]);
  return Object.fromEntries(Object.entries(merged).filter(([name]) => !dropped.has(name)));
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** @throws AssayError `USAGE` for what is missing or cannot be read */
export function readDraft(values: DraftValues, setting: DraftSetting): OfferingConfig {
  const { issuer, decimals } = setting;
  const needed = (name: DraftOption): string => {
    const text = values[name];
    if (text === undefined || text === "") throw usage(`--${name} is missing.`);
    return text;
  };
  const bps = (name: DraftOption, otherwise: bigint): bigint =>
    values[name] === undefined ? otherwise : wholeNumber(`--${name}`, values[name]);
  const duration = (name: DraftOption, otherwise: bigint): bigint =>
    values[name] === undefined ? otherwise : parseDuration(`--${name}`, values[name]);
  const recipient = (name: DraftOption, share: bigint): string =>
    values[name] === undefined ? (share > 0n ? issuer : ZeroAddress) : addressOf(`--${name}`, values[name]);

  const { opensAt, closesAt } = readTimes(values, setting);
  const shares = {
    saleBps: bps("sale-bps", OFFERING_DEFAULTS.saleBps),
    liquidityBps: bps("liquidity-bps", OFFERING_DEFAULTS.liquidityBps),
    teamBps: bps("team-bps", OFFERING_DEFAULTS.teamBps),
    ecosystemBps: bps("ecosystem-bps", OFFERING_DEFAULTS.ecosystemBps),
  };
  const excluded = (values.exclude ?? "")
    .split(",")
    .map((text) => text.trim())
    .filter((text) => text !== "");
  return {
    modelId: wholeNumber("--model", needed("model")),
    name: needed("name"),
    symbol: needed("symbol"),
    supply: values.supply === undefined ? OFFERING_DEFAULTS.supply : amountOf(values.supply, TOKEN_DECIMALS),
    ...shares,
    redeemBps: bps("redeem-bps", OFFERING_DEFAULTS.redeemBps),
    epochLength: duration("epoch", OFFERING_DEFAULTS.epochLength),
    hardCap: amountOf(needed("hard-cap"), decimals),
    softCap: amountOf(needed("soft-cap"), decimals),
    opensAt,
    closesAt,
    allowlistRoot: setting.allowlistRoot ?? ZeroHash,
    team: recipient("team", shares.teamBps),
    teamCliff: shares.teamBps === 0n ? 0n : duration("team-cliff", OFFERING_DEFAULTS.teamCliff),
    teamDuration: shares.teamBps === 0n ? 0n : duration("team-vesting", OFFERING_DEFAULTS.teamDuration),
    ecosystem: recipient("ecosystem", shares.ecosystemBps),
    liquidityRecipient: recipient("liquidity-recipient", shares.liquidityBps),
    transferPolicy: recipient("transfer-policy", 0n),
    excluded: excluded.map((text) => addressOf("--exclude", text)),
  };
}

function readTimes(values: DraftValues, { now }: DraftSetting): Pick<OfferingConfig, "opensAt" | "closesAt"> {
  for (const [a, b] of [
    ["opens-in", "opens-at"],
    ["lasts", "closes-at"],
  ] as const) {
    if (values[a] !== undefined && values[b] !== undefined) throw usage(`Give --${a} or --${b}, not both.`);
  }
  const opensIn = values["opens-in"] === undefined ? OPENS_IN : parseDuration("--opens-in", values["opens-in"]);
  const opensAt = values["opens-at"] === undefined ? now + opensIn : parseMoment("--opens-at", values["opens-at"]);
  const lasts = values.lasts === undefined ? LASTS : parseDuration("--lasts", values.lasts);
  const closesAt =
    values["closes-at"] === undefined ? opensAt + lasts : parseMoment("--closes-at", values["closes-at"]);
  return { opensAt, closesAt };
}
