import {
  AssayError,
  type ChunkFrame,
  type DoneFrame,
  ReceiptHasher,
  toAssayError,
  type WelcomeFrame,
  type WorkerFrame,
} from "@assay/sdk";

import { ReceiptLog } from "../../adapters/storage/receiptLog.js";
import { AnswerBuffer } from "../../domain/answerBuffer.js";
import { checkChunk, worstFee } from "../../domain/doneCheck.js";
import type { ReceiptRecord } from "../../domain/receiptRecord.js";
import { SessionBooks } from "../../domain/sessionBooks.js";
import type { SessionDeal } from "../../domain/sessionDeal.js";
import type { Ask, AskHandle } from "./ask.js";
import { type Pending, recordOf } from "./pending.js";
import { ReceiptTree } from "./receiptTree.js";
import type { SessionClientOptions, SessionStatus } from "./sessionOptions.js";
import { SessionLink } from "./sessionLink.js";
import { VoucherDesk } from "./voucherDesk.js";
import { WaitingLine } from "./waitingLine.js";
import { creditLineTooShort, sessionBroken, sessionBusy, sessionCut, stateWrong } from "./sessionErrors.js";

const PATIENCE_MS = 60_000;
const MOST_FAULTS = 3;
/** How long a request that the worker had no room for waits until it is sent again. */
const REFUSED_PAUSE_MS = 25;

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
  readonly #link: SessionLink;
  readonly #inFlight = new Map<number, Pending>();
  readonly #waiting: WaitingLine;
  #log!: ReceiptLog;
  #status: SessionStatus = "connecting";
  #nonce = 0;
  #nextId = 1;
  #maxConcurrent = 0;
  #faults = 0;
  #lastAskAt = Date.now();
  #recording: Promise<unknown> = Promise.resolve();

  private constructor(options: SessionClientOptions) {
    const { terms, folder, signer } = options;
    const { job, jobId, policyId } = terms;
    this.terms = terms;
    this.#options = options;
    this.#waiting = new WaitingLine(options.maxQueued ?? 1_024, options.queueMilliseconds ?? 15_000, () =>
      this.#status === "ready" ? sessionBusy() : sessionCut(this.#status),
    );
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
        this.#link.send(frame);
      },
      onAcknowledged: () => {
        this.#pump();
      },
      onWrong: (error) => {
        this.#break(error);
      },
      onSilent: (error) => {
        this.#link.terminate(error);
      },
      verifySignature: options.verifySignature,
    });
    this.#link = this.#makeLink();
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
    session.#link.connect();
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
      throw creditLineTooShort(pending.worst, this.books.creditLine);
    }
    this.#lastAskAt = Date.now();
    if (this.#waiting.length === 0 && this.#hasRoom(pending.worst)) this.#send(pending);
    else this.#waiting.add(pending);
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
    this.#waiting.fail(sessionCut("closed"));
    const until = Date.now() + graceMilliseconds;
    while (this.#inFlight.size > 0 && Date.now() < until) await pause(10);
    await this.#recording;
    if (this.#link.current !== undefined) await this.#vouchers.finish(Math.max(250, until - Date.now()));
    this.#vouchers.stop();
    this.#link.stop();
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
    const id = this.#nextId;
    this.#nextId += 1;
    pending.id = id;
    this.books.send(pending.worst);
    this.#inFlight.set(id, pending);
    const { prepared, stream } = pending.ask;
    this.#link.sendText(`{"t":"request","id":${id},"request":${JSON.stringify(prepared.json)},"stream":${stream}}`);
  }

  /** Sends what waits, as far as there is room. */
  #pump(): void {
    if (this.#waiting.length === 0) return;
    this.#waiting.release(
      ({ worst }) => this.#hasRoom(worst),
      (pending) => {
        this.#send(pending);
      },
    );
  }

  #cancel(pending: Pending): void {
    if (pending.cancelled) return;
    pending.cancelled = true;
    if (this.#inFlight.has(pending.id)) {
      this.#link.send({ t: "cancel", id: pending.id });
      return;
    }
    if (!this.#waiting.remove(pending)) return;
    pending.ask.onFailed(
      new AssayError({ code: "CANCELLED", message: "The request was cancelled before it was sent." }),
    );
  }

  #makeLink(): SessionLink {
    const { terms, signer, patienceMilliseconds = PATIENCE_MS } = this.#options;
    return new SessionLink({
      terms,
      signer,
      patienceMilliseconds,
      state: async () => {
        // What was read from the last connection is recorded first.
        await this.#recording;
        return { nonce: this.#nonce, firstNonce: this.#tree.firstNonce };
      },
      onWelcome: (frame) => {
        this.#onWelcome(frame);
      },
      onFrame: (frame) => {
        this.#take(frame);
      },
      onLost: (error) => this.#lost(error),
      onGivenUp: (error) => {
        this.#break(error);
      },
    });
  }

  #lost(error: AssayError): boolean {
    this.#vouchers.pause();
    this.#failInFlight(error);
    if (this.#status === "draining") this.#break(error);
    if (this.#status === "broken" || this.#status === "closed") return false;
    this.#become("connecting", error);
    return true;
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
      case "draining":
        this.#become("draining");
        this.#waiting.fail(sessionCut("draining"));
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

  #onWelcome({ state, maxConcurrent }: WelcomeFrame): void {
    const { nonce, firstNonce } = state;
    const sound = Number.isSafeInteger(firstNonce) && firstNonce >= 0 && firstNonce <= this.#nonce;
    if (nonce !== this.#nonce || !sound || !Number.isSafeInteger(maxConcurrent) || maxConcurrent < 1) {
      this.#break(stateWrong(`has ${nonce} receipts of the session, this side ${this.#nonce}`));
      return;
    }
    this.#maxConcurrent = maxConcurrent;
    const link = this.#link.current;
    const begin = firstNonce === this.#tree.firstNonce ? Promise.resolve() : this.#rollover(firstNonce);
    void begin.then(() => {
      if (link !== this.#link.current || this.#status !== "connecting") return;
      this.#link.established();
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
    const { ask, worst } = pending;
    const record = this.#guard(() =>
      recordOf(frame, pending, { nonce: this.#nonce, terms: this.terms, hasher: this.#hasher }),
    );
    this.#inFlight.delete(frame.id);
    this.#nonce += 1;
    this.#faults = 0;
    this.books.record(worst, record.fee);
    if (!pending.cancelled) ask.onComplete?.();
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
    this.#pump();
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
    this.#pump();
  }

  #sendLater(pending: Pending): void {
    try {
      this.#waiting.add(pending);
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
      this.#break(stateWrong(`commits receipts up to ${firstNonce}, which nobody signed`));
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
    else this.#link.terminate(error);
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
    this.#vouchers.stop();
    this.#link.stop(error);
    this.#failInFlight(sessionBroken(error));
    this.#waiting.fail(sessionBroken(error));
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
}

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
