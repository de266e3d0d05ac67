import { AssayError, type CountersignedFrame, type Voucher, voucherDigest, type VoucherFrame } from "@assay/sdk";
import { type FastSigner, recoverSigner } from "@assay/sdk/node";

import type { SessionBooks } from "../../domain/sessionBooks.js";
import type { SessionDeal } from "../../domain/sessionDeal.js";
import type { ReceiptTree, TreeState } from "./receiptTree.js";

export interface VoucherDeskOptions {
  readonly terms: SessionDeal;
  readonly signer: FastSigner;
  readonly books: SessionBooks;
  readonly tree: ReceiptTree;
  readonly send: (frame: VoucherFrame) => void;
  /** The provider has our signature over more than before. */
  readonly onAcknowledged: () => void;
  /** The provider's signature does not hold. */
  readonly onWrong: (error: AssayError) => void;
  /** A voucher was not answered in time: the connection is of no use. */
  readonly onSilent: (error: AssayError) => void;
  readonly verifySignature?: ((digest: string, signature: string) => Promise<boolean>) | undefined;
}

/** A state that both sides signed. */
export interface Countersigned {
  readonly voucher: Voucher;
  /** The requester's. */
  readonly signature: string;
  /** The provider's. */
  readonly countersignature: string;
}

/** A voucher that was sent and not answered yet. */
interface Outstanding {
  readonly state: TreeState;
  readonly voucher: Voucher;
  readonly digest: string;
  readonly signature: string;
}

/** Answers that are recorded within this time share a signature. */
const DELAY_MS = 5;
/** A part of the credit line: with more unsigned, a signature does not wait. */
const HURRY_PART = 4n;
const ANSWER_TIMEOUT_MS = 10_000;

/**
 * Signs what was recorded, off the way of the answers: one voucher at a time, over everything that is there when it is made. A provider
 * that is slow to confirm gets fewer and larger ones.
 */
export class VoucherDesk {
  #out: Outstanding | undefined;
  #answerTimer: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #hurrying = false;
  #paused = true;
  #stopped = false;
  #signedNonce = 0;
  #countersigned: Countersigned | undefined;

  constructor(private readonly options: VoucherDeskOptions) {}

  /** Receipts below this nonce were signed in some voucher. */
  get signedNonce(): number {
    return Math.max(this.#signedNonce, this.options.tree.firstNonce);
  }

  get countersigned(): Countersigned | undefined {
    return this.#countersigned;
  }

  /** An earlier run may have signed everything up to here: nobody remembers. */
  assumeSigned(nonce: number): void {
    this.#signedNonce = Math.max(this.#signedNonce, nonce);
  }

  /** Sees to it that what is recorded gets signed soon. */
  schedule(): void {
    if (this.#paused || this.#out !== undefined) return;
    const { books } = this.options;
    if (books.unsigned === 0n && this.#signedAll()) return;
    if (books.unsigned * HURRY_PART >= books.creditLine) {
      this.hurry();
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#sign();
    }, DELAY_MS);
  }

  /** A request waits for credit: signs at the end of this turn. */
  hurry(): void {
    if (this.#hurrying || this.#paused || this.#out !== undefined) return;
    this.#hurrying = true;
    setImmediate(() => {
      this.#hurrying = false;
      this.#sign();
    });
  }

  /** Nothing is signed: there is no connection, or the tree is being changed. What was sent counts as lost. */
  pause(): void {
    this.#paused = true;
    this.#out = undefined;
    clearTimeout(this.#answerTimer);
  }

  resume(): void {
    if (this.#stopped) return;
    this.#paused = false;
    this.schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.pause();
    clearTimeout(this.#timer);
  }

  /** Signs everything and waits for the provider's signature. */
  async finish(milliseconds: number): Promise<void> {
    const until = Date.now() + milliseconds;
    while (!this.#stopped && !this.#paused && Date.now() < until) {
      if (this.#out === undefined) {
        if (this.options.tree.state === undefined || this.#confirmedAll()) return;
        this.#sign();
      }
      await new Promise((resolve) => setTimeout(resolve, DELAY_MS));
    }
  }

  /** Takes in the provider's signature. */
  onCountersigned({ firstNonce, count, signature }: CountersignedFrame): void {
    const out = this.#out;
    // An answer to a voucher that a rollover made pointless.
    if (out?.state.firstNonce !== firstNonce || out.state.count !== count) return;
    const signer = recoverSigner(out.digest, signature)?.toLowerCase();
    if (signer !== undefined && this.options.terms.signers.some((known) => known.toLowerCase() === signer)) {
      this.#acknowledge(out, signature);
      return;
    }
    void this.#verifyOtherwise(out, signature);
  }

  async #verifyOtherwise(out: Outstanding, signature: string): Promise<void> {
    const holds = (await this.options.verifySignature?.(out.digest, signature).catch(() => false)) ?? false;
    if (out !== this.#out) return;
    if (holds) {
      this.#acknowledge(out, signature);
      return;
    }
    this.options.onWrong(
      new AssayError({
        code: "COUNTERSIGNATURE_WRONG",
        message: "The provider's signature over the receipts is not its own.",
        hint: "The session is given up.",
      }),
    );
  }

  #acknowledge({ state, voucher, signature }: Outstanding, countersignature: string): void {
    clearTimeout(this.#answerTimer);
    this.#out = undefined;
    this.#countersigned = { voucher, signature, countersignature };
    const { tree, books, onAcknowledged } = this.options;
    books.acknowledge(tree.acknowledge(state.firstNonce + state.count));
    onAcknowledged();
    this.schedule();
  }

  #sign(): void {
    if (this.#paused || this.#out !== undefined) return;
    const { tree, terms, signer, send, onSilent } = this.options;
    const { state } = tree;
    if (state === undefined || this.#confirmedAll(state)) return;
    const { firstNonce, count, total, root } = state;
    const voucher = { jobId: terms.jobId, firstNonce: BigInt(firstNonce), count: BigInt(count), total, root };
    const digest = voucherDigest(voucher, terms.domain);
    const signature = signer.signDigest(digest);
    this.#signedNonce = firstNonce + count;
    this.#out = { state, voucher, digest, signature };
    send({ t: "voucher", firstNonce, count, total: total.toString(), root, signature });
    this.#answerTimer = setTimeout(() => {
      onSilent(
        new AssayError({
          code: "VOUCHER_UNANSWERED",
          message: `The provider did not confirm a voucher within ${ANSWER_TIMEOUT_MS / 1_000} s.`,
          retryable: true,
        }),
      );
    }, ANSWER_TIMEOUT_MS);
  }

  #signedAll(): boolean {
    return this.signedNonce >= this.options.tree.nonce;
  }

  /** True if the provider's last signature is over this very state. */
  #confirmedAll(state = this.options.tree.state): boolean {
    if (state === undefined) return true;
    const { voucher } = this.#countersigned ?? {};
    return voucher?.firstNonce === BigInt(state.firstNonce) && voucher.count === BigInt(state.count);
  }
}
