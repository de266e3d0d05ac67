import { z } from "zod";

import { AssayError } from "../errors.js";
import { canonicalJson } from "./canonicalJson.js";
import { keccakHex } from "./keccak.js";
import type { ModelVersion } from "./types.js";

const DECIMAL = /^(0|[1-9][0-9]*)$/;

/** Amounts in JSON are decimal strings, because a JSON number is exact only up to 2⁵³. */
const uintText = (least: bigint, most: bigint) =>
  z.string().refine((value) => DECIMAL.test(value) && BigInt(value) >= least && BigInt(value) <= most, {
    message: `must be a decimal integer in a string, from ${least.toString()} to ${most.toString()}`,
  });

/** Requests are opened in calldata; sixteen of this size fit one transaction. */
const MAX_DATA_BYTES = 8_192;

const text = z.string().min(1).max(200);

/**
 * A model version's policy: what "the same computation" means. Two programs that follow it give the same bytes for the
 * same request. Its hash is the `policyId` that every receipt names, so a field that no program understands is refused.
 */
export const policySchema = z
  .strictObject({
    /** How an answer is verified. */
    mode: z.literal("exact"),
    engine: text,
    engineVersion: text,
    /** keccak256 of the weights; the engine says over what. */
    weights: z.string().regex(/^0x[0-9a-f]{64}$/, "must be 32 bytes in lower-case hex"),
    /** Context of an n-gram engine, in units. */
    order: z.int().min(1).max(32).optional(),
    /** Name or hash; an engine on bytes says `bytes`. */
    tokenizer: text,
    /** Name or hash of the prompt template; `none` for the prompt as it is. */
    template: text,
    /** Explicit, because an implicit choice differs between two kinds of hardware. */
    precision: z.strictObject({ weights: text, activations: text, kvCache: text }),
    hardwareClass: text,
    maxOutputUnits: z.int().min(1),
    temperature: z.number().min(0).max(2),
    /** k: sample points of an audit, at most what the registry takes. */
    samplePoints: z.int().min(1).max(16),
    /** d: chance that one bad sampled unit is recognised, WAD. */
    detection: uintText(1n, 10n ** 18n),
    /** Fixed part of a panelist's fee per sample, in smallest units of the settlement asset. */
    verifierFee: uintText(0n, 2n ** 96n - 1n),
    /** Largest request, in bytes, so that it can always be opened on chain. */
    maxDataBytes: z.int().min(1).max(MAX_DATA_BYTES),
  })
  .refine((policy) => policy.engine !== "ngram" || policy.order !== undefined, {
    path: ["order"],
    message: "an n-gram engine needs it",
  });

export type Policy = z.infer<typeof policySchema>;

/** A policy with its only text and hash. */
export interface PolicyDocument {
  readonly policy: Policy;
  /** Canonical JSON. */
  readonly json: string;
  /** keccak256 of `json`. */
  readonly policyId: string;
}

/**
 * Checks a policy and gives its canonical text and its hash.
 *
 * @throws AssayError `INVALID_POLICY`
 */
export function policyDocument(value: unknown): PolicyDocument {
  const { success, data: policy, error } = policySchema.safeParse(value);
  if (!success) {
    throw new AssayError({
      code: "INVALID_POLICY",
      message: `The policy is not valid: ${error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; ")}.`,
      cause: error,
    });
  }
  const { order, ...rest } = policy;
  const json = canonicalJson(order === undefined ? rest : { ...rest, order });
  return { policy, json, policyId: keccakHex(json) };
}

/**
 * Reads a policy from its text, which must be canonical: any other text of the same policy has another hash.
 *
 * @throws AssayError `INVALID_POLICY`, `POLICY_NOT_CANONICAL`
 */
export function parsePolicy(json: string): PolicyDocument {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new AssayError({ code: "INVALID_POLICY", message: "The policy is not JSON.", cause });
  }
  const document = policyDocument(value);
  if (document.json === json) return document;
  throw new AssayError({
    code: "POLICY_NOT_CANONICAL",
    message: "The policy is not canonical JSON, so it has another hash.",
    hint: "Publish the text that `policyDocument` gives.",
  });
}

/** What a model version with this policy pins on chain. */
export function versionOfPolicy({ policy, policyId }: PolicyDocument): ModelVersion {
  return {
    policyId,
    verifierFee: BigInt(policy.verifierFee),
    detection: BigInt(policy.detection),
    samplePoints: BigInt(policy.samplePoints),
  };
}
