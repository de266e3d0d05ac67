import { rm } from "node:fs/promises";
import { join } from "node:path";

import type { AssayError, SumProof } from "@assay/sdk";
import { DiskSumTree } from "@assay/sdk/node";

import type { ReceiptRecord } from "../../domain/receiptRecord.js";
import { stateWrong } from "./sessionErrors.js";

/** A receipt as the tree has it. */
interface Leaf {
  readonly content: Uint8Array;
  readonly fee: bigint;
  /** Fees of all receipts of the session up to and including this one. */
  readonly after: bigint;
}

/** The state that a voucher signs. */
export interface TreeState {
  readonly firstNonce: number;
  readonly count: number;
  readonly total: bigint;
  readonly root: string;
  /** Fees of all receipts of the session up to here. */
  readonly after: bigint;
}

/** Reads leaves that are not in memory any more. */
export type LeafReader = (nonce: number) => Promise<ReceiptRecord | undefined>;

/**
 * The trees of a session's receipts, one for each batch. The one that is being built grows with every receipt; those of batches are
 * built when a proof is asked for, and kept. Files are a cache: what counts is the log.
 */
export class ReceiptTree {
  #tree: DiskSumTree | undefined;
  #firstNonce = 0;
  /** Receipts from `#base` on: what the provider has not confirmed to be signed. */
  #leaves: Leaf[] = [];
  #base = 0;
  #total = 0n;
  #totalBelowBase = 0n;
  #switching: Promise<void> = Promise.resolve();
  #proving: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly folder: string,
    private readonly readLeaf: LeafReader,
  ) {}

  /** Nonce of the next receipt. */
  get nonce(): number {
    return this.#base + this.#leaves.length;
  }

  /** Nonce of the first leaf of the tree that is being built. */
  get firstNonce(): number {
    return this.#firstNonce;
  }

  /** Adds the next receipt. */
  append({ receiptHash: content, fee }: Pick<ReceiptRecord, "receiptHash" | "fee">): void {
    this.#total += fee;
    this.#leaves.push({ content, fee, after: this.#total });
    this.#tree?.append(content, fee);
  }

  /** Lets go of leaves below this nonce: the provider has our signature over them. @returns fees of all receipts below it */
  acknowledge(nonce: number): bigint {
    const drop = nonce - this.#base;
    if (drop <= 0) return this.#totalBelowBase;
    const last = this.#leaves[drop - 1];
    if (last === undefined) throw outside(nonce, this.nonce);
    this.#totalBelowBase = last.after;
    this.#leaves = this.#leaves.slice(drop);
    this.#base = nonce;
    return last.after;
  }

  /** What a voucher would sign; undefined while there is nothing, or while the tree is being changed. */
  get state(): TreeState | undefined {
    if (this.#tree === undefined || this.#tree.count === 0) return undefined;
    const { count, total } = this.#tree;
    return { firstNonce: this.#firstNonce, count, total, root: this.#tree.root(), after: this.#total };
  }

  /**
   * Begins the tree at a nonce; receipts from there on are its leaves.
   *
   * @throws AssayError `SESSION_STATE_WRONG` if the session has no such receipt
   */
  async begin(firstNonce: number): Promise<void> {
    if (firstNonce > this.nonce) throw outside(firstNonce, this.nonce);
    const old = this.#tree;
    const oldFirst = this.#firstNonce;
    this.#tree = undefined;
    this.#firstNonce = firstNonce;
    const before = this.#switching;
    this.#switching = (async () => {
      await before;
      await this.#switch(old, oldFirst, firstNonce);
    })();
    await this.#switching;
  }

  async close(): Promise<void> {
    await this.#switching.catch(() => undefined);
    await this.#tree?.close();
    this.#tree = undefined;
  }

  /**
   * Proof of a receipt in the tree of the receipts [firstNonce, firstNonce + count).
   *
   * @throws AssayError `SESSION_STATE_WRONG` if the session does not have all of them
   */
  async proof(firstNonce: number, count: number, nonce: number): Promise<SumProof> {
    const proving = this.#proving.then(() => this.#prove(firstNonce, count, nonce));
    this.#proving = proving.catch(() => undefined);
    return await proving;
  }

  /** One at a time: two would write the same files. */
  async #prove(firstNonce: number, count: number, nonce: number): Promise<SumProof> {
    const folder = join(this.folder, `proof-${firstNonce}-${count}`);
    const tree = await DiskSumTree.open({ folder });
    try {
      if (tree.count !== count) {
        await tree.truncate(0);
        for (let at = firstNonce; at < firstNonce + count; at += 1) {
          const { content, fee } = await this.#leaf(at);
          tree.append(content, fee);
        }
        await tree.flush();
      }
      return await tree.proof(nonce - firstNonce);
    } finally {
      await tree.close();
    }
  }

  async #switch(old: DiskSumTree | undefined, oldFirst: number, firstNonce: number): Promise<void> {
    if (old !== undefined) {
      await old.close();
      await rm(this.#folderOf(oldFirst), { recursive: true, force: true });
    }
    // Another change came meanwhile: it makes the tree.
    if (this.#firstNonce !== firstNonce) return;
    await rm(this.#folderOf(firstNonce), { recursive: true, force: true });
    const tree = await DiskSumTree.open({ folder: this.#folderOf(firstNonce) });
    for (let nonce = firstNonce; nonce < this.#base; nonce += 1) {
      const { content, fee } = await this.#leaf(nonce);
      tree.append(content, fee);
    }
    // From here on without a pause: no receipt may come in between.
    if (this.#firstNonce !== firstNonce) {
      await tree.close();
      return;
    }
    for (let nonce = Math.max(firstNonce, this.#base); nonce < this.nonce; nonce += 1) {
      const leaf = this.#leaves[nonce - this.#base];
      if (leaf !== undefined) tree.append(leaf.content, leaf.fee);
    }
    this.#tree = tree;
  }

  async #leaf(nonce: number): Promise<{ readonly content: Uint8Array; readonly fee: bigint }> {
    const held = this.#leaves[nonce - this.#base];
    if (held !== undefined) return held;
    const record = await this.readLeaf(nonce);
    if (record === undefined) throw outside(nonce, this.nonce);
    return { content: record.receiptHash, fee: record.fee };
  }

  #folderOf(firstNonce: number): string {
    return join(this.folder, `tree-${firstNonce}`);
  }
}

function outside(nonce: number, end: number): AssayError {
  return stateWrong(`speaks of receipt ${nonce}; the session has ${end}`);
}
