import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";

import {
  AssayError,
  keccak,
  type Receipt,
  ReceiptHasher,
  type ReceiptTerms,
  type SumProof,
  type Voucher,
} from "@assay/sdk";
import { AppendLog, DiskSumTree } from "@assay/sdk/node";
import { hexlify } from "ethers";

import { LeafBuffer } from "../../domain/session/leafBuffer.js";
import {
  decodeRecord,
  encodeNote,
  encodeReceipt,
  type Note,
  type ReceiptRecord,
} from "../../domain/session/records.js";

/** A tree's state that both sides signed. */
export interface SignedState {
  readonly count: number;
  readonly total: bigint;
  readonly root: string;
  /** The requester's. */
  readonly signature: string;
  /** The provider's. */
  readonly countersignature: string;
  readonly maxLeafFee: bigint;
}

/** A tree that nothing is added to any more: what is committed, or was. */
export interface ClosedTree extends SignedState {
  readonly firstNonce: number;
}

/** Everything that opening a leaf takes. */
export interface LedgerOpening {
  readonly index: number;
  readonly receipt: Receipt;
  readonly request: Uint8Array;
  readonly outputHash: Uint8Array;
  readonly salt: string;
  readonly proof: SumProof;
}

/** A receipt to append. `requestHash` is that of the record's request, which the caller has at hand. */
export interface NewReceipt extends ReceiptRecord {
  readonly requestHash: Uint8Array;
}

export interface Appended {
  readonly nonce: number;
  readonly salt: Uint8Array;
  /** Resolves when the receipt is on the disk. */
  readonly durable: Promise<void>;
}

const LOG = "receipts.log";
const SECRET_BYTES = 32;

/**
 * The receipts of one session: a log, and over it the tree that is being built. Everything in memory follows from the log, so whatever is killed,
 * opening it again gives what was acknowledged.
 *
 * Leaves go into the tree only with the voucher that covers them, because a voucher may stop short of the newest receipt.
 *
 * @example
 * const ledger = await SessionLedger.open({ folder, terms });
 * const { nonce, durable } = ledger.append(receipt);
 * await durable;
 */
export class SessionLedger {
  #log!: AppendLog;
  #tree!: DiskSumTree;
  #secret: Uint8Array | undefined;
  readonly #hasher: ReceiptHasher;
  /** Offsets in the log, by nonce. */
  readonly #offsets: number[] = [];
  /** Leaves of the current tree that are not in `#tree` yet. */
  readonly #pending = new LeafBuffer();
  readonly #closed: ClosedTree[] = [];
  /** Largest fee of a leaf in `#tree`. */
  #largestInTree = 0n;
  #firstNonce = 0;
  #signed: SignedState | undefined;
  /** Fees of all receipts, and of those below `signedNonce`. */
  #recordedFees = 0n;
  #signedFees = 0n;
  #failure: AssayError | undefined;
  #lastAppend: Promise<void> = Promise.resolve();
  #lastChange: Promise<unknown> = Promise.resolve();
  readonly #saltInput = new Uint8Array(SECRET_BYTES + 8);

  private constructor(
    private readonly folder: string,
    private readonly terms: ReceiptTerms,
  ) {
    this.#hasher = new ReceiptHasher(terms);
  }

  /** @throws AssayError what `AppendLog.open` throws; `LOG_CORRUPT` if the log is another session's */
  static async open({
    folder,
    terms,
  }: {
    readonly folder: string;
    readonly terms: ReceiptTerms;
  }): Promise<SessionLedger> {
    const ledger = new SessionLedger(folder, terms);
    await ledger.#open();
    return ledger;
  }

  /** Nonce of the next receipt. */
  get nonce(): number {
    return this.#offsets.length;
  }

  /** Nonce of the first leaf of the current tree. */
  get firstNonce(): number {
    return this.#firstNonce;
  }

  /** What the last voucher of the current tree covers. */
  get signed(): SignedState | undefined {
    return this.#signed;
  }

  /** Receipts below it are signed. */
  get signedNonce(): number {
    return this.#firstNonce + (this.#signed?.count ?? 0);
  }

  /** Fees of all receipts of the session. */
  get recordedFees(): bigint {
    return this.#recordedFees;
  }

  /** Fees of the receipts that are recorded and not signed. */
  get unsignedFees(): bigint {
    return this.#recordedFees - this.#signedFees;
  }

  /** Trees that ended, oldest first. */
  get closed(): readonly ClosedTree[] {
    return this.#closed;
  }

  /** Why nothing can be appended any more; the worker must start again. */
  get failure(): AssayError | undefined {
    return this.#failure;
  }

  /**
   * Appends a receipt. Its nonce is given at once; nothing of it may leave before it is durable.
   *
   * @throws AssayError `LOG_FAILED` if the disk refused before
   */
  append(receipt: NewReceipt): Appended {
    if (this.#failure !== undefined) throw this.#failure;
    // Whatever does not fit throws before anything is changed.
    const record = encodeReceipt(receipt);
    const nonce = this.#offsets.length;
    const salt = this.#addLeaf(nonce, receipt, receipt.requestHash);
    this.#offsets.push(-1);
    const durable = this.#log.append(record).then(
      (offset) => {
        this.#offsets[nonce] = offset;
      },
      (error: unknown) => {
        throw this.#fail(error);
      },
    );
    this.#lastAppend = durable;
    return { nonce, salt, durable };
  }

  /**
   * Drops the receipts from `nonce` on, which the requester never recorded. Nothing may be appended meanwhile.
   *
   * @throws AssayError `SESSION_STATE_MISMATCH` if some of them are signed
   */
  async drop(nonce: number): Promise<void> {
    await this.#exclusively(async () => {
      await this.#lastAppend;
      if (nonce >= this.nonce) return;
      if (nonce < this.signedNonce) {
        throw new AssayError({
          code: "SESSION_STATE_MISMATCH",
          message: `The requester has ${nonce} receipts, but signed ${this.signedNonce}.`,
          hint: "Its records were lost: close the session and open another.",
        });
      }
      await this.#takeBack();
      await this.#note({ note: "drop", nonce });
      this.#drop(nonce);
    });
  }

  /**
   * The state of the current tree at `count` leaves, as this side has it. Leaves that it moves into the tree stay there; they are all recorded.
   *
   * @returns undefined if there are not so many, or fewer than were signed already
   */
  async stateAt(count: number): Promise<Pick<Voucher, "total" | "root"> | undefined> {
    return await this.#exclusively(async () => {
      if (count <= (this.#signed?.count ?? 0) || count > this.nonce - this.#firstNonce) return undefined;
      // A voucher that did not hold may have moved more.
      if (this.#tree.count > count) await this.#takeBack();
      for (let left = count - this.#tree.count; left > 0; left -= 1) {
        const fee = this.#pending.sumAt(0);
        this.#tree.append(this.#pending.contentAt(0), fee);
        this.#pending.dropFirst(1);
        if (fee > this.#largestInTree) this.#largestInTree = fee;
      }
      return { total: this.#tree.total, root: this.#tree.root() };
    });
  }

  /** Keeps a state that both sides signed; it is that of `stateAt(count)`. Durable when the promise resolves. */
  async sign(firstNonce: number, state: Omit<SignedState, "maxLeafFee">): Promise<void> {
    await this.#exclusively(async () => {
      if (firstNonce !== this.#firstNonce) return;
      await this.#note({ note: "voucher", firstNonce, ...state });
      this.#sign({ ...state, maxLeafFee: this.#largestInTree });
    });
  }

  /**
   * Ends the current tree at what is signed; receipts beyond go into the next one. Durable when the promise resolves.
   *
   * @returns undefined if nothing is signed
   */
  async rollover(): Promise<ClosedTree | undefined> {
    return await this.#exclusively(async () => {
      if (this.#signed === undefined) return undefined;
      await this.#takeBack();
      await this.#note({ note: "rollover", firstNonce: this.signedNonce });
      const closed = this.#rollover();
      await this.#tree.flush();
      await this.#tree.close();
      this.#tree = await this.#newTree();
      return closed;
    });
  }

  /** Opens leaves of a closed tree; `choose` says which, given how to find the leaf at a point of the total. */
  async openLeaves(
    closed: ClosedTree,
    choose: (findLeafAt: (point: bigint) => Promise<number>) => Promise<readonly number[]>,
  ): Promise<readonly LedgerOpening[]> {
    return await this.#exclusively(async () => {
      const tree = await this.#proofTree(closed);
      try {
        const indices = await choose(async (point) => await tree.findLeafAt(point));
        return await Promise.all(
          indices.map(async (index) => ({
            index,
            proof: await tree.proof(index),
            ...(await this.#opening(closed.firstNonce + index)),
          })),
        );
      } finally {
        await tree.close();
      }
    });
  }

  async close(): Promise<void> {
    await this.#lastChange.catch(() => undefined);
    await this.#log.close();
    await this.#tree.close();
  }

  /** Closes it and deletes everything. */
  async destroy(): Promise<void> {
    await this.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #open(): Promise<void> {
    this.#log = await AppendLog.open({
      file: join(this.folder, LOG),
      onRecord: (record, offset) => {
        this.#replay(decodeRecord(record), offset);
      },
    });
    try {
      if (this.#secret === undefined) {
        const secret = randomBytes(SECRET_BYTES);
        await this.#note({ note: "session", version: 1, jobId: this.terms.jobId, secret: hexlify(secret) });
        this.#secret = secret;
      }
      this.#tree = await this.#newTree();
    } catch (error) {
      await this.#log.close();
      throw error;
    }
  }

  #replay(record: ReceiptRecord | Note, offset: number): void {
    if (!("note" in record)) {
      this.#addLeaf(this.#offsets.length, record, keccak(record.request));
      this.#offsets.push(offset);
      return;
    }
    switch (record.note) {
      case "session":
        if (record.jobId !== this.terms.jobId) throw this.#corrupt(`it is that of ${record.jobId}`);
        this.#secret = Buffer.from(record.secret.slice(2), "hex");
        break;
      case "voucher": {
        const { note: _note, firstNonce, ...state } = record;
        if (firstNonce !== this.#firstNonce || state.count > this.#pending.count)
          throw this.#corrupt("a voucher is misplaced");
        this.#sign({ ...state, maxLeafFee: this.#largestPending(state.count) });
        break;
      }
      case "rollover": {
        const { count } = this.#rollover();
        this.#pending.dropFirst(count);
        break;
      }
      case "drop":
        this.#drop(record.nonce);
        break;
    }
  }

  #addLeaf(nonce: number, receipt: ReceiptRecord, requestHash: Uint8Array): Uint8Array {
    const salt = this.#salt(nonce);
    const { outputHash, inputUnits, outputUnits, fee, startedAt, finishedAt } = receipt;
    const hashed = this.#hasher.hash({
      nonce,
      requestHash,
      outputHash,
      salt,
      inputUnits,
      outputUnits,
      fee,
      startedAt,
      finishedAt,
    });
    this.#pending.append(hashed.receiptHash, fee);
    this.#recordedFees += fee;
    return salt;
  }

  #salt(nonce: number): Uint8Array {
    if (this.#secret === undefined) throw this.#corrupt("it does not begin with its session");
    this.#saltInput.set(this.#secret);
    Buffer.from(this.#saltInput.buffer).writeUIntBE(nonce, SECRET_BYTES + 2, 6);
    return keccak(this.#saltInput);
  }

  /** Only receipts that are not signed are ever dropped, so they are all in memory or can be taken back from the tree. */
  #drop(nonce: number): void {
    const kept = nonce - (this.nonce - this.#pending.count);
    for (let index = kept; index < this.#pending.count; index += 1) this.#recordedFees -= this.#pending.sumAt(index);
    this.#pending.keepFirst(kept);
    this.#offsets.length = nonce;
  }

  #sign(state: SignedState): void {
    this.#signedFees += state.total - (this.#signed?.total ?? 0n);
    this.#signed = state;
  }

  #rollover(): ClosedTree {
    if (this.#signed === undefined) throw this.#corrupt("a tree without a voucher ends");
    const closed = { firstNonce: this.#firstNonce, ...this.#signed };
    this.#closed.push(closed);
    this.#firstNonce += this.#signed.count;
    this.#signed = undefined;
    return closed;
  }

  #largestPending(count: number): bigint {
    let largest = 0n;
    for (let index = 0; index < count; index += 1) {
      const fee = this.#pending.sumAt(index);
      if (fee > largest) largest = fee;
    }
    return largest;
  }

  /** The current tree, built again from memory up to what is signed. */
  async #newTree(): Promise<DiskSumTree> {
    const tree = await DiskSumTree.open({ folder: this.#treeFolder(this.#firstNonce) });
    await tree.truncate(0);
    const count = this.#signed?.count ?? 0;
    for (let index = 0; index < count; index += 1) {
      tree.append(this.#pending.contentAt(index), this.#pending.sumAt(index));
    }
    this.#pending.dropFirst(count);
    this.#largestInTree = this.#signed?.maxLeafFee ?? 0n;
    return tree;
  }

  /** Moves leaves that no voucher holds from the tree back into memory. */
  async #takeBack(): Promise<void> {
    const count = this.#signed?.count ?? 0;
    if (this.#tree.count <= count) return;
    await this.#lastAppend;
    const moved: { readonly content: Uint8Array; readonly sum: bigint }[] = [];
    for (let nonce = this.#firstNonce + count; nonce < this.#firstNonce + this.#tree.count; nonce += 1) {
      moved.push(await this.#leafOf(nonce));
    }
    await this.#tree.truncate(count);
    for (let index = 0; index < this.#pending.count; index += 1) {
      moved.push({ content: Uint8Array.from(this.#pending.contentAt(index)), sum: this.#pending.sumAt(index) });
    }
    this.#pending.keepFirst(0);
    for (const { content, sum } of moved) this.#pending.append(content, sum);
    this.#largestInTree = this.#signed?.maxLeafFee ?? 0n;
  }

  async #leafOf(nonce: number): Promise<{ readonly content: Uint8Array; readonly sum: bigint }> {
    const record = await this.#recordOf(nonce);
    const { receiptHash } = this.#hasher.hash({
      ...record,
      nonce,
      requestHash: keccak(record.request),
      salt: this.#salt(nonce),
    });
    return { content: receiptHash, sum: record.fee };
  }

  async #recordOf(nonce: number): Promise<ReceiptRecord> {
    const record = decodeRecord(await this.#log.read(this.#offsets[nonce] ?? -1));
    if ("note" in record) throw this.#corrupt(`receipt ${nonce} is none`);
    return record;
  }

  async #opening(nonce: number): Promise<Pick<LedgerOpening, "receipt" | "request" | "outputHash" | "salt">> {
    const record = await this.#recordOf(nonce);
    const salt = this.#salt(nonce);
    const receipt = this.#hasher.receipt({ ...record, nonce, requestHash: keccak(record.request), salt });
    return { receipt, request: record.request, outputHash: record.outputHash, salt: hexlify(salt) };
  }

  /** The tree of a closed state: as it was left, or built again if that does not hold. */
  async #proofTree({ firstNonce, count, root }: ClosedTree): Promise<DiskSumTree> {
    const tree = await DiskSumTree.open({ folder: this.#treeFolder(firstNonce) });
    if (tree.count === count && tree.root() === root) return tree;
    await tree.truncate(0);
    for (let nonce = firstNonce; nonce < firstNonce + count; nonce += 1) {
      const { content, sum } = await this.#leafOf(nonce);
      tree.append(content, sum);
    }
    if (tree.root() === root) return tree;
    await tree.close();
    throw this.#corrupt(`the receipts from ${firstNonce} on do not make up the root that was signed`);
  }

  #treeFolder(firstNonce: number): string {
    return join(this.folder, `tree-${firstNonce}`);
  }

  async #note(note: Note): Promise<void> {
    try {
      await this.#log.append(encodeNote(note));
    } catch (error) {
      throw this.#fail(error);
    }
  }

  #fail(error: unknown): AssayError {
    this.#failure ??= AssayError.is(error)
      ? error
      : new AssayError({ code: "LOG_FAILED", message: "The log of a session could not be written.", cause: error });
    return this.#failure;
  }

  #corrupt(what: string): AssayError {
    return new AssayError({
      code: "LOG_CORRUPT",
      message: `The log of the session ${this.terms.jobId} does not hold: ${what}.`,
      hint: "It was left as it is; put a backup in its place, or move it away to give the session up.",
    });
  }

  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#lastChange.then(work);
    this.#lastChange = result.catch(() => undefined);
    return await result;
  }
}
