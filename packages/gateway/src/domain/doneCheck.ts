import { AssayError, type ChunkFrame, type DoneFrame, type InferenceRequest, type Job, sessionFeeUp } from "@assay/sdk";

import type { Unit } from "./sessionDeal.js";

/** What was asked and what came until the receipt. */
export interface Delivered {
  readonly request: InferenceRequest;
  /** Bytes of the request's canonical JSON. */
  readonly requestBytes: number;
  /** Output units up to the last piece. */
  readonly outputUnits: number;
  /** Bytes of the whole output, as they are hashed. */
  readonly outputBytes: number;
  readonly hasTools: boolean;
  readonly cancelled: boolean;
}

export interface CheckTerms {
  readonly job: Pick<Job, "inputPrice" | "outputPrice">;
  readonly unit: Unit;
}

/** Tokens that a template adds around each message. */
const TEMPLATE_UNITS = 64;
/** Tokens that leave no text: the end of a turn, the frame of a tool call. */
const SILENT_UNITS = 64;
const CLOCK_SKEW_SECONDS = 120;
const SALT = /^0x[0-9a-fA-F]{64}$/;
const FINISHES: ReadonlySet<string> = new Set(["stop", "length", "tool_calls", "content_filter", "cancelled"]);

/**
 * Most input units that a request can have: no tokenizer makes more tokens than there are bytes. The same bound decides how much
 * credit it takes.
 */
export function mostInputUnits(requestBytes: number, request: InferenceRequest): number {
  const parts = "messages" in request ? request.messages.length : 1;
  return requestBytes + TEMPLATE_UNITS * (parts + 1);
}

/** Most that a request can cost. */
export function worstFee(job: CheckTerms["job"], requestBytes: number, request: InferenceRequest): bigint {
  return sessionFeeUp(job, BigInt(mostInputUnits(requestBytes, request)), BigInt(request.maxOutputUnits));
}

/**
 * Holds a receipt to what was asked and delivered: nonce, units, price, times.
 *
 * @returns the fee
 * @throws AssayError `RECEIPT_WRONG`
 */
export function checkDone(done: DoneFrame, nonce: number, delivered: Delivered, { job, unit }: CheckTerms): bigint {
  if (done.nonce !== nonce) throw wrong(`has nonce ${done.nonce} instead of ${nonce}`);
  if (typeof done.salt !== "string" || !SALT.test(done.salt)) throw wrong("has no salt of 32 bytes");
  if (!FINISHES.has(done.finish)) throw wrong(`ends with "${done.finish}"`);
  if (done.finish === "cancelled" && !delivered.cancelled)
    throw wrong("says that it was cancelled, which nobody asked for");
  checkTimes(done);
  checkInput(done.inputUnits, delivered, unit);
  checkOutput(done.outputUnits, delivered, unit);
  const fee = sessionFeeUp(job, BigInt(done.inputUnits), BigInt(done.outputUnits));
  if (done.fee !== fee.toString()) throw wrong(`costs ${done.fee} instead of ${fee}`);
  return fee;
}

/**
 * Holds a piece of an answer to its form and to what was asked.
 *
 * @param before output units up to the piece before
 * @throws AssayError `RECEIPT_WRONG`
 */
export function checkChunk(chunk: ChunkFrame, before: number, request: InferenceRequest): void {
  const { outputUnits, text, bytes, toolCalls, embeddings } = chunk;
  if (!Number.isSafeInteger(outputUnits) || outputUnits < before || outputUnits > request.maxOutputUnits) {
    throw wrong(`counts ${outputUnits} output units after ${before}, of at most ${request.maxOutputUnits}`);
  }
  const whole =
    typeof text === "string" ||
    typeof bytes === "string" ||
    (Array.isArray(toolCalls) && toolCalls.every(isToolCall)) ||
    (Array.isArray(embeddings) && embeddings.every((vector) => Array.isArray(vector) && vector.every(Number.isFinite)));
  if (!whole) throw wrong("has a piece with nothing in it");
}

function isToolCall(call: unknown): boolean {
  if (typeof call !== "object" || call === null) return false;
  const { id, type, function: named } = call as Record<string, unknown>;
  if (typeof id !== "string" || type !== "function" || typeof named !== "object" || named === null) return false;
  const { name, arguments: given } = named as Record<string, unknown>;
  return typeof name === "string" && typeof given === "string";
}

function checkTimes({ startedAt, finishedAt }: DoneFrame): void {
  const latest = Date.now() / 1_000 + CLOCK_SKEW_SECONDS;
  const whole = Number.isSafeInteger(startedAt) && Number.isSafeInteger(finishedAt) && startedAt >= 0;
  if (!whole || finishedAt < startedAt || finishedAt > latest) {
    throw wrong(`was answered from ${startedAt} to ${finishedAt}, which cannot be`);
  }
}

function checkInput(units: number, { request, requestBytes }: Delivered, unit: Unit): void {
  if (!Number.isSafeInteger(units) || units < 0) throw wrong(`counts ${units} input units`);
  const most = mostInputUnits(requestBytes, request);
  if (units > most) throw wrong(`counts ${units} input units of a request that has at most ${most}`);
  if (unit !== "bytes" || !("prompt" in request)) return;
  const exact = Buffer.byteLength(request.prompt);
  if (units !== exact) throw wrong(`counts ${units} input bytes of a prompt of ${exact}`);
}

function checkOutput(units: number, delivered: Delivered, unit: Unit): void {
  const { request, outputBytes, hasTools } = delivered;
  if (!Number.isSafeInteger(units) || units < delivered.outputUnits || units > request.maxOutputUnits) {
    throw wrong(`counts ${units} output units after ${delivered.outputUnits}, of at most ${request.maxOutputUnits}`);
  }
  if ("input" in request) return;
  if (unit === "bytes" && !hasTools) {
    if (units !== outputBytes) throw wrong(`counts ${units} output bytes of an answer of ${outputBytes}`);
    return;
  }
  if (units > outputBytes + SILENT_UNITS)
    throw wrong(`counts ${units} output units of an answer of ${outputBytes} bytes`);
}

function wrong(what: string): AssayError {
  return new AssayError({
    code: "RECEIPT_WRONG",
    message: `The provider's answer ${what}.`,
    hint: "The session is given up; nothing of this answer is signed or paid.",
  });
}
