import { randomUUID } from "node:crypto";

import type { BaseWallet, JsonRpcApiProvider, TransactionReceipt, TypedDataDomain, TypedDataField } from "ethers";

import type { SendRequest, Sender } from "../actions/sender.js";
import { AssayError } from "../errors.js";
import { toAssayError } from "../errors/toAssayError.js";
import { type Entry, newEntry, restoreError, stopped, type TransactionEvent } from "./transactionEntry.js";
import { type ChainView, TransactionPipeline } from "./transactionPipeline.js";
import { memoryTransactionStore, type TransactionRecord, type TransactionStore } from "./transactionStore.js";

export interface TransactionManagerOptions {
  /** The key. It signs here; the provider only carries what is signed. */
  readonly signer: BaseWallet;
  /** `FailoverProvider` for several RPC servers. */
  readonly provider: JsonRpcApiProvider;
  readonly chainId: bigint;
  /** Where the queue is kept; in memory unless given. One process at a time may use the key. */
  readonly store?: TransactionStore;
  /** Hard cap of what is offered a unit of gas, in wei. */
  readonly maxFeePerGas: bigint;
  /** Tip a unit of gas, in wei; the node's suggestion unless given. */
  readonly maxPriorityFeePerGas?: bigint;
  /** Blocks, the transaction's own included, until a receipt counts. */
  readonly confirmations?: number;
  /** Transactions that may be under way at once, with consecutive nonces. */
  readonly maxInFlight?: number;
  /** Milliseconds between two looks at the chain; the provider's interval unless given. */
  readonly pollingInterval?: number;
  /** Milliseconds after which the first waiting transaction is replaced by one that pays more. */
  readonly stuckAfter?: number;
  readonly onEvent?: (event: TransactionEvent) => void;
}

/** Longest pause between two tries to reach the chain, in milliseconds. */
const LONGEST_PAUSE = 10_000;

/**
 * Lands transactions of one key, come what may: each is written down before it is sent, simulated, priced under a hard cap,
 * replaced when it is stuck, sent again when it was dropped, looked up after a restart, and done only with a receipt.
 * A nonce that was given to a transaction stays with it until the chain says that it is used up.
 *
 * @example
 * const provider = new FailoverProvider({ urls: ["http://127.0.0.1:8545"], chainId: 31337n });
 * const manager = await TransactionManager.open({ signer, provider, chainId: 31337n, maxFeePerGas: 100_000_000_000n });
 * const receipt = await manager.send({ label: "ping", to: signer.address, data: "0x" });
 * await manager.stop();
 */
export class TransactionManager implements Sender {
  readonly address: string;
  readonly #options: TransactionManagerOptions;
  readonly #store: TransactionStore;
  readonly #pipeline: TransactionPipeline;
  readonly #entries = new Map<string, Entry>();
  readonly #submitting = new Map<string, Promise<Entry>>();
  readonly #pollingInterval: number;
  #wake: () => void = () => undefined;
  #woken = false;
  #stopping = false;
  #lastCreatedAt = 0;
  #loop: Promise<void> = Promise.resolve();

  private constructor(options: TransactionManagerOptions) {
    this.#options = options;
    this.#store = options.store ?? memoryTransactionStore();
    this.#pollingInterval = options.pollingInterval ?? options.provider.pollingInterval;
    this.address = options.signer.address;
    this.#pipeline = new TransactionPipeline({
      signer: options.signer,
      provider: options.provider,
      chainId: options.chainId,
      maxFeePerGas: options.maxFeePerGas,
      maxPriorityFeePerGas: options.maxPriorityFeePerGas,
      confirmations: options.confirmations ?? 1,
      maxInFlight: options.maxInFlight ?? 16,
      pollingInterval: this.#pollingInterval,
      stuckAfter: options.stuckAfter ?? 15 * this.#pollingInterval,
      entries: this.#entries,
      save: (record) => this.#store.save(this.#queue, record),
      emit: (event) => options.onEvent?.(event),
      enqueue: (request) => this.#enqueue(request),
    });
  }

  /** Takes up what an earlier run left unfinished, and starts to work. Never fails because the chain is away. */
  static async open(options: TransactionManagerOptions): Promise<TransactionManager> {
    const manager = new TransactionManager(options);
    const unfinished = await manager.#store.unfinished(manager.#queue);
    for (const record of unfinished) manager.#entries.set(record.key, newEntry(record));
    manager.#lastCreatedAt = unfinished.at(-1)?.createdAt ?? 0;
    manager.#pipeline.nonceFloor = ((await manager.#store.highestUsedNonce(manager.#queue)) ?? -1) + 1;
    manager.#loop = manager.#run();
    return manager;
  }

  get #queue(): { chainId: bigint; sender: string } {
    return { chainId: this.#options.chainId, sender: this.address };
  }

  /** Transactions that wait for their turn, and ones that were sent and have no receipt yet. */
  get pending(): { readonly queued: number; readonly inFlight: number } {
    const states = [...this.#entries.values()].map(({ record }) => record.state);
    return {
      queued: states.filter((state) => state === "queued").length,
      inFlight: states.filter((state) => state === "sent").length,
    };
  }

  async send(request: SendRequest): Promise<TransactionReceipt> {
    return await this.wait(await this.submit(request));
  }

  /**
   * Writes a transaction into the queue; when this resolves, it will be landed even if the process is killed.
   * A key that is done, or under way, is not sent again; one that failed is.
   *
   * @returns its key, for {@link wait}
   * @throws AssayError `IDEMPOTENCY_CONFLICT` if the key was used for another transaction
   */
  async submit(request: SendRequest): Promise<string> {
    if (this.#stopping) throw stopped();
    const key = request.key ?? randomUUID();
    const before = this.#submitting.get(key);
    const submission = before ?? this.#enqueue({ ...request, key });
    this.#submitting.set(key, submission);
    try {
      const { record } = await submission;
      if (!isSameEffect(record, request)) {
        throw new AssayError({
          code: "IDEMPOTENCY_CONFLICT",
          message: `The key ${key} belongs to another transaction, ${record.label}.`,
          hint: "Give every transaction its own key.",
        });
      }
      return key;
    } finally {
      if (before === undefined) this.#submitting.delete(key);
    }
  }

  /**
   * Waits for a transaction of the queue, this run's or an earlier one's.
   *
   * @throws AssayError why it failed, `UNKNOWN_TRANSACTION`, or `STOPPED` (it stays in the queue)
   */
  async wait(key: string): Promise<TransactionReceipt> {
    const entry = this.#entries.get(key);
    if (entry !== undefined) return await entry.result;
    const record = await this.#store.load(this.#queue, key);
    if (record !== undefined && record.error !== null) throw restoreError(record.error);
    const hash = record?.hash ?? null;
    const receipt = hash === null ? null : await this.#receiptOf(hash);
    if (receipt !== null) return receipt;
    throw new AssayError({ code: "UNKNOWN_TRANSACTION", message: `There is no transaction with the key ${key}.` });
  }

  /** The record of a key, as it is stored. */
  async find(key: string): Promise<TransactionRecord | undefined> {
    return this.#entries.get(key)?.record ?? (await this.#store.load(this.#queue, key));
  }

  signTypedData(
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    value: Record<string, unknown>,
  ): Promise<string> {
    return this.#options.signer.signTypedData(domain, types, value);
  }

  /** Stops after the step in work. What is unfinished stays in the store; who waits for it gets `STOPPED`. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wakeUp();
    await this.#loop;
    for (const entry of this.#entries.values()) entry.reject(stopped());
    this.#entries.clear();
  }

  async #enqueue(request: SendRequest & { readonly key: string }): Promise<Entry> {
    const { key, label, to, data, value = 0n, gasLimit = 0n, deadline = null } = request;
    const live = this.#entries.get(key);
    if (live !== undefined) return live;
    const stored = await this.#store.load(this.#queue, key);
    if (stored?.state === "confirmed") return newEntry(stored);
    this.#lastCreatedAt = Math.max(Date.now(), this.#lastCreatedAt + 1);
    const entry = newEntry({
      key,
      label,
      to,
      data,
      value,
      gasLimit,
      deadline,
      state: "queued",
      nonce: null,
      attempts: [],
      hash: null,
      error: null,
      createdAt: this.#lastCreatedAt,
    });
    await this.#store.save(this.#queue, entry.record);
    this.#entries.set(key, entry);
    this.#options.onEvent?.({ type: "queued", record: entry.record });
    this.#wakeUp();
    return entry;
  }

  async #receiptOf(hash: string): Promise<TransactionReceipt | null> {
    try {
      return await this.#options.provider.getTransactionReceipt(hash);
    } catch (error) {
      throw toAssayError(error);
    }
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopping) {
      let pause = this.#entries.size === 0 ? Infinity : this.#pollingInterval;
      if (this.#entries.size > 0) {
        try {
          await this.#step();
          failures = 0;
          if (this.#entries.size === 0) continue;
        } catch (error) {
          pause = Math.min(this.#pollingInterval * 2 ** failures, LONGEST_PAUSE);
          failures += 1;
          this.#options.onEvent?.({ type: "rpcFailed", error: toAssayError(error), retryInMs: pause });
        }
      }
      await this.#sleep(pause);
    }
  }

  async #step(): Promise<void> {
    const chain: ChainView = await this.#pipeline.look();
    await this.#pipeline.settle(chain);
    await this.#pipeline.maintain(chain);
    await this.#pipeline.advance(chain);
  }

  async #sleep(milliseconds: number): Promise<void> {
    if (!this.#woken) {
      await new Promise<void>((resolve) => {
        const timer = milliseconds === Infinity ? undefined : setTimeout(resolve, milliseconds);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#woken = false;
    this.#wake = () => undefined;
  }

  #wakeUp(): void {
    this.#woken = true;
    this.#wake();
  }
}

/** A permit inside the data is another one each time it is signed, so what counts is which function of what is called. */
function isSameEffect(record: TransactionRecord, request: SendRequest): boolean {
  const selectorLength = 10;
  return (
    record.to.toLowerCase() === request.to.toLowerCase() &&
    record.data.slice(0, selectorLength) === request.data.slice(0, selectorLength)
  );
}
