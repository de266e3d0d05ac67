import {
  AssayError,
  canonicalJson,
  type FinishReason,
  type InferenceRequest,
  keccakHex,
  type ModelEndpoint,
  type ToolCall,
} from "@assay/sdk";
import { z } from "zod";

import type { OpenaiEngineConfig } from "../../domain/configSchema.js";
import type { EngineInfo } from "../../domain/policyMatch.js";
import type { Engine, EngineChunk, EngineRequest } from "./engine.js";
import { OpenaiServer } from "./openaiServer.js";
import { invalid } from "./serverSentEvents.js";

/** A tokenizer gives at most a token a byte; a chat template adds some around each message, and a default system message. */
const TEMPLATE_UNITS = 64;

const usageSchema = z.object({
  prompt_tokens: z.int().nonnegative(),
  completion_tokens: z.int().nonnegative().default(0),
});

const callDeltaSchema = z.object({
  index: z.int().nonnegative().max(1_000).default(0),
  function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
});

const eventSchema = z.object({
  choices: z
    .array(
      z.object({
        text: z.string().nullish(),
        delta: z.object({ content: z.string().nullish(), tool_calls: z.array(callDeltaSchema).nullish() }).nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .default([]),
  usage: usageSchema.nullish(),
});

const embeddingsSchema = z.object({
  data: z.array(z.object({ index: z.int().nonnegative(), embedding: z.array(z.number()) })),
  usage: usageSchema,
});

type StreamEvent = z.infer<typeof eventSchema>;

/**
 * An engine behind a URL that speaks OpenAI's API: vLLM, SGLang, the server of llama.cpp, Ollama. Its units are tokens, as the server counts
 * them. What the server runs is the operator's word, `pins`.
 *
 * Ids of tool calls are made from the calls, because servers draw them at random and the answer is to be the same everywhere.
 *
 * @example
 * const engine = createOpenaiEngine({ type: "openai", url: "http://127.0.0.1:8000", model: "qwen", ... });
 */
export function createOpenaiEngine(config: OpenaiEngineConfig, apiKey?: string): Engine {
  const { pins, endpoints } = config;
  const { template, ...pinned } = pins;
  const server = new OpenaiServer({
    url: config.url,
    timeoutMs: config.timeoutSeconds * 1_000,
    ...(apiKey !== undefined && { apiKey }),
  });
  const info: EngineInfo = { ...pinned, templates: [template] };
  const inputUnits = (request: InferenceRequest): number => {
    const endpoint = endpointOf(request);
    if (!endpoints.includes(endpoint)) throw unsupported(endpoint);
    const parts = "messages" in request ? request.messages.length : 1;
    return Buffer.byteLength(JSON.stringify(request)) + TEMPLATE_UNITS * (parts + 1);
  };
  return {
    unit: "tokens",
    endpoints,
    info: () => info,
    inputUnits,
    generate: (request, signal) =>
      "input" in request.request
        ? embed(server, config.model, request.request.input, inputUnits(request.request), signal)
        : generate(server, config.model, request, inputUnits(request.request), signal),
    check: async (signal) => {
      const models = await server.models(signal);
      if (models.includes(config.model)) return `${config.url} has the model ${config.model}`;
      throw new AssayError({
        code: "ENGINE_MODEL_UNKNOWN",
        message: `The engine at ${config.url} has no model "${config.model}", only ${models.join(", ") || "none"}.`,
        hint: "Correct engine.model in the configuration, or load the model into the server.",
      });
    },
  };
}

function endpointOf(request: InferenceRequest): ModelEndpoint {
  if ("messages" in request) return "chat";
  return "input" in request ? "embeddings" : "completions";
}

function unsupported(endpoint: ModelEndpoint): AssayError {
  return new AssayError({
    code: "UNSUPPORTED_REQUEST",
    message: `This model has no ${endpoint} endpoint.`,
    hint: "The provider's metadata says which endpoints it has.",
  });
}

async function* embed(
  server: OpenaiServer,
  model: string,
  input: readonly string[],
  mostUnits: number,
  signal: AbortSignal,
): AsyncGenerator<EngineChunk> {
  const answer = await server.json("/v1/embeddings", { model, input, encoding_format: "float" }, signal);
  const { success, data: parsed, error } = embeddingsSchema.safeParse(answer);
  if (!success) throw invalid("holds no embeddings", error);
  const vectors = parsed.data.toSorted((a, b) => a.index - b.index).map(({ embedding }) => embedding);
  if (vectors.length !== input.length) throw invalid(`holds ${vectors.length} embeddings of ${input.length} texts`);
  const inputUnits = Math.min(parsed.usage.prompt_tokens, mostUnits);
  yield { embeddings: vectors, inputUnits, outputUnits: 0, finish: "stop" };
}

async function* generate(
  server: OpenaiServer,
  model: string,
  { request, temperature }: EngineRequest,
  mostUnits: number,
  signal: AbortSignal,
): AsyncGenerator<EngineChunk> {
  const path = "messages" in request ? "/v1/chat/completions" : "/v1/completions";
  const calls = new ToolCalls();
  const encoder = new TextEncoder();
  let pieces = 0;
  let finish: FinishReason | undefined;
  let usage: StreamEvent["usage"];
  for await (const data of server.events(path, bodyOf(model, request, temperature), signal)) {
    const event = readEvent(data);
    usage = event.usage ?? usage;
    const choice = event.choices[0];
    if (choice === undefined) continue;
    calls.add(choice.delta?.tool_calls ?? []);
    finish = finishOf(choice.finish_reason) ?? finish;
    const text = choice.delta?.content ?? choice.text ?? "";
    if (text === "") continue;
    pieces += 1;
    yield {
      text: encoder.encode(text),
      inputUnits: Math.min(usage?.prompt_tokens ?? 0, mostUnits),
      outputUnits: Math.min(event.usage?.completion_tokens ?? pieces, request.maxOutputUnits),
      estimated: event.usage === undefined || event.usage === null,
    };
  }
  if (finish === undefined) throw cutOff();
  if (usage === undefined || usage === null) throw noUsage();
  const toolCalls = calls.all();
  yield {
    ...(toolCalls.length > 0 && { toolCalls }),
    inputUnits: Math.min(usage.prompt_tokens, mostUnits),
    outputUnits: Math.min(usage.completion_tokens, request.maxOutputUnits),
    finish: toolCalls.length > 0 ? "tool_calls" : finish,
  };
}

function bodyOf(model: string, request: EngineRequest["request"], temperature: number): object {
  const common = {
    model,
    max_tokens: request.maxOutputUnits,
    temperature,
    stream: true,
    // Servers that do not know the second one leave it out of account.
    stream_options: { include_usage: true, continuous_usage_stats: true },
  };
  if ("messages" in request) {
    const { messages, stop, seed, tools, toolChoice, responseFormat } = request;
    return {
      ...common,
      messages,
      ...(stop !== undefined && { stop }),
      ...(seed !== undefined && { seed }),
      ...(tools !== undefined && { tools }),
      ...(toolChoice !== undefined && { tool_choice: toolChoice }),
      ...(responseFormat !== undefined && { response_format: responseFormat }),
    };
  }
  if ("input" in request) return common;
  const { prompt, stop, seed } = request;
  return { ...common, prompt, ...(stop !== undefined && { stop }), ...(seed !== undefined && { seed }) };
}

function readEvent(data: string): StreamEvent {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch (cause) {
    throw invalid("holds an event that is not JSON", cause);
  }
  if (typeof value === "object" && value !== null && "error" in value) throw failedWithin(value.error);
  const { success, data: event, error } = eventSchema.safeParse(value);
  if (!success) throw invalid("holds an event that is none of the API", error);
  return event;
}

const FINISHES: ReadonlySet<string> = new Set<FinishReason>(["stop", "length", "tool_calls", "content_filter"]);

function finishOf(reason: string | null | undefined): FinishReason | undefined {
  if (reason === null || reason === undefined) return undefined;
  // Servers have names of their own for ends that come to the same.
  return FINISHES.has(reason) ? (reason as FinishReason) : "stop";
}

/** Puts the pieces of tool calls together. */
class ToolCalls {
  readonly #calls = new Map<number, { name: string; arguments: string }>();

  add(deltas: readonly z.infer<typeof callDeltaSchema>[]): void {
    for (const { index, function: piece } of deltas) {
      const call = this.#calls.get(index) ?? { name: "", arguments: "" };
      call.name += piece?.name ?? "";
      call.arguments += piece?.arguments ?? "";
      this.#calls.set(index, call);
    }
  }

  /** @throws AssayError `ENGINE_STREAM_INVALID` if one has no name */
  all(): ToolCall[] {
    const ordered = [...this.#calls].sort(([a], [b]) => a - b);
    return ordered.map(([, call], position) => {
      if (call.name === "") throw invalid("holds a tool call without a name");
      const id = `call_${keccakHex(canonicalJson({ ...call, position })).slice(2, 26)}`;
      return { id, type: "function", function: call };
    });
  }
}

function failedWithin(error: unknown): AssayError {
  const said = typeof error === "object" && error !== null && "message" in error ? String(error.message) : "";
  return new AssayError({
    code: "ENGINE_FAILED",
    message: `The engine gave up: ${said.slice(0, 300) || "it did not say why"}.`,
    retryable: true,
  });
}

function cutOff(): AssayError {
  return new AssayError({
    code: "ENGINE_CUT_OFF",
    message: "The engine's answer ended before it was complete.",
    hint: "Look at the engine's own log: it may have been stopped, or run out of memory.",
    retryable: true,
  });
}

function noUsage(): AssayError {
  return new AssayError({
    code: "ENGINE_NO_USAGE",
    message: "The engine did not say how many tokens its answer has.",
    hint: "Its server must support stream_options.include_usage.",
  });
}
