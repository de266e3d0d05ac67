import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";

import { AssayError } from "@assay/sdk";

import { configSchema, type GatewayConfig, isLoopback } from "./domain/configSchema.js";

type Environment = Readonly<Record<string, string | undefined>>;

const text = (value: string): unknown => value;
const number = (value: string): unknown => (value.trim() === "" ? value : Number(value));
const list = (value: string): unknown => value.split(",").map((item) => item.trim());
const flag = (value: string): unknown =>
  value === "true" || value === "1" ? true : value === "false" || value === "0" ? false : value;
/** A public deployment may be named by chain id. */
const nameOrNumber = (value: string): unknown => (/^\d+$/.test(value) ? Number(value) : value);

/** What the environment overrides, and where it goes. */
const VARIABLES: Readonly<Record<string, readonly [key: string, parse: (value: string) => unknown]>> = {
  ASSAY_RPC_URLS: ["rpcUrls", list],
  ASSAY_DEPLOYMENT: ["deployment", nameOrNumber],
  ASSAY_KEYSTORE: ["keystore", text],
  ASSAY_PASSWORD_FILE: ["passwordFile", text],
  ASSAY_DATA_DIR: ["dataDir", text],
  ASSAY_HOST: ["host", text],
  ASSAY_PORT: ["port", number],
  ASSAY_OPEN: ["open", flag],
  ASSAY_CORS_ORIGINS: ["corsOrigins", list],
  ASSAY_LOG_LEVEL: ["logLevel", text],
  ASSAY_POLL_MILLISECONDS: ["pollMilliseconds", number],
};

/** Environment variables that {@link loadConfig} reads, for the help text. */
export const CONFIG_VARIABLES: readonly string[] = ["ASSAY_CONFIG", ...Object.keys(VARIABLES)];

/**
 * Reads the configuration: a JSON file, overridden by the environment. Relative paths in the file are relative to the file,
 * those in the environment to the working directory.
 *
 * @param options.file path of the file; `ASSAY_CONFIG` or nothing when left out
 * @param options.open no API keys, whatever the file says
 * @param options.env environment; the process's own unless given
 * @throws AssayError `CONFIG_UNREADABLE`, `CONFIG_INVALID` that names every wrong key, `OPEN_TO_ALL`
 *
 * @example
 * const config = await loadConfig({ file: "gateway.json" });
 */
export async function loadConfig({
  file,
  open = false,
  env = process.env,
}: {
  readonly file?: string | undefined;
  readonly open?: boolean;
  readonly env?: Environment;
}): Promise<GatewayConfig> {
  const named = file ?? nonEmpty(env["ASSAY_CONFIG"]);
  const content = named === undefined ? {} : await readJson(named);
  const fromFile = new Set(Object.keys(content));
  const merged: Record<string, unknown> = { ...content };
  for (const [variable, [key, parse]] of Object.entries(VARIABLES)) {
    const value = nonEmpty(env[variable]);
    if (value === undefined) continue;
    merged[key] = parse(value);
    fromFile.delete(key);
  }
  if (open) merged["open"] = true;
  return parseConfig(merged, {
    base: named === undefined ? process.cwd() : dirname(resolve(named)),
    fromBase: fromFile,
  });
}

/**
 * Checks a configuration made by a program.
 *
 * @param options.base directory of relative paths
 * @param options.fromBase keys whose paths are relative to `base`; all when left out, the others to the working directory
 * @throws AssayError `CONFIG_INVALID`, `OPEN_TO_ALL`
 */
export function parseConfig(
  content: unknown,
  { base, fromBase }: { readonly base: string; readonly fromBase?: ReadonlySet<string> },
): GatewayConfig {
  const result = configSchema.safeParse(content);
  if (!result.success) {
    const problems = result.error.issues.map(({ path, message }) => {
      const missing =
        path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], content) ===
        undefined;
      return `${path.join(".") || "it"}: ${missing ? "is missing" : message}`;
    });
    throw new AssayError({
      code: "CONFIG_INVALID",
      message: `The configuration is wrong (${problems.join("; ")}).`,
      hint: "Correct these keys in the configuration file or in the ASSAY_ environment variables.",
      cause: result.error,
    });
  }
  const config = result.data;
  if (config.open && !isLoopback(config.host)) {
    throw new AssayError({
      code: "OPEN_TO_ALL",
      message: `Without API keys everybody who reaches ${config.host} could spend this gateway's money.`,
      hint: "Leave out open (--open) and make keys with assay-gateway keys create, or set host to 127.0.0.1.",
    });
  }
  const at = (key: string, path: string): string =>
    isAbsolute(path) ? path : join(fromBase === undefined || fromBase.has(key) ? base : process.cwd(), path);
  return {
    ...config,
    keystore: at("keystore", config.keystore),
    passwordFile: at("passwordFile", config.passwordFile),
    dataDir: at("dataDir", config.dataDir),
    deployment: isFile(config.deployment) ? at("deployment", config.deployment) : config.deployment,
    models: config.models.map((model) => ({
      ...model,
      ...(model.policy !== undefined && { policy: at("models", model.policy) }),
    })),
  };
}

/** Names of public deployments are bare words; anything with a separator or an extension is a file. */
function isFile(deployment: string | number): deployment is string {
  return typeof deployment === "string" && /[./\\]/.test(deployment);
}

async function readJson(file: string): Promise<Record<string, unknown>> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new AssayError({
      code: "CONFIG_UNREADABLE",
      message: `The configuration file ${file} ${cause instanceof SyntaxError ? "is not JSON" : "cannot be read"}.`,
      hint: "Name a readable JSON file with --config or ASSAY_CONFIG.",
      cause,
    });
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new AssayError({
      code: "CONFIG_UNREADABLE",
      message: `The configuration file ${file} holds no JSON object.`,
      hint: "Name a readable JSON file with --config or ASSAY_CONFIG.",
    });
  }
  return content as Record<string, unknown>;
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === "" ? undefined : value;
}
