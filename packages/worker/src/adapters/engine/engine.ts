import type { FinishReason, InferenceRequest, ModelEndpoint, ToolCall } from "@assay/sdk";

import type { EngineInfo } from "../../domain/policyMatch.js";

/** One inference: what was asked, and what the model's policy fixes about the decoding. */
export interface EngineRequest {
  readonly request: InferenceRequest;
  readonly temperature: number;
  readonly template: string;
}

/** A piece of the output, at most one of `text`, `toolCalls` and `embeddings`. The units are totals up to and including this piece. */
export interface EngineChunk {
  /** UTF-8, cut between characters wherever there is more to come. */
  readonly text?: Uint8Array;
  /** All tool calls of the answer, complete. */
  readonly toolCalls?: readonly ToolCall[];
  /** All vectors of the answer. */
  readonly embeddings?: readonly (readonly number[])[];
  readonly inputUnits: number;
  readonly outputUnits: number;
  /**
   * True if `outputUnits` is a guess until the last piece, so that nobody could ask for exactly what was given so far. An answer that is
   * cancelled after such a piece costs nothing.
   */
  readonly estimated?: boolean;
  /** On the last piece: why the answer ends. */
  readonly finish?: FinishReason;
}

/**
 * What computes answers. Two engines with equal `info()` give equal bytes for equal requests, and the answer to a request whose `maxOutputUnits`
 * is lowered to the units of a piece is exactly what was given up to that piece.
 *
 * `generate` throws an `AssayError`: not retryable if the request cannot be served by this engine at all, retryable if the engine is away. When
 * `signal` aborts, it stops at the next piece and throws the signal's reason.
 */
export interface Engine {
  /** What its units count. */
  readonly unit: "bytes" | "tokens";
  readonly endpoints: readonly ModelEndpoint[];
  info(): EngineInfo;
  /**
   * Most input units that `generate` can count for a request: what a price is made from before anything is generated.
   *
   * @throws AssayError `UNSUPPORTED_REQUEST`
   */
  inputUnits(request: InferenceRequest): number;
  generate(request: EngineRequest, signal: AbortSignal): AsyncIterable<EngineChunk>;
  /** Asks whether it is there, for engines that can be away. @throws AssayError why not */
  check?(signal: AbortSignal): Promise<string>;
}

/** A whole answer. */
export interface EngineAnswer {
  /** `outputBytes` of it. */
  readonly output: Uint8Array;
  readonly inputUnits: number;
  readonly outputUnits: number;
  readonly finish: FinishReason;
}
