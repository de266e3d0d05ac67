import { AssayError, type ModelOutput, outputBytes } from "@assay/sdk";

import type { Engine, EngineAnswer, EngineChunk, EngineRequest } from "./engine.js";

/**
 * Runs an inference to its end.
 *
 * @throws AssayError `ENGINE_EMPTY` (retryable) if the engine ended without a piece; otherwise what the engine throws.
 *
 * @example
 * const { output } = await collectAnswer(engine, request, AbortSignal.timeout(60_000));
 */
export async function collectAnswer(
  engine: Engine,
  request: EngineRequest,
  signal: AbortSignal,
): Promise<EngineAnswer> {
  const pieces: EngineChunk[] = [];
  for await (const chunk of engine.generate(request, signal)) pieces.push(chunk);
  const last = pieces.at(-1);
  if (last === undefined) throw engineEmpty();
  const { inputUnits, outputUnits, finish = "stop" } = last;
  return { output: outputBytes(mergePieces(pieces)), inputUnits, outputUnits, finish };
}

/** The whole output that pieces make up. */
export function mergePieces(pieces: readonly EngineChunk[]): ModelOutput {
  const texts = pieces.flatMap(({ text }) => text ?? []);
  const toolCalls = pieces.findLast((piece) => piece.toolCalls !== undefined)?.toolCalls;
  const embeddings = pieces.findLast((piece) => piece.embeddings !== undefined)?.embeddings;
  if (embeddings !== undefined) return { embeddings };
  const [only] = texts;
  const text = texts.length === 1 && only !== undefined ? only : Buffer.concat(texts);
  return toolCalls === undefined ? { text } : { text, toolCalls };
}

export function engineEmpty(): AssayError {
  return new AssayError({ code: "ENGINE_EMPTY", message: "The engine ended without an answer.", retryable: true });
}
