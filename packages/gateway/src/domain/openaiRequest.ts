import type { ChatRequest, InferenceRequest } from "@assay/sdk";

import { badParameter } from "./apiFault.js";
import { parseWishes, type RoutingWishes } from "./routingWishes.js";

/** Which of OpenAI's paths a request came to. */
export type Endpoint = "chat" | "completions" | "embeddings";

/** A request to a model without the length of its answer, which the model decides where the client does not. */
export type RequestBody =
  | Omit<ChatRequest, "maxOutputUnits">
  | { readonly prompt: string; readonly stop?: string[]; readonly seed?: number }
  | { readonly input: string[] };

/** A client's request, understood. */
export interface ParsedRequest {
  readonly endpoint: Endpoint;
  readonly model: string;
  readonly body: RequestBody;
  /** Most output units, if the client says so, and the field it said it in. */
  readonly wanted: { readonly units: number; readonly param: string } | undefined;
  readonly stream: boolean;
  /** A chunk with the usage before the end of a stream. */
  readonly includeUsage: boolean;
  /** Embeddings: as OpenAI's `encoding_format`. */
  readonly base64: boolean;
  readonly wishes: RoutingWishes;
}

type Fields = Readonly<Record<string, unknown>>;

const ROLES: ReadonlySet<unknown> = new Set(["system", "developer", "user", "assistant", "tool"]);

/** Fields that do nothing here and promise nothing about the answer. */
const NEUTRAL: ReadonlySet<string> = new Set([
  "model",
  "messages",
  "prompt",
  "input",
  "max_tokens",
  "max_completion_tokens",
  "stop",
  "seed",
  "tools",
  "tool_choice",
  "response_format",
  "stream",
  "stream_options",
  "provider",
  "encoding_format",
  "n",
  "best_of",
  "echo",
  "logprobs",
  "modalities",
  "user",
  "metadata",
  "store",
  "safety_identifier",
  "prompt_cache_key",
  "service_tier",
  "usage",
  "transforms",
]);

/** Fields that would change the answer in a way that cannot be served. */
const REFUSED: Readonly<Record<string, (value: unknown) => boolean>> = {
  n: (value) => value !== 1,
  best_of: (value) => value !== 1,
  echo: (value) => value !== false,
  logprobs: (value) => value !== false,
  top_logprobs: () => true,
  audio: () => true,
  modalities: (value) => !(Array.isArray(value) && value.every((item) => item === "text")),
  functions: () => true,
  function_call: () => true,
  suffix: () => true,
  prediction: () => true,
  web_search_options: () => true,
  dimensions: () => true,
};

/**
 * Reads the body of a request to one of OpenAI's paths. Hand-written, because it is on the way of every request. Sampling fields that the
 * model's policy pins are ignored, unless the client demands that every field counts.
 *
 * @throws AssayError with status 400 that names the field
 */
export function parseOpenAiRequest(endpoint: Endpoint, value: unknown): ParsedRequest {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badParameter("body", "The body must be a JSON object.", "invalid_type");
  }
  const fields = value as Fields;
  const wishes = parseWishes(fields["provider"]);
  refuse(fields, wishes.requireParameters);
  const { model } = fields;
  if (typeof model !== "string" || model === "") {
    throw badParameter("model", "You must provide a model.", "missing_required_parameter");
  }
  const stream = flag(fields, "stream");
  return {
    endpoint,
    model,
    body: bodyOf(endpoint, fields),
    wanted: endpoint === "embeddings" ? undefined : wantedOutput(fields),
    stream: stream && endpoint !== "embeddings",
    includeUsage: stream && usageWanted(fields["stream_options"]),
    base64: endpoint === "embeddings" && base64Wanted(fields["encoding_format"]),
    wishes,
  };
}

/** The request itself, with the length of its answer. */
export function requestOf(body: RequestBody, maxOutputUnits: number): InferenceRequest {
  return { ...body, maxOutputUnits };
}

function refuse(fields: Fields, everyFieldCounts: boolean): void {
  for (const key in fields) {
    const value = fields[key];
    if (value === null || value === undefined) continue;
    if (REFUSED[key]?.(value) === true) {
      throw badParameter(key, `${key} is not supported with this value.`, "unsupported_parameter");
    }
    if (everyFieldCounts && !NEUTRAL.has(key)) {
      throw badParameter(
        key,
        `${key} has no effect here: the model's policy pins how it decodes, and provider.require_parameters asks that every field counts.`,
        "unsupported_parameter",
      );
    }
  }
}

function bodyOf(endpoint: Endpoint, fields: Fields): RequestBody {
  if (endpoint === "embeddings") return { input: inputOf(fields["input"]) };
  const stop = stopOf(fields["stop"]);
  const seed = seedOf(fields["seed"]);
  const decoding = { ...(stop !== undefined && { stop }), ...(seed !== undefined && { seed }) };
  if (endpoint === "completions") return { prompt: promptOf(fields["prompt"]), ...decoding };
  const tools = toolsOf(fields["tools"]);
  const toolChoice = tools === undefined ? undefined : typed(fields["tool_choice"], "tool_choice", true);
  const responseFormat = typed(fields["response_format"], "response_format", false);
  return {
    messages: messagesOf(fields["messages"]),
    ...decoding,
    ...(tools !== undefined && { tools }),
    ...(toolChoice !== undefined && { toolChoice }),
    ...(responseFormat !== undefined && { responseFormat: responseFormat as { type: string } }),
  };
}

function messagesOf(value: unknown): ChatRequest["messages"] {
  if (value === undefined) throw badParameter("messages", "messages is missing.", "missing_required_parameter");
  if (!Array.isArray(value) || value.length === 0)
    throw badParameter("messages", "messages must be a list of at least one message.");
  for (let index = 0; index < value.length; index += 1) requireMessage(value[index], `messages[${index}]`);
  return value as ChatRequest["messages"];
}

function requireMessage(message: unknown, at: string): void {
  if (typeof message !== "object" || message === null) throw badParameter(at, `${at} must be an object.`);
  const { role, content } = message as Fields;
  if (!ROLES.has(role))
    throw badParameter(`${at}.role`, `${at}.role must be system, developer, user, assistant or tool.`);
  if (typeof content === "string" || content === null) return;
  if (content === undefined) {
    if (role === "assistant") return;
    throw badParameter(`${at}.content`, `${at}.content is missing.`, "missing_required_parameter");
  }
  if (!Array.isArray(content)) throw badParameter(`${at}.content`, `${at}.content must be a text or a list of parts.`);
  content.forEach((part: unknown, index) => {
    if (typeof part !== "object" || part === null || typeof (part as Fields)["type"] !== "string") {
      throw badParameter(`${at}.content[${index}]`, `${at}.content[${index}] must be an object with a type.`);
    }
    if ((part as Fields)["type"] === "input_audio") {
      throw badParameter(`${at}.content[${index}]`, "Audio is not supported.", "unsupported_parameter");
    }
  });
}

function promptOf(value: unknown): string {
  if (value === undefined) throw badParameter("prompt", "prompt is missing.", "missing_required_parameter");
  const only: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (typeof only === "string") return only;
  throw badParameter("prompt", "prompt must be one text: several prompts and lists of tokens are not supported.");
}

function inputOf(value: unknown): string[] {
  if (value === undefined) throw badParameter("input", "input is missing.", "missing_required_parameter");
  if (typeof value === "string") return [value];
  if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string")) return value;
  throw badParameter("input", "input must be a text or a list of texts; lists of tokens are not supported.");
}

function stopOf(value: unknown): string[] | undefined {
  if (value === undefined || value === null) return undefined;
  const list = Array.isArray(value) ? value : [value];
  if (list.length === 0) return undefined;
  if (list.length <= 4 && list.every((item) => typeof item === "string" && item !== "")) return list as string[];
  throw badParameter("stop", "stop must be a text or up to four texts, none of them empty.");
}

function seedOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw badParameter("seed", "seed must be an integer, 0 or more.");
}

function toolsOf(value: unknown): { type: string }[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw badParameter("tools", "tools must be a list.");
  if (value.length === 0) return undefined;
  value.forEach((tool, index) => {
    typed(tool, `tools[${index}]`, false);
  });
  return value as { type: string }[];
}

function typed(value: unknown, field: string, orText: boolean): string | { type: string } | undefined {
  if (value === undefined || value === null) return undefined;
  if (orText && typeof value === "string") return value;
  if (typeof value === "object" && typeof (value as Fields)["type"] === "string") return value as { type: string };
  throw badParameter(field, `${field} must be an object with a type.`);
}

function wantedOutput(fields: Fields): ParsedRequest["wanted"] {
  for (const param of ["max_completion_tokens", "max_tokens"]) {
    const value = fields[param];
    if (value === undefined || value === null) continue;
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return { units: value, param };
    throw badParameter(param, `${param} must be an integer, 1 or more.`);
  }
  return undefined;
}

function flag(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (value === undefined || value === null) return false;
  if (typeof value === "boolean") return value;
  throw badParameter(name, `${name} must be true or false.`, "invalid_type");
}

function usageWanted(options: unknown): boolean {
  if (options === undefined || options === null) return false;
  if (typeof options !== "object") throw badParameter("stream_options", "stream_options must be an object.");
  return flag(options as Fields, "include_usage");
}

function base64Wanted(value: unknown): boolean {
  if (value === undefined || value === null || value === "float") return false;
  if (value === "base64") return true;
  throw badParameter("encoding_format", "encoding_format must be float or base64.");
}
