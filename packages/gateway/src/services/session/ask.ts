import { type AssayError, type ChunkFrame, type FinishReason, type InferenceRequest, keccak } from "@assay/sdk";

import type { AnswerBuffer } from "../../domain/answerBuffer.js";

/** A request as it goes to providers; the same for all of them. */
export interface PreparedRequest {
  readonly request: InferenceRequest;
  /** Canonical JSON. */
  readonly json: string;
  /** Its length in UTF-8. */
  readonly bytes: number;
  /** keccak256 of it. */
  readonly hash: Uint8Array;
}

/** @param json canonical JSON of `request` */
export function prepareRequest(request: InferenceRequest, json: string): PreparedRequest {
  const text = Buffer.from(json, "utf8");
  return { request, json, bytes: text.length, hash: keccak(text) };
}

/** An answer with its receipt, durable here. */
export interface Answered {
  readonly jobId: string;
  readonly nonce: number;
  readonly inputUnits: number;
  readonly outputUnits: number;
  readonly fee: bigint;
  readonly finish: FinishReason;
  readonly outputHash: Uint8Array;
  readonly answer: AnswerBuffer;
}

/** What a session is asked, and who hears of it. Of `onAnswered` and `onFailed` exactly one is called, once. */
export interface Ask {
  readonly prepared: PreparedRequest;
  readonly stream: boolean;
  /** Number of the API key, for the record. */
  readonly keyId: number;
  /** A piece came; `text` is what of it a client reads. Not called after `cancel`. */
  readonly onPiece: (chunk: ChunkFrame, text: string) => void;
  /** All pieces are there and the receipt is right; it is about to be durable. */
  readonly onComplete?: () => void;
  readonly onAnswered: (answered: Answered) => void;
  /** It came to nothing and costs nothing, whatever pieces came before. */
  readonly onFailed: (error: AssayError) => void;
}

/** Lets go of an ask. */
export interface AskHandle {
  /** The client is gone: what was not sent is dropped, what is in work is stopped and what was delivered is paid. */
  cancel(): void;
}
