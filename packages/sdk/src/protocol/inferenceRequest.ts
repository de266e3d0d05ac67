import { z } from "zod";

import { AssayError } from "../errors.js";
import { canonicalJson, type JsonValue } from "./canonicalJson.js";
import { keccakHex } from "./keccak.js";

/** Most output that is wanted and paid for, in the policy's units; at most its `maxOutputUnits`. */
const maxOutputUnits = z.int().min(1);
/** The output ends before the first of these. */
const stop = z.array(z.string().min(1)).min(1).max(4).optional();
/** Of the decoding, where the policy's temperature is above 0. */
const seed = z.int().nonnegative().optional();

const completionSchema = z.strictObject({ prompt: z.string(), maxOutputUnits, stop, seed });

/** A message as OpenAI's chat API has it. Fields that are not named here go to the engine as they are. */
const messageSchema = z.looseObject({
  role: z.enum(["system", "developer", "user", "assistant", "tool"]),
  content: z.union([z.string(), z.array(z.looseObject({ type: z.string() })), z.null()]).optional(),
});

const chatSchema = z.strictObject({
  messages: z.array(messageSchema).min(1),
  maxOutputUnits,
  stop,
  seed,
  /** OpenAI's `tools`, `tool_choice` and `response_format`, for engines that have them. */
  tools: z
    .array(z.looseObject({ type: z.string() }))
    .min(1)
    .optional(),
  toolChoice: z.union([z.string(), z.looseObject({ type: z.string() })]).optional(),
  responseFormat: z.looseObject({ type: z.string() }).optional(),
});

/** Texts to embed. Its output has no units: `maxOutputUnits` is 1 by convention. */
const embeddingSchema = z.strictObject({ input: z.array(z.string()).min(1), maxOutputUnits });

/** What a requester asks a model. Everything else that decides the answer is in the model version's policy. */
export const inferenceRequestSchema = z.union([completionSchema, chatSchema, embeddingSchema]);

export type CompletionRequest = z.infer<typeof completionSchema>;
export type ChatRequest = z.infer<typeof chatSchema>;
export type ChatMessage = z.infer<typeof messageSchema>;
export type EmbeddingRequest = z.infer<typeof embeddingSchema>;
export type InferenceRequest = z.infer<typeof inferenceRequestSchema>;

/** A request with its only text and hash. */
export interface RequestDocument<Request extends InferenceRequest = InferenceRequest> {
  readonly request: Request;
  /** Canonical JSON. */
  readonly json: string;
  /** keccak256 of `json`: what the job and the receipt hold. */
  readonly requestHash: string;
}

/** The one of the three shapes that a value is meant to be, so that what is wrong with it is said about that one. */
function schemaFor(value: unknown): z.ZodType<InferenceRequest> {
  if (typeof value === "object" && value !== null) {
    if ("messages" in value) return chatSchema;
    if ("input" in value) return embeddingSchema;
  }
  return completionSchema;
}

/**
 * Checks a request and gives its canonical text and its hash.
 *
 * @throws AssayError `INVALID_REQUEST`; its details name the field
 *
 * @example
 * const { json, requestHash } = requestDocument({ prompt: "Alice was", maxOutputUnits: 200 });
 */
export function requestDocument(value: unknown): RequestDocument {
  const { success, data: request, error } = schemaFor(value).safeParse(value);
  if (!success) {
    throw new AssayError({
      code: "INVALID_REQUEST",
      message: `The request is not valid: ${error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; ")}.`,
      details: { field: error.issues[0]?.path.join(".") ?? "" },
      cause: error,
    });
  }
  const json = canonicalJson(withoutUndefined(request));
  return { request, json, requestHash: keccakHex(json) };
}

/** Canonical JSON has no undefined values; an optional field that is named but not given is not there. */
function withoutUndefined(request: InferenceRequest): JsonValue {
  // What the schemas let through came from JSON; `canonicalJson` checks every value again.
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined)) as JsonValue;
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
