import { AssayError } from "@assay/sdk";

import type { Engine, EngineAnswer, EngineRequest } from "./engine.js";

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
  const pieces: Uint8Array[] = [];
  let inputUnits = 0;
  let outputUnits = 0;
  for await (const chunk of engine.generate(request, signal)) {
    pieces.push(chunk.bytes);
    ({ inputUnits, outputUnits } = chunk);
  }
  if (pieces.length === 0) {
    throw new AssayError({ code: "ENGINE_EMPTY", message: "The engine ended without an answer.", retryable: true });
  }
  return { output: Buffer.concat(pieces), inputUnits, outputUnits };
}
