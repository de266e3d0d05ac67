import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";

import type { z } from "zod";

import { AssayError } from "../../errors.js";

/** Environment of a process, as a program's own `config.ts` hands it in. */
export type ProgramEnvironment = Readonly<Record<string, string | undefined>>;

/** Environment variables and what they override: the key, and how the text becomes its value. */
export type ConfigVariables = Readonly<Record<string, readonly [key: string, parse: (value: string) => unknown]>>;

/** How the text of an environment variable becomes a value. What cannot be read stays text, for the schema to refuse. */
export const variable = {
  text: (value: string): unknown => value,
  number: (value: string): unknown => (value.trim() === "" ? value : Number(value)),
  list: (value: string): unknown => value.split(",").map((item) => item.trim()),
  flag: (value: string): unknown =>
    value === "true" || value === "1" ? true : value === "false" || value === "0" ? false : value,
  /** A public deployment may be named by chain id. */
  nameOrNumber: (value: string): unknown => (/^\d+$/.test(value) ? Number(value) : value),
} as const;

/** What relative paths of a configuration are relative to. */
export interface PathOrigin {
  /** Directory of relative paths. */
  readonly base: string;
  /** Keys whose paths are relative to `base`, the others are to the working directory; all when left out. */
  readonly fromBase?: ReadonlySet<string>;
}

/** A configuration as it was read, not checked yet. */
export interface ConfigSource extends Required<PathOrigin> {
  readonly content: Readonly<Record<string, unknown>>;
}

/**
 * Reads a configuration: a JSON file, overridden by the environment. Relative paths in the file are relative to the file,
 * those in the environment to the working directory.
 *
 * @param options.file path of the file; `ASSAY_CONFIG` or nothing when left out
 * @throws AssayError `CONFIG_UNREADABLE`
 *
 * @example
 * const source = await readConfig({ file: "worker.json", env, variables: { ASSAY_PORT: ["port", variable.number] } });
 * const config = checkConfig(source.content, { ...source, schema, paths: ["dataDir"], pathsOrNames: ["deployment"] });
 */
export async function readConfig({
  file,
  env,
  variables,
}: {
  readonly file?: string | undefined;
  readonly env: ProgramEnvironment;
  readonly variables: ConfigVariables;
}): Promise<ConfigSource> {
  const named = file ?? variableOf(env, "ASSAY_CONFIG");
  const content = named === undefined ? {} : await readJsonObject(named);
  const fromBase = new Set(Object.keys(content));
  const merged: Record<string, unknown> = { ...content };
  for (const [name, [key, parse]] of Object.entries(variables)) {
    const value = variableOf(env, name);
    if (value === undefined) continue;
    merged[key] = parse(value);
    fromBase.delete(key);
  }
  return { content: merged, base: named === undefined ? process.cwd() : dirname(resolve(named)), fromBase };
}

/**
 * Checks a configuration and makes its paths absolute.
 *
 * @param options.paths keys of paths, with dots into objects and into every item of arrays: `models.policy`
 * @param options.pathsOrNames keys of what is a path only if it has a separator or an extension, and a bare name otherwise
 * @throws AssayError `CONFIG_INVALID` that names every wrong key
 */
export function checkConfig<T extends object>(
  content: unknown,
  {
    schema,
    paths,
    pathsOrNames = [],
    base,
    fromBase,
  }: PathOrigin & {
    readonly schema: z.ZodType<T>;
    readonly paths: readonly string[];
    readonly pathsOrNames?: readonly string[];
  },
): T {
  const result = schema.safeParse(content);
  if (!result.success) throw invalid(content, result.error);
  const at = (config: T, key: string, isPath: (text: string) => boolean): T => {
    const keys = key.split(".");
    const from = fromBase === undefined || fromBase.has(keys[0] ?? key) ? base : process.cwd();
    // The shape stays what the schema made: only text takes the place of text.
    return mapText(config, keys, (path) => (isAbsolute(path) || !isPath(path) ? path : join(from, path))) as T;
  };
  const config = paths.reduce((whole, key) => at(whole, key, () => true), result.data);
  return pathsOrNames.reduce((whole, key) => at(whole, key, (value) => /[./\\]/.test(value)), config);
}

/** An environment variable; one that is empty counts as not set. */
export function variableOf(env: ProgramEnvironment, name: string): string | undefined {
  const value = env[name];
  return value === undefined || value.trim() === "" ? undefined : value;
}

function mapText(value: unknown, keys: readonly string[], map: (text: string) => string): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return typeof value === "string" ? map(value) : value;
  if (Array.isArray(value)) return value.map((item: unknown) => mapText(item, keys, map));
  if (typeof value !== "object" || value === null || !(key in value)) return value;
  return { ...value, [key]: mapText((value as Record<string, unknown>)[key], rest, map) };
}

function invalid(content: unknown, error: z.ZodError): AssayError {
  const problems = error.issues.map(({ path, message }) => {
    const missing =
      path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], content) === undefined;
    return `${path.join(".") || "it"}: ${missing ? "is missing" : message}`;
  });
  return new AssayError({
    code: "CONFIG_INVALID",
    message: `The configuration is wrong (${problems.join("; ")}).`,
    hint: "Correct these keys in the configuration file or in the ASSAY_ environment variables.",
    cause: error,
  });
}

async function readJsonObject(file: string): Promise<Record<string, unknown>> {
  const unreadable = (problem: string, cause?: unknown): AssayError =>
    new AssayError({
      code: "CONFIG_UNREADABLE",
      message: `The configuration file ${file} ${problem}.`,
      hint: "Name a readable JSON file with --config or ASSAY_CONFIG.",
      cause,
    });
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw unreadable(cause instanceof SyntaxError ? "is not JSON" : "cannot be read", cause);
  }
  if (typeof content !== "object" || content === null || Array.isArray(content))
    throw unreadable("holds no JSON object");
  return content as Record<string, unknown>;
}
