import type { Logger } from "pino";

import type { UsageStore, UsageSum } from "../adapters/storage/usageStore.js";
import type { ReceiptRecord } from "../domain/receiptRecord.js";

const FLUSH_MS = 1_000;
const DAY_LENGTH = 10;

type Counted = Pick<ReceiptRecord, "nonce" | "keyId" | "finishedAt" | "inputUnits" | "outputUnits" | "fee">;

interface Sum {
  keyId: number;
  day: string;
  model: string;
  requests: number;
  inputUnits: number;
  outputUnits: number;
  spent: bigint;
}

/**
 * What keys used: in memory, written every second together with how far in each session it goes. Receipts are durable before, so nothing is
 * lost by a crash.
 */
export class Usage {
  readonly #sums = new Map<string, Sum>();
  readonly #spent = new Map<number, bigint>();
  readonly #changed = new Set<Sum>();
  #accounted = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> = Promise.resolve();

  /** @param store undefined: nothing is kept over a restart */
  constructor(
    private readonly store: UsageStore | undefined,
    private readonly logger: Logger,
  ) {}

  /** Reads the sums of earlier runs. */
  async load(): Promise<void> {
    for (const sum of (await this.store?.all()) ?? []) {
      this.#sums.set(keyOf(sum.keyId, sum.day, sum.model), { ...sum });
      this.#addSpent(sum.keyId, sum.spent);
    }
  }

  /** Adds a receipt. */
  add(jobId: string, model: string, receipt: Counted): void {
    const day = dayOf(receipt.finishedAt);
    const key = keyOf(receipt.keyId, day, model);
    let sum = this.#sums.get(key);
    if (sum === undefined) {
      sum = { keyId: receipt.keyId, day, model, requests: 0, inputUnits: 0, outputUnits: 0, spent: 0n };
      this.#sums.set(key, sum);
    }
    sum.requests += 1;
    sum.inputUnits += receipt.inputUnits;
    sum.outputUnits += receipt.outputUnits;
    sum.spent += receipt.fee;
    this.#addSpent(receipt.keyId, receipt.fee);
    this.#changed.add(sum);
    this.#accounted.set(jobId, receipt.nonce + 1);
    this.#timer ??= setTimeout(() => {
      void this.flush();
    }, FLUSH_MS);
  }

  /** All that a key ever spent. */
  spentBy(keyId: number): bigint {
    return this.#spent.get(keyId) ?? 0n;
  }

  /** The sums of a key, oldest day first. */
  of(keyId: number): UsageSum[] {
    return [...this.#sums.values()]
      .filter((sum) => sum.keyId === keyId)
      .sort((left, right) => (left.day < right.day ? -1 : 1));
  }

  /** Writes what changed. A failure is tried again with the next change. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing = this.#flushing.then(() => this.#write());
    await this.#flushing;
  }

  async #write(): Promise<void> {
    if (this.store === undefined || this.#changed.size === 0) return;
    const changed = [...this.#changed];
    const accounted = this.#accounted;
    this.#changed.clear();
    this.#accounted = new Map();
    try {
      await this.store.save(
        changed.map((sum) => ({ ...sum })),
        accounted,
      );
    } catch (error) {
      this.logger.error({ err: error }, "the usage could not be written; it is tried again");
      for (const sum of changed) this.#changed.add(sum);
      for (const [jobId, nonce] of accounted) {
        if (!this.#accounted.has(jobId)) this.#accounted.set(jobId, nonce);
      }
      this.#timer ??= setTimeout(() => {
        void this.flush();
      }, FLUSH_MS);
    }
  }

  #addSpent(keyId: number, fee: bigint): void {
    this.#spent.set(keyId, this.spentBy(keyId) + fee);
  }
}

let lastSecond = -1;
let lastDay = "";

/** The day of a time in Unix seconds. Receipts mostly come from the same second. */
function dayOf(seconds: number): string {
  if (seconds !== lastSecond) {
    lastSecond = seconds;
    lastDay = new Date(seconds * 1_000).toISOString().slice(0, DAY_LENGTH);
  }
  return lastDay;
}

const keyOf = (keyId: number, day: string, model: string): string => `${keyId}/${day}/${model}`;
