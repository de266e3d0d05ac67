import { AssayError } from "@assay/sdk";
import {
  checkConfig,
  type ConfigVariables,
  type PathOrigin,
  type ProgramEnvironment,
  readConfig,
  variable,
} from "@assay/sdk/node";

import { configSchema, type GatewayConfig, isLoopback } from "./domain/configSchema.js";

/** What the environment overrides, and where it goes. */
const VARIABLES: ConfigVariables = {
  ASSAY_RPC_URLS: ["rpcUrls", variable.list],
  ASSAY_DEPLOYMENT: ["deployment", variable.nameOrNumber],
  ASSAY_KEYSTORE: ["keystore", variable.text],
  ASSAY_PASSWORD_FILE: ["passwordFile", variable.text],
  ASSAY_DATA_DIR: ["dataDir", variable.text],
  ASSAY_HOST: ["host", variable.text],
  ASSAY_PORT: ["port", variable.number],
  ASSAY_OPEN: ["open", variable.flag],
  ASSAY_CORS_ORIGINS: ["corsOrigins", variable.list],
  ASSAY_LOG_LEVEL: ["logLevel", variable.text],
  ASSAY_POLL_MILLISECONDS: ["pollMilliseconds", variable.number],
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
  readonly env?: ProgramEnvironment;
}): Promise<GatewayConfig> {
  const source = await readConfig({ file, env, variables: VARIABLES });
  return parseConfig(open ? { ...source.content, open } : source.content, source);
}

/**
 * Checks a configuration made by a program.
 *
 * @param options.base directory of relative paths
 * @param options.fromBase keys whose paths are relative to `base`; all when left out, the others to the working directory
 * @throws AssayError `CONFIG_INVALID`, `OPEN_TO_ALL`
 */
export function parseConfig(content: unknown, { base, fromBase }: PathOrigin): GatewayConfig {
  const config = checkConfig(content, {
    schema: configSchema,
    paths: ["keystore", "passwordFile", "dataDir", "models.policy"],
    pathsOrNames: ["deployment"],
    base,
    ...(fromBase !== undefined && { fromBase }),
  });
  if (config.open && !isLoopback(config.host)) {
    throw new AssayError({
      code: "OPEN_TO_ALL",
      message: `Without API keys everybody who reaches ${config.host} could spend this gateway's money.`,
      hint: "Leave out open (--open) and make keys with assay-gateway keys create, or set host to 127.0.0.1.",
    });
  }
  return config;
}
