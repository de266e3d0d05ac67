import { readFile } from "node:fs/promises";

import { AssayError, parsePolicy, type Policy, type PolicyDocument } from "@assay/sdk";

import { type ModelConfig, modelKey, type OpenaiEngineConfig } from "../../domain/configSchema.js";
import { policyMismatches } from "../../domain/policyMatch.js";
import type { Engine } from "./engine.js";
import { createNgramEngine, NGRAM_ENGINE } from "./ngramEngine.js";
import { createOpenaiEngine } from "./openaiEngine.js";

/** A model version that this worker computes. */
export interface ServedModel {
  /** `modelKey` of it. */
  readonly key: string;
  readonly config: ModelConfig;
  readonly document: PolicyDocument;
  readonly engine: Engine;
}

/**
 * Reads the policies of the configured models and makes an engine for each.
 *
 * An engine of this loader is held to its policy, field by field. `engines` replaces the loader for the model versions it names (`modelKey`), and whoever
 * passes one answers for it.
 *
 * @throws AssayError `MODEL_MISMATCH`, `POLICY_UNREADABLE`, `INVALID_POLICY`, `POLICY_NOT_CANONICAL`, `WEIGHTS_UNREADABLE`, `API_KEY_UNREADABLE`,
 * `ENGINE_UNKNOWN`
 *
 * @example
 * const models = await loadModels(config.models);
 */
export async function loadModels(
  configs: readonly ModelConfig[],
  engines: ReadonlyMap<string, Engine> = new Map(),
): Promise<ReadonlyMap<string, ServedModel>> {
  const models = new Map<string, ServedModel>();
  // Two versions of a model often have the same weights.
  const trained = new Map<string, Engine>();
  for (const config of configs) {
    const key = modelKey(config.modelId, config.version);
    const document = await readPolicy(config);
    const engine = engines.get(key) ?? (await loadEngine(config, document, trained));
    models.set(key, { key, config, document, engine });
  }
  return models;
}

async function readPolicy({ policy }: ModelConfig): Promise<PolicyDocument> {
  let text: string;
  try {
    text = await readFile(policy, "utf8");
  } catch (cause) {
    throw new AssayError({
      code: "POLICY_UNREADABLE",
      message: `The policy file ${policy} cannot be read.`,
      hint: "Name the file with the canonical JSON that the model's owner published.",
      cause,
    });
  }
  // Editors end a file with a line break, which canonical JSON has not.
  return parsePolicy(text.replace(/\r?\n$/, ""));
}

async function loadEngine(
  config: ModelConfig,
  { policy }: PolicyDocument,
  trained: Map<string, Engine>,
): Promise<Engine> {
  const name = modelKey(config.modelId, config.version);
  const engine =
    config.engine === undefined
      ? await embeddedEngine(config, policy, trained)
      : createOpenaiEngine(config.engine, await readApiKey(config.engine));
  const mismatches = policyMismatches(policy, engine.info());
  if (mismatches.length === 0) return engine;
  throw new AssayError({
    code: "MODEL_MISMATCH",
    message: `The engine for model ${name} is not what its policy pins: ${mismatches.join("; ")}.`,
    hint: "Name the policy's own weights file and order, or run the server that the policy pins; with anything else every audit would end in a slash.",
    details: { mismatches },
  });
}

async function embeddedEngine(
  { modelId, version, weights = "", order = 0 }: ModelConfig,
  policy: Policy,
  trained: Map<string, Engine>,
): Promise<Engine> {
  if (policy.engine !== NGRAM_ENGINE) {
    throw new AssayError({
      code: "ENGINE_UNKNOWN",
      message: `The policy of model ${modelKey(modelId, version)} asks for the engine "${policy.engine}", which this worker does not have.`,
      hint: `It has ${NGRAM_ENGINE}; name a server with engine in the configuration for any other.`,
    });
  }
  const id = `${weights}\n${order}`;
  const engine = trained.get(id) ?? createNgramEngine(await readWeights(weights), order);
  trained.set(id, engine);
  return engine;
}

async function readApiKey({ apiKeyFile }: OpenaiEngineConfig): Promise<string | undefined> {
  if (apiKeyFile === undefined) return undefined;
  try {
    return (await readFile(apiKeyFile, "utf8")).split(/\r?\n/, 1)[0];
  } catch (cause) {
    throw new AssayError({
      code: "API_KEY_UNREADABLE",
      message: `The file of the engine's API key, ${apiKeyFile}, cannot be read.`,
      hint: "Name a readable file whose first line is the key, in engine.apiKeyFile.",
      cause,
    });
  }
}

async function readWeights(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new AssayError({
      code: "WEIGHTS_UNREADABLE",
      message: `The weights file ${file} cannot be read.`,
      hint: "Name the training text in weights.",
      cause,
    });
  }
}
