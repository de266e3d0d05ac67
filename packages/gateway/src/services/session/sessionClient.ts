import { join } from "node:path";

import {
  AssayError,
  type ChallengeFrame,
  type ChunkFrame,
  cutRequest,
  type DoneFrame,
  keccak,
  ReceiptHasher,
  requestDocument,
  SESSION_ACCESS_TYPES,
  toAssayError,
  type WelcomeFrame,
  type WorkerFrame,
} from "@assay/sdk";
import type { FastSigner } from "@assay/sdk/node";
import { TypedDataEncoder } from "ethers";
import type { Logger } from "pino";

import { SessionSocket } from "../../adapters/session/sessionSocket.js";
import { ReceiptLog } from "../../adapters/storage/receiptLog.js";
import { AnswerBuffer } from "../../domain/answerBuffer.js";
import { checkChunk, checkDone, worstFee } from "../../domain/doneCheck.js";
import type { ReceiptRecord } from "../../domain/receiptRecord.js";
import { SessionBooks } from "../../domain/sessionBooks.js";
import type { SessionDeal } from "../../domain/sessionDeal.js";
import type { Ask, AskHandle } from "./ask.js";
import { ReceiptTree } from "./receiptTree.js";
import { VoucherDesk } from "./voucherDesk.js";
import { hexBytes32, sessionBroken, sessionBusy, sessionCut } from "./sessionErrors.js";

/**
 * `connecting`: tries until it is given up. `ready`: takes requests. `draining`: the provider takes no more. `broken`: given up. `closed`: by
 * the gateway.
 */
export type SessionStatus = "connecting" | "ready" | "draining" | "broken" | "closed";

export interface SessionClientOptions {
  readonly terms: SessionDeal;
  readonly signer: FastSigner;
  /** Folder of this session alone; what it holds is taken up. */
  readonly folder: string;
  /** All that was ever put into the session, in smallest units. */
  readonly escrowed: bigint;
  readonly logger: Logger;
  /** Requests that may wait for credit or for a place; more are refused. */
  readonly maxQueued?: number;
  /** Longest wait of a request. */
  readonly queueMilliseconds?: number;
  /** Longest time without a connection until the session is given up. */
  readonly patienceMilliseconds?: number;
  /** Called with every receipt that the folder holds, in order. */
  readonly onRestored?: (receipt: ReceiptRecord) => void;
  /** Called with every receipt when it is durable. */
  readonly onRecorded?: (receipt: ReceiptRecord) => void;
  /** Requests wait for money: what is left does not cover the next one. */
  readonly onBudgetShort?: () => void;
  readonly onStatus?: (status: SessionStatus, error?: AssayError) => void;
  /** Checks a signature that is no plain key's, such as a contract's (ERC-1271). */
  readonly verifySignature?: (digest: string, signature: string) => Promise<boolean>;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
const MOST_FAULTS = 3;
/** How long a request that the worker had no room for waits until it is sent again. */
const REFUSED_PAUSE_MS = 25;

/** A request between `ask` and its end. */
interface Pending {
  readonly ask: Ask;
  readonly worst: bigint;
  readonly buffer: AnswerBuffer;
  id: number;
  cancelled: boolean;
  timer: NodeJS.Timeout | undefined;
}

/**
 * One session with one provider, over a connection that is renewed when it is lost: sends requests within the credit line and the
 * budget, checks every answer against its receipt, records it before anybody gets it whole, and signs what was recorded.
 *
 * @example
 * const session = await SessionClient.open({ terms, signer, folder, escrowed: terms.job.budget, logger });
 * session.ask({ prepared, stream: false, keyId: 0, onPiece, onAnswered, onFailed });
 */
export class SessionClient {
  readonly terms: SessionDeal;
  readonly books: SessionBooks;
  readonly #options: SessionClientOptions;
  readonly #hasher: ReceiptHasher;
  readonly #tree: ReceiptTree;
  readonly #vouchers: VoucherDesk;
  readonly #inFlight = new Map<number, Pending>();
  #waiting: Pending[] = [];
  #log!: ReceiptLog;
  #socket: SessionSocket | undefined;
  #status: SessionStatus = "connecting";
  #nonce = 0;
  #nextId = 1;
  #maxConcurrent = 0;
  #faults = 0;
  #failures = 0;
  #silentSince = Date.now();
  #lastAskAt = Date.now();
  #recording: Promise<unknown> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;

  private constructor(options: SessionClientOptions) {
    const { terms, folder, signer } = options;
    const { job, jobId, policyId } = terms;
    this.terms = terms;
    this.#options = options;
    this.books = new SessionBooks(job.creditLine, options.escrowed);
    this.#hasher = new ReceiptHasher({
      provider: job.provider,
      jobId,
      modelId: job.modelId,
      version: job.version,
      policyId,
    });
    this.#tree = new ReceiptTree(folder, async (nonce) => await this.#log.read(nonce));
    this.#vouchers = new VoucherDesk({
      terms,
      signer,
      books: this.books,
      tree: this.#tree,
      send: (frame) => {
        this.#socket?.send(frame);
      },
      onAcknowledged: () => {
        this.#pump();
      },
      onWrong: (error) => {
        this.#break(error);
      },
      onSilent: (error) => {
        this.#socket?.terminate(error);
      },
      verifySignature: options.verifySignature,
    });
  }

  /**
   * Opens the session's folder, takes up what it holds, and begins to connect.
   *
   * @throws AssayError `LOG_CORRUPT` and what the disk says
   */
  static async open(options: SessionClientOptions): Promise<SessionClient> {
    const session = new SessionClient(options);
    session.#log = await ReceiptLog.open(options.folder, (receipt) => {
      session.books.restore(receipt.fee);
      session.#tree.append(receipt);
      options.onRestored?.(receipt);
    });
    session.#nonce = session.#log.count;
    session.#vouchers.assumeSigned(session.#nonce);
    const firstNonce = session.#log.firstNonces.at(-1) ?? 0;
    session.books.acknowledge(session.#tree.acknowledge(firstNonce));
    await session.#tree.begin(firstNonce);
    session.#connect();
    return session;
  }

  get status(): SessionStatus {
    return this.#status;
  }

  /** Receipts of the session so far. */
  get nonce(): number {
    return this.#nonce;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  get queued(): number {
    return this.#waiting.length;
  }

  /** Milliseconds since the last request came or was in work. */
  get idleMilliseconds(): number {
    return this.#inFlight.size > 0 ? 0 : Date.now() - this.#lastAskAt;
  }

  /** True if this session can ever answer such a request. */
  canCarry(ask: Pick<Ask, "prepared">): boolean {
    return !this.books.exceedsCreditLine(this.#worstOf(ask));
  }

  /**
   * Asks. What cannot be sent at once waits until earlier answers are signed, or the session is topped up.
   *
   * @throws AssayError `SESSION_BUSY`, `SESSION_GONE`, `CREDIT_LINE_TOO_SHORT`
   */
  ask(ask: Ask): AskHandle {
    if (this.#status !== "ready" && this.#status !== "connecting") throw sessionCut(this.#status);
    const pending: Pending = {
      ask,
      worst: this.#worstOf(ask),
      buffer: new AnswerBuffer(),
      id: 0,
      cancelled: false,
      timer: undefined,
    };
    if (this.books.exceedsCreditLine(pending.worst)) {
      throw new AssayError({
        code: "CREDIT_LINE_TOO_SHORT",
        message: `The answer may cost ${pending.worst}, more than the session's credit line of ${this.books.creditLine}.`,
        hint: "Ask for a shorter answer, or raise the gateway's session.creditLine.",
      });
    }
    this.#lastAskAt = Date.now();
    if (this.#waiting.length === 0 && this.#hasRoom(pending.worst)) this.#send(pending);
    else this.#enqueue(pending);
    return {
      cancel: () => {
        this.#cancel(pending);
      },
    };
  }

  /** Takes in what the chain says was ever put into the session. */
  fund(escrowed: bigint): void {
    this.books.fund(escrowed);
    this.#pump();
  }

  /** A receipt of this session with all that the gateway keeps of it. */
  async receipt(nonce: number): Promise<ReceiptRecord | undefined> {
    return await this.#log.read(nonce);
  }

  /** The trees of this session, for proofs. */
  get tree(): ReceiptTree {
    return this.#tree;
  }

  /** The newest state that the provider confirmed, with its signature. */
  get countersigned(): VoucherDesk["countersigned"] {
    return this.#vouchers.countersigned;
  }

  /** Ends the work: what is in work gets `graceMilliseconds`, then everything recorded is signed. The session stays open on the chain. */
  async close(graceMilliseconds = 0): Promise<void> {
    if (this.#status !== "broken") this.#become("closed");
    this.#failWaiting(sessionCut("closed"));
    const until = Date.now() + graceMilliseconds;
    while (this.#inFlight.size > 0 && Date.now() < until) await pause(10);
    await this.#recording;
    if (this.#socket !== undefined) await this.#vouchers.finish(Math.max(250, until - Date.now()));
    clearTimeout(this.#retry);
    this.#vouchers.stop();
    this.#socket?.close();
    this.#failInFlight(sessionCut("closed"));
    await this.#tree.close();
    await this.#log.close();
  }

  #worstOf({ prepared }: Pick<Ask, "prepared">): bigint {
    return worstFee(this.terms.job, prepared.bytes, prepared.request);
  }

  #hasRoom(worst: bigint): boolean {
    if (this.#status !== "ready" || this.#inFlight.size >= this.#maxConcurrent) return false;
    const shortage = this.books.shortage(worst);
    if (shortage === "budget") this.#options.onBudgetShort?.();
    if (shortage === "credit") this.#vouchers.hurry();
    return shortage === undefined;
  }

  #send(pending: Pending): void {
    clearTimeout(pending.timer);
    const id = this.#nextId;
    this.#nextId += 1;
    pending.id = id;
    this.books.send(pending.worst);
    this.#inFlight.set(id, pending);
    const { prepared, stream } = pending.ask;
    this.#socket?.sendText(`{"t":"request","id":${id},"request":${JSON.stringify(prepared.json)},"stream":${stream}}`);
  }

  #enqueue(pending: Pending): void {
    const { maxQueued = 1_024, queueMilliseconds = 15_000 } = this.#options;
    if (this.#waiting.length >= maxQueued) throw sessionBusy();
    pending.timer = setTimeout(() => {
      this.#waiting = this.#waiting.filter((other) => other !== pending);
      pending.ask.onFailed(this.#status === "ready" ? sessionBusy() : sessionCut(this.#status));
    }, queueMilliseconds);
    this.#waiting.push(pending);
  }

  /** Sends what waits, as far as there is room. */
  #pump(): void {
    let sent = 0;
    for (const pending of this.#waiting) {
      if (!this.#hasRoom(pending.worst)) break;
      this.#send(pending);
      sent += 1;
    }
    if (sent > 0) this.#waiting = this.#waiting.slice(sent);
  }

  #cancel(pending: Pending): void {
    if (pending.cancelled) return;
    pending.cancelled = true;
    if (this.#inFlight.has(pending.id)) {
      this.#socket?.send({ t: "cancel", id: pending.id });
      return;
    }
    const waited = this.#waiting.includes(pending);
    if (!waited) return;
    clearTimeout(pending.timer);
    this.#waiting = this.#waiting.filter((other) => other !== pending);
    pending.ask.onFailed(
      new AssayError({ code: "CANCELLED", message: "The request was cancelled before it was sent." }),
    );
  }

  #connect(): void {
    // What was read from the last connection is recorded first: its nonce is what `hello` says.
    void this.#recording.then(() => {
      if (this.#status !== "connecting") return;
      const socket: SessionSocket = new SessionSocket(this.terms.endpoint, this.terms.jobId, {
        onFrames: (frames) => {
          if (socket === this.#socket) for (const frame of frames) this.#take(frame);
        },
        onClose: (error) => {
          if (socket === this.#socket) this.#disconnected(error);
        },
      });
      this.#socket = socket;
    });
  }

  #disconnected(error: AssayError): void {
    this.#socket = undefined;
    this.#vouchers.pause();
    this.#failInFlight(error);
    if (this.#status === "broken" || this.#status === "closed") return;
    if (this.#status === "draining") {
      this.#break(error);
      return;
    }
    if (this.#status === "ready") this.#silentSince = Date.now();
    const { patienceMilliseconds = 60_000 } = this.#options;
    if (Date.now() - this.#silentSince > patienceMilliseconds) {
      this.#break(error);
      return;
    }
    this.#become("connecting", error);
    const wait = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS);
    this.#failures += 1;
    this.#retry = setTimeout(() => {
      this.#connect();
    }, wait);
  }

  #take(frame: WorkerFrame): void {
    switch (frame.t) {
      case "chunk":
        this.#onChunk(frame);
        return;
      case "done":
        this.#onDone(frame);
        return;
      case "failed":
        this.#onFailed(frame.id, frame);
        return;
      case "countersigned":
        this.#vouchers.onCountersigned(frame);
        return;
      case "rollover":
        this.#onRollover(frame.firstNonce);
        return;
      case "challenge":
        this.#onChallenge(frame);
        return;
      case "welcome":
        this.#onWelcome(frame);
        return;
      case "draining":
        this.#become("draining");
        this.#failWaiting(sessionCut("draining"));
        return;
      case "fault":
        this.#onFault(
          new AssayError({ code: frame.code, message: `The provider ended the session: ${frame.message}` }),
        );
        return;
      default:
        // A frame of a later version.
        return;
    }
  }

  #onChallenge({ challenge }: ChallengeFrame): void {
    hexBytes32(challenge, "challenge");
    const { domain, jobId } = this.terms;
    const digest = TypedDataEncoder.hash(domain, SESSION_ACCESS_TYPES, { jobId, challenge });
    this.#socket?.send({
      t: "hello",
      signature: this.#options.signer.signDigest(digest),
      state: { nonce: this.#nonce, firstNonce: this.#tree.firstNonce },
    });
  }

  #onWelcome({ state, maxConcurrent }: WelcomeFrame): void {
    const { nonce, firstNonce } = state;
    const sound = Number.isSafeInteger(firstNonce) && firstNonce >= 0 && firstNonce <= this.#nonce;
    if (nonce !== this.#nonce || !sound || !Number.isSafeInteger(maxConcurrent) || maxConcurrent < 1) {
      this.#break(
        new AssayError({
          code: "SESSION_STATE_WRONG",
          message: `The provider has ${nonce} receipts of the session, this side ${this.#nonce}.`,
          hint: "It lost its records; the session is given up and closed, and what is unsigned stays unpaid.",
        }),
      );
      return;
    }
    this.#maxConcurrent = maxConcurrent;
    const socket = this.#socket;
    const begin = firstNonce === this.#tree.firstNonce ? Promise.resolve() : this.#rollover(firstNonce);
    void begin.then(() => {
      if (socket !== this.#socket || this.#status !== "connecting") return;
      this.#failures = 0;
      this.#vouchers.resume();
      this.#become("ready");
      this.#pump();
    });
  }

  #onChunk(frame: ChunkFrame): void {
    const pending = this.#pendingOf(frame.id);
    this.#guard(() => {
      checkChunk(frame, pending.buffer.outputUnits, pending.ask.prepared.request);
    });
    const text = pending.buffer.add(frame);
    if (!pending.cancelled) pending.ask.onPiece(frame, text);
  }

  #onDone(frame: DoneFrame): void {
    const pending = this.#pendingOf(frame.id);
    const { ask, buffer, worst } = pending;
    const { prepared } = ask;
    const output = buffer.bytes();
    const fee = this.#guard(() =>
      checkDone(
        frame,
        this.#nonce,
        {
          request: prepared.request,
          requestBytes: prepared.bytes,
          outputUnits: buffer.outputUnits,
          outputBytes: output.length,
          hasTools: buffer.toolCalls !== undefined,
          cancelled: pending.cancelled,
        },
        this.terms,
      ),
    );
    const requestHash =
      frame.finish === "cancelled"
        ? hexBytes32(requestDocument(cutRequest(prepared.request, frame.outputUnits)).requestHash, "requestHash")
        : prepared.hash;
    const { nonce, inputUnits, outputUnits, startedAt, finishedAt, finish } = frame;
    const outputHash = keccak(output);
    const salt = hexBytes32(frame.salt, "salt");
    const counted = { nonce, inputUnits, outputUnits, fee, startedAt, finishedAt };
    const { receiptHash } = this.#hasher.hash({ ...counted, requestHash, outputHash, salt });
    this.#inFlight.delete(frame.id);
    this.#nonce += 1;
    this.#faults = 0;
    this.books.record(worst, fee);
    if (!pending.cancelled) ask.onComplete?.();
    const record = { ...counted, keyId: ask.keyId, finish, requestHash, outputHash, salt, receiptHash };
    this.#recording = this.#log.append(record).then(
      () => {
        this.#recorded(pending, record);
      },
      (thrown: unknown) => {
        const error = toAssayError(thrown);
        ask.onFailed(error);
        this.#break(error);
      },
    );
  }

  #recorded({ ask, buffer }: Pending, record: ReceiptRecord): void {
    this.#tree.append(record);
    this.#options.onRecorded?.(record);
    const { nonce, inputUnits, outputUnits, fee, finish, outputHash } = record;
    const { jobId } = this.terms;
    this.#lastAskAt = Date.now();
    ask.onAnswered({ jobId, nonce, inputUnits, outputUnits, fee, finish, outputHash, answer: buffer });
    this.#vouchers.schedule();
    if (this.#waiting.length > 0) this.#pump();
  }

  #onFailed(id: number, { code, message, retryable }: { code: string; message: string; retryable: boolean }): void {
    const pending = this.#pendingOf(id);
    if (typeof code !== "string" || typeof message !== "string" || typeof retryable !== "boolean") {
      throw new AssayError({
        code: "SESSION_MESSAGE_INVALID",
        message: "A failure of the session has no code or message.",
      });
    }
    this.#inFlight.delete(id);
    this.books.release(pending.worst);
    // Its books were behind what it was told a moment ago.
    const early = code === "CREDIT_EXHAUSTED" || code === "BUDGET_EXHAUSTED";
    if (early && pending.buffer.isEmpty && !pending.cancelled && this.#status === "ready") {
      this.#sendLater(pending);
      return;
    }
    pending.ask.onFailed(new AssayError({ code, message, retryable }));
    if (this.#waiting.length > 0) this.#pump();
  }

  #sendLater(pending: Pending): void {
    try {
      this.#enqueue(pending);
    } catch (error) {
      pending.ask.onFailed(toAssayError(error));
      return;
    }
    this.#vouchers.hurry();
    setTimeout(() => {
      this.#pump();
    }, REFUSED_PAUSE_MS).unref();
  }

  #onRollover(firstNonce: number): void {
    const sound =
      Number.isSafeInteger(firstNonce) && firstNonce >= this.#tree.firstNonce && firstNonce <= this.#tree.nonce;
    if (!sound || firstNonce > this.#vouchers.signedNonce) {
      this.#break(
        new AssayError({
          code: "SESSION_STATE_WRONG",
          message: `The provider commits receipts up to ${firstNonce}, which nobody signed.`,
          hint: "The session is given up.",
        }),
      );
      return;
    }
    void this.#rollover(firstNonce);
  }

  /** Everything below is signed and the provider has it: it commits it. */
  async #rollover(firstNonce: number): Promise<void> {
    this.#vouchers.pause();
    if (firstNonce >= this.#tree.firstNonce) this.books.acknowledge(this.#tree.acknowledge(firstNonce));
    try {
      await Promise.all([this.#tree.begin(firstNonce), this.#log.rollover(firstNonce)]);
    } catch (thrown) {
      this.#break(toAssayError(thrown));
      return;
    }
    this.#vouchers.resume();
    this.#pump();
  }

  #onFault(error: AssayError): void {
    this.#faults += 1;
    if (this.#faults >= MOST_FAULTS) this.#break(error);
    else this.#socket?.terminate(error);
  }

  #pendingOf(id: number): Pending {
    const pending = this.#inFlight.get(id);
    if (pending !== undefined) return pending;
    const error = new AssayError({
      code: "FRAME_UNEXPECTED",
      message: `The provider speaks of request ${id}, which is not in work.`,
    });
    this.#break(error);
    throw error;
  }

  /** A provider whose answer does not hold is done with. */
  #guard<T>(check: () => T): T {
    try {
      return check();
    } catch (thrown) {
      const error = toAssayError(thrown);
      this.#break(error);
      throw error;
    }
  }

  /** Gives the session up: nothing more is asked or signed in it. */
  #break(error: AssayError): void {
    if (this.#status === "broken") return;
    if (this.#status !== "closed") this.#become("broken", error);
    this.#options.logger.warn({ jobId: this.terms.jobId, code: error.code }, error.message);
    clearTimeout(this.#retry);
    this.#vouchers.stop();
    this.#socket?.fault(error);
    this.#failInFlight(sessionBroken(error));
    this.#failWaiting(sessionBroken(error));
  }

  #become(status: SessionStatus, error?: AssayError): void {
    if (this.#status === status) return;
    this.#status = status;
    this.#options.onStatus?.(status, error);
  }

  #failInFlight(error: AssayError): void {
    const lost = [...this.#inFlight.values()];
    this.#inFlight.clear();
    for (const { worst, ask } of lost) {
      this.books.release(worst);
      ask.onFailed(error);
    }
  }

  #failWaiting(error: AssayError): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { ask, timer } of waiting) {
      clearTimeout(timer);
      ask.onFailed(error);
    }
  }
}

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Where the files of a session are. */
export function sessionFolder(dataDir: string, jobId: string): string {
  return join(dataDir, "sessions", jobId.toLowerCase());
}
