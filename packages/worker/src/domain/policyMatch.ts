import type { Policy } from "@assay/sdk";

/** What an engine computes with: everything of it that a policy pins. */
export interface EngineInfo {
  readonly engine: string;
  readonly engineVersion: string;
  /** Hash of the weights, 0x-prefixed. What exactly is hashed is the engine's to define. */
  readonly weights: string;
  /** Of an engine that has one. */
  readonly order?: number;
  readonly tokenizer: string;
  /** The templates it can apply to a prompt. */
  readonly templates: readonly string[];
  readonly precision: Policy["precision"];
  readonly hardwareClass: string;
  /** The only temperature that it can decode at; left out if it can at any. */
  readonly temperature?: number;
}

/** What a model's owner decides about a policy; the engine decides the rest. */
export type PolicyTerms = Pick<
  Policy,
  "template" | "maxOutputUnits" | "samplePoints" | "detection" | "verifierFee" | "maxDataBytes"
> & {
  /** 0 where it is left out; an engine that decodes at one temperature only decides it. */
  readonly temperature?: number;
};

/**
 * The policy of a model that this engine runs, for `policyDocument` to make canonical.
 *
 * @example
 * const { json, policyId } = policyDocument(policyOf(engine.info(), {
 *   template: "none", maxOutputUnits: 256, samplePoints: 1, detection: "1000000000000000000", verifierFee: "1000", maxDataBytes: 8192,
 * }));
 */
export function policyOf({ templates: _, ...pinned }: EngineInfo, terms: PolicyTerms): Policy {
  return { mode: "exact", temperature: 0, ...terms, ...pinned };
}

/** Every way in which an engine is not what a policy pins, in words; empty if it matches. */
export function policyMismatches(policy: Policy, info: EngineInfo): string[] {
  const mismatches: string[] = [];
  const compare = (field: string, wanted: unknown, actual: unknown): void => {
    if (wanted !== actual) mismatches.push(`${field} is ${String(actual)}, the policy wants ${String(wanted)}`);
  };
  compare("engine", policy.engine, info.engine);
  compare("engineVersion", policy.engineVersion, info.engineVersion);
  compare("order", policy.order, info.order);
  compare("weights", policy.weights, info.weights);
  compare("tokenizer", policy.tokenizer, info.tokenizer);
  compare("precision.weights", policy.precision.weights, info.precision.weights);
  compare("precision.activations", policy.precision.activations, info.precision.activations);
  compare("precision.kvCache", policy.precision.kvCache, info.precision.kvCache);
  compare("hardwareClass", policy.hardwareClass, info.hardwareClass);
  if (info.temperature !== undefined) compare("temperature", policy.temperature, info.temperature);
  if (!info.templates.includes(policy.template)) {
    mismatches.push(`the engine has no template ${policy.template}, only ${info.templates.join(" and ")}`);
  }
  return mismatches;
}
