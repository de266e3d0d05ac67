import { isUtf8 } from "node:buffer";

import {
  AssayError,
  type ChunkFrame,
  cutRequest,
  type FinishReason,
  MAX_SESSION_MESSAGE,
  outputBytes,
  requestDocument,
} from "@assay/sdk";
import { getBytes } from "ethers";

import { engineEmpty, mergePieces } from "../../adapters/engine/collectAnswer.js";
import type { EngineChunk } from "../../adapters/engine/engine.js";
import type { NewReceipt } from "../../adapters/sessions/sessionLedger.js";
import type { SessionSocket } from "../../adapters/ws/sessionSocket.js";
import type { SessionRequest } from "../../domain/session/readSessionRequest.js";
import { engineError } from "../jobService.js";
import type { Session } from "./session.js";
import type { SessionMetrics } from "./sessionMetrics.js";

/** A text of this many bytes is below the longest message even if every character is escaped. */
const MAX_TEXT = 128 * 1024;

export interface WorkParts {
  readonly session: Session;
  readonly socket: SessionSocket;
  readonly metrics: SessionMetrics;
  readonly id: number;
  readonly asked: SessionRequest;
  readonly worst: bigint;
  readonly stream: boolean;
  readonly generateMs: number;
}

const ANSWERED = { outcome: "answered" };
const CANCELLED = { outcome: "cancelled" };

/** An answer that is complete and not written down yet. */
interface Prepared {
  readonly finish: FinishReason;
  readonly receipt: Omit<NewReceipt, "fee" | "outputHash">;
  readonly output: Uint8Array;
  /** What is still to be sent of it. */
  readonly frames: readonly string[];
}

/** One request of a session in work, from the books to its `done` or `failed`. */
export class SessionWork {
  /** Resolves when nothing is left to do; rejects if the ledger cannot be written. */
  readonly done: Promise<void>;
  /** Milliseconds of the clock at which it has taken too long. */
  readonly deadline: number;
  readonly #controller = new AbortController();
  readonly #pieces: EngineChunk[] = [];
  /** Pieces that were sent. */
  #sent = 0;
  #sentUnits = 0;
  #cancelled = false;
  #abandoned = false;
  readonly #startedAt: number;

  constructor(private readonly parts: WorkParts) {
    const now = Date.now();
    this.#startedAt = Math.floor(now / 1_000);
    this.deadline = now + parts.generateMs;
    this.done = this.#run();
  }

  /** The requester wants no more: what was sent is the answer. */
  cancel(): void {
    this.#cancelled = true;
    this.#controller.abort(new AssayError({ code: "CANCELLED", message: "The request was cancelled." }));
  }

  /** The connection is gone: nothing that comes now can be delivered. */
  abandon(): void {
    this.#abandoned = true;
    this.#controller.abort(
      new AssayError({ code: "SESSION_CUT", message: "The connection was lost.", retryable: true }),
    );
  }

  timeOut(): void {
    this.#controller.abort(
      new AssayError({
        code: "ENGINE_TOO_SLOW",
        message: "The answer took too long.",
        hint: "Ask for fewer output units, or another provider.",
        retryable: true,
      }),
    );
  }

  async #run(): Promise<void> {
    const { session, worst } = this.parts;
    let answer: Prepared;
    try {
      answer = this.#prepare(await this.#finish());
    } catch (thrown) {
      session.release(worst);
      this.#fail(thrown);
      return;
    }
    await this.#deliver(answer);
  }

  /** Runs the engine to the end of the answer: its own, or where the requester cancelled. */
  async #finish(): Promise<FinishReason> {
    try {
      const finish = await this.#generate();
      if (this.#abandoned) this.#controller.signal.throwIfAborted();
      return finish;
    } catch (thrown) {
      if (!this.#cancelled || this.#abandoned || !this.#canBeCut()) throw thrown;
      this.#pieces.length = this.#sent;
      return "cancelled";
    }
  }

  async #generate(): Promise<FinishReason> {
    const { session, asked, stream } = this.parts;
    const { engine, document } = session.model;
    const { temperature, template } = document.policy;
    const pieces = engine.generate({ request: asked.request, temperature, template }, this.#controller.signal);
    for await (const piece of pieces) {
      this.#controller.signal.throwIfAborted();
      this.#pieces.push(piece);
      if (stream) this.#send(piece);
    }
    const last = this.#pieces.at(-1);
    if (last === undefined) throw engineEmpty();
    return last.finish ?? "stop";
  }

  /** Something was sent, and the request that has exactly that as its answer is known. */
  #canBeCut(): boolean {
    return this.#sentUnits > 0 && this.#pieces[this.#sent - 1]?.estimated !== true;
  }

  #prepare(finish: FinishReason): Prepared {
    const last = this.#pieces.at(-1);
    if (last === undefined) throw engineEmpty();
    const answer = mergePieces(this.#pieces);
    const { inputUnits, outputUnits } = last;
    const { bytes: request, requestHash } = finish === "cancelled" ? this.#cut(outputUnits) : this.parts.asked;
    const finishedAt = Math.max(this.#startedAt, Math.floor(Date.now() / 1_000));
    return {
      finish,
      receipt: { inputUnits, outputUnits, startedAt: this.#startedAt, finishedAt, request, requestHash },
      output: outputBytes(answer),
      frames: this.parts.stream ? [] : this.#framesOf({ ...answer, inputUnits, outputUnits }),
    };
  }

  /** Writes the receipt down, then says that the answer is complete. */
  async #deliver({ finish, receipt, output, frames }: Prepared): Promise<void> {
    const { session, socket, id, worst, metrics } = this.parts;
    let recorded;
    try {
      recorded = session.record(worst, receipt, output);
    } catch (thrown) {
      session.release(worst);
      this.#fail(thrown);
      throw thrown;
    }
    await recorded.durable;
    metrics.receipts.add();
    metrics.requests.add(1, finish === "cancelled" ? CANCELLED : ANSWERED);
    for (const frame of frames) socket.sendText(frame);
    const { nonce, fee, salt } = recorded;
    const { inputUnits, outputUnits, startedAt, finishedAt } = receipt;
    socket.sendText(
      `{"t":"done","id":${id},"nonce":${nonce},"inputUnits":${inputUnits},"outputUnits":${outputUnits},"fee":"${fee}",` +
        `"salt":"${salt}","startedAt":${startedAt},"finishedAt":${finishedAt},"finish":"${finish}"}`,
    );
  }

  #cut(outputUnits: number): Pick<SessionRequest, "bytes" | "requestHash"> {
    const { json, requestHash } = requestDocument(cutRequest(this.parts.asked.request, outputUnits));
    return { bytes: Buffer.from(json), requestHash: getBytes(requestHash) };
  }

  #fail(thrown: unknown): void {
    const { socket, id, metrics } = this.parts;
    const { code, message, retryable } = engineError(thrown);
    metrics.requests.add(1, { outcome: "failed" });
    socket.send({ t: "failed", id, code, message, retryable });
  }

  #send(piece: EngineChunk): void {
    for (const frame of this.#framesOf(piece)) this.parts.socket.sendText(frame);
    this.#sent = this.#pieces.length;
    this.#sentUnits = piece.outputUnits;
  }

  /** @throws AssayError `ANSWER_TOO_LARGE` */
  #framesOf({ text, toolCalls, embeddings, outputUnits }: EngineChunk): readonly string[] {
    const base = { t: "chunk", id: this.parts.id } as const;
    const frames = text === undefined ? [] : this.#textFrames(text, outputUnits);
    if (toolCalls !== undefined) frames.push(frameText({ ...base, toolCalls, outputUnits }));
    if (embeddings !== undefined) frames.push(frameText({ ...base, embeddings, outputUnits }));
    return frames;
  }

  /** Only with the last part of a long text its units are delivered. */
  #textFrames(text: Uint8Array, outputUnits: number): string[] {
    const { id } = this.parts;
    const frames: string[] = [];
    for (let from = 0; from < text.length; from += MAX_TEXT) {
      const part = Buffer.from(text.buffer, text.byteOffset + from, Math.min(MAX_TEXT, text.length - from));
      const units = from + MAX_TEXT < text.length ? this.#sentUnits : outputUnits;
      const body = isUtf8(part)
        ? `"text":${JSON.stringify(part.toString("utf8"))}`
        : `"bytes":"${part.toString("base64")}"`;
      frames.push(`{"t":"chunk","id":${id},${body},"outputUnits":${units}}`);
    }
    return frames;
  }
}

function frameText(frame: ChunkFrame): string {
  const text = JSON.stringify(frame);
  if (Buffer.byteLength(text) + 2 <= MAX_SESSION_MESSAGE) return text;
  throw new AssayError({
    code: "ANSWER_TOO_LARGE",
    message: "The answer is longer than a message of a session.",
    hint: "Ask for less at once.",
  });
}
