import { randomBytes } from "node:crypto";

import {
  AssayError,
  type AssayDomain,
  type CancelFrame,
  type GatewayFrame,
  type HelloFrame,
  type RequestFrame,
  type VoucherFrame,
} from "@assay/sdk";
import type { FastSigner } from "@assay/sdk/node";
import type { Logger } from "pino";

import type { SessionSocket } from "../../adapters/ws/sessionSocket.js";
import { toHex } from "../../domain/hex.js";
import { readSessionRequest } from "../../domain/session/readSessionRequest.js";
import { engineError } from "../jobService.js";
import type { Session } from "./session.js";
import type { SessionMetrics } from "./sessionMetrics.js";
import { checkAccess, checkVoucher, type SignatureCheck } from "./sessionSignatures.js";
import { SessionWork } from "./sessionWork.js";

const HELLO_MS = 10_000;

export interface LinkParts {
  readonly session: Session;
  readonly socket: SessionSocket;
  readonly domain: AssayDomain;
  readonly signer: FastSigner;
  readonly signatures: SignatureCheck;
  readonly metrics: SessionMetrics;
  readonly logger: Logger;
  readonly generateMs: number;
}

type Phase = "challenged" | "proving" | "open" | "over";

/** One connection of a session, from its challenge to its end. Whatever it has in work ends with it; what is recorded stays. */
export class SessionLink {
  readonly #challenge = toHex(randomBytes(32));
  readonly #works = new Map<number, SessionWork>();
  readonly #timer: NodeJS.Timeout;
  #phase: Phase = "challenged";
  #vouchers: Promise<void> = Promise.resolve();

  constructor(private readonly parts: LinkParts) {
    const { socket, logger } = parts;
    socket.listen({
      onFrames: (frames) => {
        for (const frame of frames) this.#onFrame(frame);
      },
      onClose: () => {
        this.#end();
      },
      onError: (error) => {
        logger.error({ err: error, jobId: parts.session.jobId }, "a session's connection failed unexpectedly");
      },
    });
    this.#timer = setTimeout(() => {
      this.#fault("SESSION_TIMEOUT", "There was no hello in time.");
    }, HELLO_MS);
    socket.send({ t: "challenge", challenge: this.#challenge });
  }

  get isOver(): boolean {
    return this.#phase === "over";
  }

  /** Another connection proved to speak for the same requester. */
  replace(): void {
    this.#fault("SESSION_REPLACED", "Another connection of the session took over.");
  }

  rolledOver(firstNonce: number): void {
    if (this.#phase === "open") this.parts.socket.send({ t: "rollover", firstNonce });
  }

  drain(reason: string): void {
    if (this.#phase === "open") this.parts.socket.send({ t: "draining", reason });
  }

  close(): void {
    this.parts.socket.close();
  }

  /** Resolves when nothing of it can touch the ledger any more. */
  async idle(): Promise<void> {
    await Promise.allSettled([this.#vouchers, ...[...this.#works.values()].map(({ done }) => done)]);
  }

  /** Ends answers that take too long. */
  sweep(now: number): void {
    for (const work of this.#works.values()) if (now >= work.deadline) work.timeOut();
  }

  #onFrame(frame: GatewayFrame): void {
    switch (frame.t) {
      case "hello":
        if (this.#phase !== "challenged") throw broken("says hello twice");
        this.#phase = "proving";
        clearTimeout(this.#timer);
        this.#hello(frame).catch((error: unknown) => {
          this.#failed(error);
        });
        return;
      case "fault":
        this.parts.logger.warn(
          { jobId: this.parts.session.jobId, code: textOf(frame.code, 64) },
          `the requester broke a session's connection off: ${textOf(frame.message, 300)}`,
        );
        this.parts.socket.close();
        return;
      default:
        if (this.#phase === "over") return;
        if (this.#phase !== "open") throw broken("speaks before it was welcomed");
    }
    switch (frame.t) {
      case "request":
        this.#request(frame);
        return;
      case "cancel":
        this.#cancel(frame);
        return;
      case "voucher":
        this.#vouchers = this.#vouchers.then(async () => {
          await this.#voucher(frame).catch((error: unknown) => {
            this.#failed(error);
          });
        });
        return;
      default:
        throw broken(`has a frame of the kind "${String((frame as { t: unknown }).t).slice(0, 32)}"`);
    }
  }

  async #hello(frame: HelloFrame): Promise<void> {
    const { session, socket, domain, signatures, logger } = this.parts;
    const { nonce, firstNonce } = readState(frame);
    await checkAccess(frame, this.#challenge, { session, domain, signatures });
    if (this.#phase !== "proving") return;
    await session.attach(this);
    const { ledger } = session;
    if (firstNonce > ledger.firstNonce && nonce <= ledger.nonce) {
      throw mismatch(`begins its tree at ${firstNonce}, this side at ${ledger.firstNonce}`);
    }
    if (nonce > ledger.nonce || firstNonce > ledger.firstNonce) {
      logger.error(
        { jobId: session.jobId, requester: nonce, worker: ledger.nonce },
        "the requester has receipts that this worker lost: the session cannot go on",
      );
      session.end({ code: "SESSION_STATE_LOST", reason: "The provider lost receipts of this session." });
    } else {
      // What was appended and not yet durable when the connection broke counts too.
      await ledger.drop(nonce);
    }
    if (this.isOver) return;
    this.#phase = "open";
    socket.send({ t: "welcome", state: session.state, maxConcurrent: session.maxConcurrent });
    if (session.ending !== undefined) this.drain(session.ending.reason);
    logger.debug({ jobId: session.jobId, ...session.state }, "a session's requester is connected");
  }

  #request(frame: RequestFrame): void {
    const { session, socket, metrics, generateMs } = this.parts;
    const { id } = frame;
    if (!Number.isSafeInteger(id) || this.#works.has(id)) throw broken(`gives a request the id ${String(id)}`);
    let work: SessionWork;
    try {
      const asked = readSessionRequest(frame.request, session.model.document.policy);
      const worst = session.worstFee(asked);
      session.admit(worst);
      work = new SessionWork({ session, socket, metrics, id, asked, worst, stream: frame.stream, generateMs });
    } catch (thrown) {
      const { code, message, retryable } = engineError(thrown);
      metrics.requests.add(1, { outcome: "refused" });
      socket.send({ t: "failed", id, code, message, retryable });
      return;
    }
    this.#works.set(id, work);
    work.done.then(
      () => {
        this.#works.delete(id);
      },
      (error: unknown) => {
        this.#works.delete(id);
        this.#failed(error);
      },
    );
  }

  #cancel({ id }: CancelFrame): void {
    // It may be done already: then there is nothing to stop.
    this.#works.get(id)?.cancel();
  }

  async #voucher(frame: VoucherFrame): Promise<void> {
    if (this.isOver) return;
    const { session, socket, signer, metrics } = this.parts;
    const { ledger } = session;
    const checked = await checkVoucher(frame, this.parts);
    if (checked === "stale") return;
    if (checked !== "known") {
      const countersignature = signer.signDigest(checked.digest);
      await ledger.sign(frame.firstNonce, { ...checked.state, countersignature });
      session.onSigned();
      metrics.vouchers.add();
    }
    // The tree may have ended while this was written.
    const signed = frame.firstNonce === ledger.firstNonce ? ledger.signed : undefined;
    if (signed?.count !== frame.count) return;
    const { firstNonce, count } = frame;
    socket.send({ t: "countersigned", firstNonce, count, signature: signed.countersignature });
  }

  /** The connection cannot go on; the session can, on another one. */
  #failed(thrown: unknown): void {
    const { logger, socket, session } = this.parts;
    const error = AssayError.is(thrown)
      ? thrown
      : new AssayError({ code: "INTERNAL", message: "Something went wrong in the worker.", cause: thrown });
    if (!AssayError.is(thrown)) logger.error({ err: thrown, jobId: session.jobId }, "a session failed unexpectedly");
    else logger.warn({ jobId: session.jobId, code: error.code }, error.message);
    socket.fault(error);
  }

  #fault(code: string, message: string): void {
    this.parts.socket.fault(new AssayError({ code, message }));
  }

  #end(): void {
    if (this.#phase === "over") return;
    this.#phase = "over";
    clearTimeout(this.#timer);
    for (const work of this.#works.values()) work.abandon();
    this.parts.session.detach(this);
  }
}

function readState({ state }: { readonly state: unknown }): { readonly nonce: number; readonly firstNonce: number } {
  const { nonce, firstNonce } = (state as Partial<HelloFrame["state"]> | undefined) ?? {};
  const whole = Number.isSafeInteger(nonce) && Number.isSafeInteger(firstNonce);
  if (nonce === undefined || firstNonce === undefined || !whole || firstNonce < 0 || nonce < firstNonce) {
    throw broken("has a hello without its state");
  }
  return { nonce, firstNonce };
}

/** What the other side sent where text belongs, for the log. */
function textOf(value: unknown, length: number): string {
  return typeof value === "string" ? value.slice(0, length) : "";
}

function mismatch(what: string): AssayError {
  return new AssayError({
    code: "SESSION_STATE_MISMATCH",
    message: `The requester ${what}.`,
    hint: "Close the session and open another.",
  });
}

function broken(what: string): AssayError {
  return new AssayError({
    code: "SESSION_PROTOCOL",
    message: `The requester ${what}.`,
    hint: "The SDK's sessionApi says how a session goes.",
  });
}
