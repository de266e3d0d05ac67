import { canonicalJson, type JsonValue } from "./canonicalJson.js";
import type { ToolCall } from "./sessionApi.js";

/** What a model answered, whole. Exactly one of `text` (with or without `toolCalls`) and `embeddings` is there. */
export interface ModelOutput {
  /** Bytes, because a model on bytes may end inside a character. */
  readonly text?: Uint8Array;
  readonly toolCalls?: readonly ToolCall[];
  readonly embeddings?: readonly (readonly number[])[];
}

/**
 * The bytes of an output: what the digest of a receipt is made of. Text stands for itself; anything more is canonical JSON, whose
 * pieces do not depend on how an engine cut its stream.
 */
export function outputBytes({ text = new Uint8Array(), toolCalls, embeddings }: ModelOutput): Uint8Array {
  if (embeddings !== undefined) return utf8(canonicalJson({ embeddings }));
  if (toolCalls === undefined || toolCalls.length === 0) return text;
  return utf8(canonicalJson({ text: new TextDecoder().decode(text), toolCalls: toolCalls as unknown as JsonValue }));
}

const utf8 = (value: string): Uint8Array => new TextEncoder().encode(value);
