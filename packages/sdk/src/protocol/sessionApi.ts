/**
 * What a requester's program and a provider's worker say to each other in a session.
 *
 * A session is opened on the chain (a job of kind `Session`, quoted at `POST /v1/quotes` with an empty request). From then on both
 * sides speak over one WebSocket, `GET /v1/sessions/:jobId` at the worker's endpoint. Every message is a JSON array of frames, so
 * that frames of one turn of the event loop travel together. The order of frames matters: both sides append a receipt to
 * their tree when the worker's `done` frame is sent and read, so the trees are equal without a word about it.
 *
 *   worker                               gateway
 *   challenge                        →
 *                                    ←   hello      proves the requester, says which receipts it recorded
 *   welcome                          →              where the tree stands; receipts that the gateway did not record are dropped
 *                                    ←   request    many at once
 *   chunk* → done                    →              pieces of the answer, then its receipt, durable on the worker's side
 *   failed                           →              instead of `done`: costs nothing, leaves no receipt
 *                                    ←   cancel     the worker stops; what it sent so far is the answer, see `cutRequest`
 *                                    ←   voucher    signs everything recorded so far
 *   countersigned                    →              the provider's signature over the same state
 *   rollover                         →              a batch is being committed: the next tree begins at this nonce
 *   draining                         →              no further requests; open another session
 *
 * Nonces are given when an answer is complete, in the order of the `done` frames. Failed requests have none.
 */
import type { TypedDataField } from "ethers";

import { AssayError } from "../errors.js";
import type { InferenceRequest } from "./inferenceRequest.js";
import type { Job } from "./types.js";

/** First frame of the worker: 32 random bytes for the requester to sign as `SessionAccess`. */
export interface ChallengeFrame {
  readonly t: "challenge";
  readonly challenge: string;
}

/** Where a side's receipts stand. */
export interface SessionState {
  /** Nonce of the next receipt: receipts [0, nonce) exist. */
  readonly nonce: number;
  /** Nonce of the first leaf of the tree that is being built. */
  readonly firstNonce: number;
}

/** Proves that the requester asks, and tells the last receipt that it recorded. */
export interface HelloFrame {
  readonly t: "hello";
  /** Over `SessionAccess(jobId, challenge)`; EOA or ERC-1271. */
  readonly signature: string;
  readonly state: SessionState;
}

/** The worker's state after it dropped what the requester did not record. Its `nonce` is then the requester's. */
export interface WelcomeFrame {
  readonly t: "welcome";
  readonly state: SessionState;
  /** Most requests that may be in work at once. */
  readonly maxConcurrent: number;
}

/** Asks for an answer. `id` is the gateway's, unique among its unfinished requests. */
export interface RequestFrame {
  readonly t: "request";
  readonly id: number;
  /** Canonical JSON of an `InferenceRequest`. */
  readonly request: string;
  /** False: one chunk with the whole answer is enough. */
  readonly stream: boolean;
}

export interface CancelFrame {
  readonly t: "cancel";
  readonly id: number;
}

/** A tool call of an answer, as OpenAI names its fields. */
export interface ToolCall {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
}

/** A piece of an answer. Exactly one of `text`, `bytes`, `toolCalls`, `embeddings` is there. */
export interface ChunkFrame {
  readonly t: "chunk";
  readonly id: number;
  readonly text?: string;
  /** Base64: output that is no UTF-8 text, such as a character that was cut off at the end. */
  readonly bytes?: string;
  /** All tool calls of the answer, complete. */
  readonly toolCalls?: readonly ToolCall[];
  /** All vectors of the answer. */
  readonly embeddings?: readonly (readonly number[])[];
  /** Output units up to and including this piece. */
  readonly outputUnits: number;
}

/** Why an answer ended, as OpenAI names it; `cancelled` if the gateway asked to stop. */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "cancelled";

/** The receipt of an answer. With it the answer is complete and costs `fee`. */
export interface DoneFrame {
  readonly t: "done";
  readonly id: number;
  readonly nonce: number;
  readonly inputUnits: number;
  readonly outputUnits: number;
  /** Decimal. `sessionFeeUp` of the units. */
  readonly fee: string;
  /** Unblinds the receipt's response root. */
  readonly salt: string;
  /** Unix seconds. */
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly finish: FinishReason;
}

/** The request came to nothing. It costs nothing. */
export interface FailedFrame {
  readonly t: "failed";
  readonly id: number;
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

/** The requester's signature over a tree state; amounts decimal. */
export interface VoucherFrame {
  readonly t: "voucher";
  readonly firstNonce: number;
  readonly count: number;
  readonly total: string;
  readonly root: string;
  readonly signature: string;
}

/** The provider's signature over the state that the requester signed. */
export interface CountersignedFrame {
  readonly t: "countersigned";
  readonly firstNonce: number;
  readonly count: number;
  readonly signature: string;
}

/** Receipts below `firstNonce` are being committed; the tree of the following ones begins there. */
export interface RolloverFrame {
  readonly t: "rollover";
  readonly firstNonce: number;
}

/** The worker takes no further requests in this session. */
export interface DrainingFrame {
  readonly t: "draining";
  readonly reason: string;
}

/** The other side broke the protocol: it says why and closes. */
export interface FaultFrame {
  readonly t: "fault";
  readonly code: string;
  readonly message: string;
}

export type WorkerFrame =
  | ChallengeFrame
  | WelcomeFrame
  | ChunkFrame
  | DoneFrame
  | FailedFrame
  | CountersignedFrame
  | RolloverFrame
  | DrainingFrame
  | FaultFrame;

export type GatewayFrame = HelloFrame | RequestFrame | CancelFrame | VoucherFrame | FaultFrame;

/** EIP-712 types of what a requester signs to speak in a session. */
export const SESSION_ACCESS_TYPES: Record<string, TypedDataField[]> = {
  SessionAccess: [
    { name: "jobId", type: "bytes32" },
    { name: "challenge", type: "bytes32" },
  ],
};

/** Largest message that is read, in bytes. */
export const MAX_SESSION_MESSAGE = 1 << 20;

const MILLION = 1_000_000n;

/** What an answer costs in a session, rounded up to a smallest unit of the asset: in the provider's favour, once an answer. */
export function sessionFeeUp(
  { inputPrice, outputPrice }: Pick<Job, "inputPrice" | "outputPrice">,
  inputUnits: bigint,
  outputUnits: bigint,
): bigint {
  return (inputUnits * inputPrice + outputUnits * outputPrice + MILLION - 1n) / MILLION;
}

/**
 * The request that a cancelled answer is the whole answer to: the same one with `maxOutputUnits` cut to what was delivered. Both sides
 * write this request's hash into the receipt, so a panel that runs it gets exactly the delivered output.
 */
export function cutRequest(request: InferenceRequest, outputUnits: number): InferenceRequest {
  return { ...request, maxOutputUnits: Math.max(1, outputUnits) };
}

/**
 * Reads a message.
 *
 * @throws AssayError `SESSION_MESSAGE_INVALID` if it is no array of objects that each name their kind
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller says which side it reads
export function parseFrames<Frame extends { readonly t: string }>(message: string): readonly Frame[] {
  let frames: unknown;
  try {
    frames = JSON.parse(message);
  } catch (cause) {
    throw messageInvalid("is not JSON", cause);
  }
  if (!Array.isArray(frames)) throw messageInvalid("is not an array of frames");
  for (const frame of frames as unknown[]) {
    if (typeof frame !== "object" || frame === null || typeof (frame as { t?: unknown }).t !== "string") {
      throw messageInvalid("holds something that is no frame");
    }
  }
  return frames as Frame[];
}

function messageInvalid(what: string, cause?: unknown): AssayError {
  return new AssayError({
    code: "SESSION_MESSAGE_INVALID",
    message: `A message of the session ${what}.`,
    hint: "The other side may run another version.",
    cause,
  });
}
