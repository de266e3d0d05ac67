import {
  checkConfig,
  type ConfigVariables,
  type PathOrigin,
  type ProgramEnvironment,
  readConfig,
  variable,
  variableOf,
} from "@assay/sdk/node";

import { configSchema, type WorkerConfig } from "./domain/configSchema.js";

/** What the environment overrides, and where it goes. */
const VARIABLES: ConfigVariables = {
  ASSAY_RPC_URLS: ["rpcUrls", variable.list],
  ASSAY_DEPLOYMENT: ["deployment", variable.nameOrNumber],
  ASSAY_KEYSTORE: ["keystore", variable.text],
  ASSAY_PASSWORD_FILE: ["passwordFile", variable.text],
  ASSAY_PROVIDER: ["provider", variable.text],
  ASSAY_DATA_DIR: ["dataDir", variable.text],
  ASSAY_HOST: ["host", variable.text],
  ASSAY_PORT: ["port", variable.number],
  ASSAY_PUBLIC_URL: ["publicUrl", variable.text],
  ASSAY_LOG_LEVEL: ["logLevel", variable.text],
  ASSAY_POLL_MILLISECONDS: ["pollMilliseconds", variable.number],
};

/** Environment variables that {@link loadConfig} reads, for the help text. */
export const CONFIG_VARIABLES: readonly string[] = ["ASSAY_CONFIG", ...Object.keys(VARIABLES), "DATABASE_URL"];

/**
 * Reads the configuration: a JSON file, overridden by the environment. Relative paths in the file are relative to the file,
 * those in the environment to the working directory.
 *
 * @param options.file path of the file; `ASSAY_CONFIG` or nothing when left out
 * @param options.env environment; the process's own unless given
 * @throws AssayError `CONFIG_UNREADABLE`, `CONFIG_INVALID` that names every wrong key
 *
 * @example
 * const config = await loadConfig({ file: "worker.json"});
 */
export async function loadConfig({
  file,
  env = process.env,
}: {
  readonly file?: string | undefined;
  readonly env?: ProgramEnvironment;
}): Promise<WorkerConfig> {
  const source = await readConfig({ file, env, variables: VARIABLES });
  return parseConfig(source.content, { ...source, databaseUrl: variableOf(env, "DATABASE_URL") });
}

/**
 * Checks a configuration made by a program.
 *
 * @param options.base directory of relative paths
 * @param options.fromBase keys whose paths are relative to `base`; all when left out, the others to the working directory
 * @throws AssayError `CONFIG_INVALID`
 */
export function parseConfig(
  content: unknown,
  { base, fromBase, databaseUrl }: PathOrigin & { readonly databaseUrl?: string | undefined },
): WorkerConfig {
  const config = checkConfig(content, {
    schema: configSchema,
    paths: ["keystore", "passwordFile", "dataDir", "models.policy", "models.weights", "models.engine.apiKeyFile"],
    pathsOrNames: ["deployment"],
    base,
    ...(fromBase !== undefined && { fromBase }),
  });
  return { ...config, databaseUrl };
}
