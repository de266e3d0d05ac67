import { AssayError, type Job, keccak, type SessionTerms, sessionFeeUp, type SessionState } from "@assay/sdk";

import type { ServedModel } from "../../adapters/engine/loadModels.js";
import type { ClosedTree, NewReceipt, SessionLedger } from "../../adapters/sessions/sessionLedger.js";
import { toHex } from "../../domain/hex.js";
import type { SessionRequest } from "../../domain/session/readSessionRequest.js";
import { shortage } from "../../domain/session/sessionTerms.js";
import type { StakePool } from "./stakePool.js";
import type { SessionLink } from "./sessionLink.js";

export interface SessionParts {
  readonly jobId: string;
  readonly job: Job;
  readonly model: ServedModel;
  readonly terms: Pick<SessionTerms, "maxConcurrent">;
  readonly ledger: SessionLedger;
  readonly pool: StakePool;
}

/** What an answer costs and where it is recorded. */
export interface Recorded {
  readonly nonce: number;
  readonly fee: bigint;
  readonly salt: string;
  readonly durable: Promise<void>;
}

/** Why a session takes no requests. */
export interface Ending {
  readonly code: "SESSION_CLOSING" | "SESSION_DRAINING" | "SESSION_STATE_LOST";
  readonly reason: string;
}

/** One session: its books, its ledger, and the one connection that may speak for it. */
export class Session {
  readonly jobId: string;
  readonly job: Job;
  readonly model: ServedModel;
  readonly ledger: SessionLedger;
  readonly maxConcurrent: number;
  #link: SessionLink | undefined;
  #inWork = 0n;
  #requests = 0;
  /** All that was ever put into the session. */
  #funds: bigint;
  #ending: Ending | undefined;
  /** Requests had to be refused because the free stake did not back them. */
  pressed = false;
  /** When the oldest receipt that is signed and not in a closed tree was signed, in milliseconds. */
  #signedSince: number | undefined;

  constructor(private readonly parts: SessionParts) {
    ({ jobId: this.jobId, job: this.job, model: this.model, ledger: this.ledger } = parts);
    this.maxConcurrent = parts.terms.maxConcurrent;
    this.#funds = parts.job.budget;
    if (this.ledger.signed !== undefined) this.#signedSince = Date.now();
  }

  get state(): SessionState {
    return { nonce: this.ledger.nonce, firstNonce: this.ledger.firstNonce };
  }

  get link(): SessionLink | undefined {
    return this.#link;
  }

  get ending(): Ending | undefined {
    return this.#ending;
  }

  get signedSince(): number | undefined {
    return this.#signedSince;
  }

  /** Requests in work. */
  get requests(): number {
    return this.#requests;
  }

  /** Value that stake must still be locked for: in work, unsigned, and signed in no batch yet. */
  outstanding(uncommitted: readonly ClosedTree[]): bigint {
    const { unsignedFees, signed } = this.ledger;
    const waiting = uncommitted.reduce((sum, { total }) => sum + total, 0n);
    return this.#inWork + unsignedFees + (signed?.total ?? 0n) + waiting;
  }

  /** Most that a request can cost. @throws AssayError `UNSUPPORTED_REQUEST` */
  worstFee({ request }: SessionRequest): bigint {
    return sessionFeeUp(this.job, BigInt(this.model.engine.inputUnits(request)), BigInt(request.maxOutputUnits));
  }

  /**
   * Takes a request into the books.
   *
   * @param worst most that it can cost
   * @throws AssayError `CREDIT_EXHAUSTED`, `BUDGET_EXHAUSTED`, `CAPACITY`, `TOO_MANY_REQUESTS` and those of an ending session, all retryable
   */
  admit(worst: bigint): void {
    if (this.#ending !== undefined) {
      throw new AssayError({ code: this.#ending.code, message: this.#ending.reason, retryable: true });
    }
    if (this.ledger.failure !== undefined) {
      throw new AssayError({
        code: "SESSION_STORAGE_FAILED",
        message: "The provider cannot write receipts now.",
        hint: "Ask another provider.",
        retryable: true,
        cause: this.ledger.failure,
      });
    }
    const { unsignedFees, recordedFees } = this.ledger;
    if (this.#requests >= this.maxConcurrent) throw shortage("TOO_MANY_REQUESTS");
    if (unsignedFees + this.#inWork + worst > this.job.creditLine) throw shortage("CREDIT_EXHAUSTED");
    if (recordedFees + this.#inWork + worst > this.#funds) throw shortage("BUDGET_EXHAUSTED");
    if (!this.parts.pool.take(this.jobId, worst)) {
      this.pressed = true;
      throw shortage("CAPACITY");
    }
    this.#inWork += worst;
    this.#requests += 1;
  }

  /** The request came to nothing. */
  release(worst: bigint): void {
    this.parts.pool.giveBack(this.jobId, worst);
    this.#inWork -= worst;
    this.#requests -= 1;
  }

  /** Turns an admitted request into a receipt. What it throws, nothing is recorded of; the request is still to be released. */
  record(worst: bigint, receipt: Omit<NewReceipt, "fee" | "outputHash">, output: Uint8Array): Recorded {
    const fee = sessionFeeUp(this.job, BigInt(receipt.inputUnits), BigInt(receipt.outputUnits));
    const { nonce, salt, durable } = this.ledger.append({ ...receipt, fee, outputHash: keccak(output) });
    this.parts.pool.giveBack(this.jobId, worst - fee);
    this.#inWork -= worst;
    this.#requests -= 1;
    return { nonce, fee, salt: toHex(salt), durable };
  }

  /** What the chain says now about the session's money. */
  fund(funds: bigint): void {
    this.#funds = funds;
  }

  onSigned(): void {
    this.#signedSince ??= Date.now();
  }

  /** Ends the current tree at what is signed, and tells the requester. */
  async rollover(): Promise<ClosedTree | undefined> {
    const closed = await this.ledger.rollover();
    if (closed === undefined) return undefined;
    this.#signedSince = undefined;
    this.pressed = false;
    this.#link?.rolledOver(this.ledger.firstNonce);
    return closed;
  }

  /** Takes no requests any more. */
  end(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.#link?.drain(ending.reason);
  }

  /** A connection proved to speak for the requester: it is the one from now on. */
  async attach(link: SessionLink): Promise<void> {
    const before = this.#link;
    this.#link = link;
    before?.replace();
    await before?.idle();
  }

  detach(link: SessionLink): void {
    if (this.#link === link) this.#link = undefined;
  }

  async close(): Promise<void> {
    this.#link?.close();
    await this.#link?.idle();
    await this.ledger.close();
  }
}
