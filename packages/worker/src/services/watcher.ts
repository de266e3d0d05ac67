import { AssayError } from "@assay/sdk";
import type { Logger } from "pino";

import type { BlockHead, EventReader } from "../adapters/chain/eventReader.js";
import type { ChainStore, Checkpoint } from "../adapters/journal/chainStore.js";
import type { ChainClock } from "./clock.js";

const RANGE = 2_000;

interface WatcherOptions {
  readonly reader: EventReader;
  readonly store: ChainStore;
  readonly clock: ChainClock;
  readonly logger: Logger;
  /** First block that can hold an event. */
  readonly fromBlock: number;
  readonly confirmations: number;
}

/**
 * Follows the chain: takes in new events, and takes back those of blocks that are no longer part of it.
 *
 * The cursor is the newest checkpoint, a block with its hash. A block is read before the events up to it, so events of another fork can only ever come with a
 * checkpoint that the next look finds gone.
 */
export class Watcher {
  #genesisChecked = false;
  /** When the chain was last followed to its head, in milliseconds; 0 before. */
  syncedAt = 0;
  head: BlockHead | undefined;

  constructor(private readonly options: WatcherOptions) {}

  /**
   * Catches up with the chain.
   *
   * @throws AssayError if the chain cannot be reached; `OTHER_CHAIN` if the journal belongs to another chain with the same id
   */
  async sync(): Promise<void> {
    const { reader, store, clock, fromBlock, confirmations } = this.options;
    const head = await reader.head();
    clock.update(head.timestamp);
    this.head = head;
    await this.#checkGenesis();
    const to = head.number - confirmations;
    const last = await this.#commonBlock(head);
    for (let from = last === undefined ? fromBlock : last.number + 1; from <= to;) {
      const end = Math.min(from + RANGE - 1, to);
      const block = end === head.number ? head : await reader.block(end);
      // The chain became shorter meanwhile: the next look sorts it out.
      if (block === undefined) return;
      await store.advance({ number: block.number, hash: block.hash }, await reader.events(from, end));
      from = end + 1;
    }
    this.syncedAt = Date.now();
  }

  /** The newest checkpoint that the chain still has; everything above it is taken back. */
  async #commonBlock(head: BlockHead): Promise<Checkpoint | undefined> {
    const { reader, store, logger, fromBlock } = this.options;
    const checkpoints = await store.checkpoints();
    const newest = checkpoints[0];
    if (newest === undefined) return undefined;
    if (newest.number === head.number && newest.hash === head.hash) return newest;
    for (const checkpoint of checkpoints) {
      const block = await reader.block(checkpoint.number);
      if (block?.hash !== checkpoint.hash) continue;
      if (checkpoint !== newest) {
        logger.warn(
          { from: newest.number, to: checkpoint.number },
          "the chain was reorganised; its events are read again",
        );
        await store.rollback(checkpoint.number);
      }
      return checkpoint;
    }
    logger.warn(
      { from: newest.number, to: fromBlock },
      "no known block is part of the chain; all events are read again",
    );
    await store.rollback(fromBlock - 1);
    return undefined;
  }

  async #checkGenesis(): Promise<void> {
    if (this.#genesisChecked) return;
    const { reader, store } = this.options;
    const genesis = await reader.block(0);
    // Some nodes keep no old blocks; then the checkpoints have to do.
    if (genesis !== undefined && (await store.genesis(genesis.hash)) !== genesis.hash) {
      throw new AssayError({
        code: "OTHER_CHAIN",
        message: "The journal was written on another chain that has the same id.",
        hint: "A restarted local chain is another chain: give the worker a new data folder.",
      });
    }
    this.#genesisChecked = true;
  }
}
