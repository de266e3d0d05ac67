import { z } from "zod";

import { AssayError } from "../errors.js";
import { canonicalJson } from "./canonicalJson.js";
import { keccakHex } from "./keccak.js";

/** What a requester asks a model. Everything else that decides the answer is in the model version's policy. */
export const inferenceRequestSchema = z.strictObject({
  prompt: z.string(),
  /** Most output that is wanted and paid for, in the policy's units; at most its `maxOutputUnits`. */
  maxOutputUnits: z.int().min(1),
});

export type InferenceRequest = z.infer<typeof inferenceRequestSchema>;

/** A request with its only text and hash. */
export interface RequestDocument {
  readonly request: InferenceRequest;
  /** Canonical JSON. */
  readonly json: string;
  /** keccak256 of `json`: what the job and the receipt hold. */
  readonly requestHash: string;
}

/**
 * Checks a request and gives its canonical text and its hash.
 *
 * @throws AssayError `INVALID_REQUEST`
 *
 * @example
 * const { json, requestHash } = requestDocument({ prompt: "Alice was", maxOutputUnits: 200 });
 */
export function requestDocument(value: unknown): RequestDocument {
  const { success, data: request, error } = inferenceRequestSchema.safeParse(value);
  if (!success) {
    throw new AssayError({
      code: "INVALID_REQUEST",
      message: `The request is not valid: ${error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; ")}.`,
      cause: error,
    });
  }
  const json = canonicalJson(request);
  return { request, json, requestHash: keccakHex(json) };
}

/**
 * Reads a request from its text, which must be canonical: any other text of the same request has another hash.
 *
 * @throws AssayError `INVALID_REQUEST`, `REQUEST_NOT_CANONICAL`
 */
export function parseRequest(json: string): RequestDocument {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new AssayError({ code: "INVALID_REQUEST", message: "The request is not JSON.", cause });
  }
  const document = requestDocument(value);
  if (document.json === json) return document;
  throw new AssayError({
    code: "REQUEST_NOT_CANONICAL",
    message: "The request is not canonical JSON, so it has another hash.",
    hint: "Send the text that `requestDocument` gives.",
  });
}
