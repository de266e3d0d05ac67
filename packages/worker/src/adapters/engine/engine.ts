import type { EngineInfo } from "../../domain/policyMatch.js";

/** One inference: the request's fields and the template of the model's policy. */
export interface EngineRequest {
  readonly prompt: string;
  readonly maxOutputUnits: number;
  readonly temperature: number;
  readonly template: string;
}

/** A piece of the output. The units are totals up to and including this piece. */
export interface EngineChunk {
  readonly bytes: Uint8Array;
  readonly inputUnits: number;
  readonly outputUnits: number;
}

/**
 * What computes answers. Two engines with equal `info()` give equal bytes for equal requests.
 *
 * `generate` throws an `AssayError`: not retryable if the request cannot be served by this engine at all, retryable if the engine is away. When
 * `signal` aborts, it stops at the next piece and throws the signal's reason.
 */
export interface Engine {
  info(): EngineInfo;
  /** Input units of a prompt, as `generate` counts them: what a price is made from before anything is generated. */
  inputUnits(prompt: string): number;
  generate(request: EngineRequest, signal: AbortSignal): AsyncIterable<EngineChunk>;
}

/** A whole answer. */
export interface EngineAnswer {
  readonly output: Uint8Array;
  readonly inputUnits: number;
  readonly outputUnits: number;
}
