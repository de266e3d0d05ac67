import { type BaseWallet, type JsonRpcApiProvider, Transaction, type TransactionReceipt } from "ethers";

import { GAS_MARGIN_PERCENT, type SendRequest } from "../actions/sender.js";
import { AssayError } from "../errors.js";
import { decodeContractError } from "../errors/contractError.js";
import { toAssayError } from "../errors/toAssayError.js";
import { type Fees, priceReplacement, priceTransaction, suggestPriorityFee } from "./transactionFees.js";
import {
  deadlinePassed,
  type Entry,
  insufficientFunds,
  nonceOf,
  restoreError,
  storeError,
  type TransactionEvent,
} from "./transactionEntry.js";
import type { TransactionAttempt, TransactionRecord } from "./transactionStore.js";

/** Gas of a transaction that only uses up a nonce. */
const CANCEL_GAS = 21_000n;

/** EIP-7825: no transaction may ask for more. */
const TRANSACTION_GAS_CAP = 16_777_216n;

/** Polling intervals until a nonce that somebody else used counts as such: a slower server may still show a receipt. */
const FOREIGN_AFTER = 15;

/** The chain at one moment, as far as the queue needs it. */
export interface ChainView {
  readonly blockNumber: number;
  /** Unix seconds. */
  readonly timestamp: bigint;
  readonly baseFee: bigint;
  readonly gasLimit: bigint;
  /** First nonce that the chain has not used. */
  readonly nonce: number;
  /** First nonce that the node's pool has not seen either. */
  readonly pendingNonce: number;
  /** Fees for a new transaction, undefined while the base fee is above the cap. */
  readonly fees: Fees | undefined;
}

interface PipelineOptions {
  readonly signer: BaseWallet;
  readonly provider: JsonRpcApiProvider;
  readonly chainId: bigint;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint | undefined;
  readonly confirmations: number;
  readonly maxInFlight: number;
  readonly pollingInterval: number;
  readonly stuckAfter: number;
  /** The unfinished transactions; the pipeline removes what it has finished. */
  readonly entries: Map<string, Entry>;
  readonly save: (record: TransactionRecord) => Promise<void>;
  readonly emit: (event: TransactionEvent) => void;
  readonly enqueue: (request: SendRequest & { readonly key: string }) => Promise<Entry>;
}

/** The steps that move the transactions of one key from the queue to their receipts. Used by `TransactionManager` only. */
export class TransactionPipeline {
  /** No nonce below was left unused, whatever a server that lags says. */
  nonceFloor = 0;
  readonly #options: PipelineOptions;
  #gapSince: number | undefined;

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  /** Reads the chain. */
  async look(): Promise<ChainView> {
    const { provider, signer, maxFeePerGas, maxPriorityFeePerGas } = this.#options;
    const [block, nonce, pendingNonce, priorityFee] = await Promise.all([
      provider.getBlock("latest"),
      provider.getTransactionCount(signer.address, "latest"),
      provider.getTransactionCount(signer.address, "pending"),
      maxPriorityFeePerGas ?? suggestPriorityFee(provider),
    ]);
    if (block === null)
      throw new AssayError({ code: "RPC_UNREACHABLE", message: "The node has no block.", retryable: true });
    const baseFee = block.baseFeePerGas ?? 0n;
    return {
      blockNumber: block.number,
      timestamp: BigInt(block.timestamp),
      baseFee,
      gasLimit: block.gasLimit,
      nonce,
      pendingNonce,
      fees: priceTransaction(baseFee, priorityFee, maxFeePerGas),
    };
  }

  /** Finishes what has landed, and what cannot land any more. */
  async settle(chain: ChainView): Promise<void> {
    for (const entry of this.#sent()) {
      if (nonceOf(entry) >= chain.nonce) continue;
      const landed = await this.#landedAttempt(entry);
      if (landed === undefined) await this.#settleForeign(entry, chain);
      else if (chain.blockNumber - landed.receipt.blockNumber + 1 >= this.#options.confirmations) {
        await this.#finish(entry, landed.attempt, landed.receipt);
      }
    }
  }

  /** Keeps what is under way moving: offers it again, and replaces the first one when it is stuck or too late. */
  async maintain(chain: ChainView): Promise<void> {
    for (const entry of this.#sent()) {
      if (nonceOf(entry) < chain.nonce) continue;
      if (nonceOf(entry) === chain.nonce) await this.#maintainHead(entry, chain);
      // Nodes refuse a nonce whose predecessor they do not have.
      if (!entry.accepted && !(await this.#broadcast(entry))) return;
    }
  }

  /** Sends what waits, as far as fees, funds and the number under way allow. */
  async advance(chain: ChainView): Promise<void> {
    for (const entry of this.#queued()) {
      if (isLate(entry, chain)) {
        await this.#fail(entry, deadlinePassed(entry.record));
        continue;
      }
      const sent = this.#sent();
      if (sent.length >= this.#options.maxInFlight) return;
      if (chain.fees === undefined) {
        this.#emitCapped(entry, chain);
        continue;
      }
      if (entry.blockedBy !== undefined && chain.nonce <= entry.blockedBy) continue;
      const gas = await this.#simulate(entry, sent);
      if (gas === undefined) continue;
      await this.#sendFirst(entry, chain, chain.fees, gas);
    }
    await this.#fillGap(chain);
  }

  #sent(): Entry[] {
    return [...this.#options.entries.values()]
      .filter(({ record }) => record.state === "sent")
      .sort((a, b) => nonceOf(a) - nonceOf(b));
  }

  #queued(): Entry[] {
    return [...this.#options.entries.values()]
      .filter(({ record }) => record.state === "queued")
      .sort((a, b) => a.record.createdAt - b.record.createdAt);
  }

  async #landedAttempt(
    entry: Entry,
  ): Promise<{ attempt: TransactionAttempt; receipt: TransactionReceipt } | undefined> {
    for (const attempt of entry.record.attempts.toReversed()) {
      const receipt = await this.#options.provider.getTransactionReceipt(attempt.hash);
      if (receipt !== null) return { attempt, receipt };
    }
    return undefined;
  }

  /** The nonce is used up, but by none of our attempts: somebody else uses the key. Then a new nonce duplicates nothing. */
  async #settleForeign(entry: Entry, chain: ChainView): Promise<void> {
    const { provider, signer, confirmations, pollingInterval } = this.#options;
    entry.foreignSince ??= Date.now();
    if (Date.now() - entry.foreignSince < FOREIGN_AFTER * pollingInterval) return;
    const settled = Math.max(0, chain.blockNumber - confirmations + 1);
    if ((await provider.getTransactionCount(signer.address, settled)) <= nonceOf(entry)) return;
    entry.foreignSince = undefined;
    if (entry.record.error !== null) {
      await this.#fail(entry, restoreError(entry.record.error));
      return;
    }
    await this.#update(entry, { state: "queued", nonce: null, attempts: [] });
    entry.accepted = false;
    entry.headSince = undefined;
    this.#options.emit({ type: "requeued", record: entry.record });
  }

  async #finish(entry: Entry, attempt: TransactionAttempt, receipt: TransactionReceipt): Promise<void> {
    this.nonceFloor = Math.max(this.nonceFloor, nonceOf(entry) + 1);
    const { hash } = attempt;
    if (attempt.cancels) {
      await this.#fail(
        entry,
        entry.record.error === null ? deadlinePassed(entry.record) : restoreError(entry.record.error),
        receipt,
      );
    } else if (receipt.status === 1) {
      await this.#update(entry, { state: "confirmed", hash, error: null });
      this.#options.entries.delete(entry.record.key);
      this.#options.emit({ type: "confirmed", record: entry.record, receipt });
      entry.resolve(receipt);
    } else {
      await this.#fail(entry, await this.#explainRevert(entry.record, receipt), receipt);
    }
  }

  /** A receipt says only that it reverted; the call on the state before its block says why. */
  async #explainRevert(
    { to, data, value, label, gasLimit }: TransactionRecord,
    receipt: TransactionReceipt,
  ): Promise<AssayError> {
    const { provider, signer } = this.#options;
    try {
      await provider.call({ from: signer.address, to, data, value, gasLimit, blockTag: receipt.blockNumber - 1 });
    } catch (error) {
      const decoded = decodeContractError(error);
      if (decoded !== undefined) return decoded;
    }
    return new AssayError({
      code: "CONTRACT_ERROR",
      message: `The transaction ${label} reverted in block ${receipt.blockNumber}, where it no longer could succeed.`,
      hint: "Something else of the same block came first; read the state again.",
      details: { name: "", args: {}, hash: receipt.hash },
    });
  }

  async #maintainHead(entry: Entry, chain: ChainView): Promise<void> {
    const { provider, stuckAfter, pollingInterval } = this.#options;
    entry.headSince ??= Date.now();
    const last = entry.record.attempts.at(-1);
    if (last === undefined) return;
    if (isLate(entry, chain) && !last.cancels) {
      await this.#replace(entry, chain, last, true);
      return;
    }
    if (!entry.accepted || Date.now() - last.sentAt < pollingInterval) return;

    const known = await Promise.all(entry.record.attempts.map(({ hash }) => provider.getTransaction(hash)));
    if (known.every((transaction) => transaction === null)) {
      // What depends on it was dropped with it.
      for (const later of this.#sent()) later.accepted = false;
      this.#options.emit({ type: "dropped", record: entry.record });
    } else if (Date.now() - Math.max(last.sentAt, entry.headSince) >= stuckAfter) {
      await this.#replace(entry, chain, last, last.cancels);
    }
  }

  async #replace(entry: Entry, chain: ChainView, last: TransactionAttempt, cancels: boolean): Promise<void> {
    const fees = priceReplacement(last, chain.fees, this.#options.maxFeePerGas);
    if (fees === undefined) {
      this.#emitCapped(entry, chain);
      return;
    }
    if (cancels && entry.record.error === null) {
      await this.#update(entry, { error: storeError(deadlinePassed(entry.record)) });
    }
    const attempt = await this.#sign(entry.record, nonceOf(entry), fees, cancels);
    await this.#update(entry, { attempts: [...entry.record.attempts, attempt] });
    entry.accepted = false;
    entry.capped = false;
    this.#options.emit({ type: cancels && !last.cancels ? "cancelling" : "replaced", record: entry.record });
  }

  /**
   * Offers the last attempt to the node.
   *
   * @returns false if the node does not have it now
   */
  async #broadcast(entry: Entry): Promise<boolean> {
    const attempt = entry.record.attempts.at(-1);
    if (attempt === undefined) return true;
    try {
      await this.#options.provider.send("eth_sendRawTransaction", [attempt.raw]);
      entry.accepted = true;
    } catch (thrown) {
      const error = toAssayError(thrown);
      switch (error.code) {
        case "ALREADY_KNOWN":
        case "NONCE_TOO_LOW":
        case "REPLACEMENT_UNDERPRICED":
        case "CONTRACT_ERROR":
          // Something with this nonce is there. Development nodes mine a transaction and answer with its revert.
          entry.accepted = true;
          break;
        case "RPC_UNREACHABLE":
        case "RPC_TIMEOUT":
        case "RPC_RATE_LIMITED":
          throw error;
        default:
          this.#options.emit({ type: "refused", record: entry.record, error });
          await this.#afterRefusal(entry, attempt, error);
      }
    }
    return entry.accepted;
  }

  /**
   * What is offered again as it is usually helps; these two need new bytes. A node that will not take the old ones may not
   * be the only one that has them, so the nonce goes to nothing else: a transaction that does nothing uses it up.
   */
  async #afterRefusal(entry: Entry, last: TransactionAttempt, error: AssayError): Promise<void> {
    if (error.code === "FEE_TOO_LOW") {
      await this.#replace(entry, await this.look(), last, last.cancels);
    } else if (error.code === "GAS_LIMIT" && !last.cancels) {
      await this.#update(entry, { error: storeError(error) });
      await this.#replace(entry, await this.look(), last, true);
    }
  }

  /** @returns the gas limit, or undefined if the transaction is not to be sent now */
  async #simulate(entry: Entry, sent: readonly Entry[]): Promise<bigint | undefined> {
    const { to, data, value, gasLimit } = entry.record;
    const { provider, signer } = this.#options;
    const call = { from: signer.address, to, data, value: `0x${value.toString(16)}` };
    try {
      const estimate = BigInt((await provider.send("eth_estimateGas", [call, "pending"])) as string);
      const withMargin = (estimate * GAS_MARGIN_PERCENT) / 100n;
      const wanted = withMargin > gasLimit ? withMargin : gasLimit;
      return wanted > TRANSACTION_GAS_CAP && estimate <= TRANSACTION_GAS_CAP ? TRANSACTION_GAS_CAP : wanted;
    } catch (thrown) {
      const error = toAssayError(thrown);
      if (error.code.startsWith("RPC_")) throw error;
      const last = sent.at(-1);
      // What is under way may be what it needs, and nodes differ in whether they simulate on top of it.
      if (last !== undefined && entry.blockedBy === undefined) entry.blockedBy = nonceOf(last);
      else await this.#fail(entry, error);
      return undefined;
    }
  }

  async #sendFirst(entry: Entry, chain: ChainView, fees: Fees, gasLimit: bigint): Promise<void> {
    const { provider, signer } = this.#options;
    const committed = this.#sent().reduce((sum, { record }) => sum + costOf(record, chain), 0n);
    const needed = entry.record.value + gasLimit * fees.maxFeePerGas;
    const balance = await provider.getBalance(signer.address);
    if (balance < needed + committed) {
      // Wait for what is under way: it usually costs less than it may.
      if (committed > 0n) return;
      await this.#fail(entry, insufficientFunds(signer.address, balance, needed));
      return;
    }
    const nonce = this.#nextNonce(chain);
    const record = { ...entry.record, gasLimit };
    const attempt = await this.#sign(record, nonce, fees, false);
    await this.#update(entry, { state: "sent", nonce, gasLimit, attempts: [attempt] });
    this.#options.emit({ type: "sent", record: entry.record });
    if (this.#sent().every((earlier) => earlier === entry || earlier.accepted)) await this.#broadcast(entry);
  }

  /** The lowest nonce that neither the chain, nor a transaction of ours, nor another one in the pool has. */
  #nextNonce({ nonce, pendingNonce }: ChainView): number {
    const taken = new Set(this.#sent().map(nonceOf));
    let next = Math.max(nonce, this.nonceFloor);
    while (taken.has(next) || next < pendingNonce) next += 1;
    return next;
  }

  /** A nonce that nobody uses keeps all later ones waiting: when nothing else comes to use it, a filler does. */
  async #fillGap(chain: ChainView): Promise<void> {
    const highest = this.#sent().at(-1);
    const next = this.#nextNonce(chain);
    if (highest === undefined || next > nonceOf(highest)) {
      this.#gapSince = undefined;
      return;
    }
    this.#gapSince ??= Date.now();
    if (Date.now() - this.#gapSince < this.#options.stuckAfter) return;
    this.#gapSince = undefined;
    const { address } = this.#options.signer;
    await this.#options.enqueue({
      key: `gap:${next}:${Date.now()}`,
      label: "fill a nonce gap",
      to: address,
      data: "0x",
    });
  }

  async #sign(record: TransactionRecord, nonce: number, fees: Fees, cancels: boolean): Promise<TransactionAttempt> {
    const { signer, chainId } = this.#options;
    const what = cancels
      ? { to: signer.address, data: "0x", value: 0n, gasLimit: CANCEL_GAS }
      : { to: record.to, data: record.data, value: record.value, gasLimit: record.gasLimit };
    const raw = await signer.signTransaction({ ...what, ...fees, type: 2, chainId, nonce });
    const hash = Transaction.from(raw).hash;
    if (hash === null)
      throw new AssayError({ code: "SIGNING_FAILED", message: `The key did not sign ${record.label}.` });
    return { hash, raw, ...fees, sentAt: Date.now(), cancels };
  }

  async #fail(entry: Entry, error: AssayError, receipt?: TransactionReceipt): Promise<void> {
    const reverted = receipt?.status === 0;
    await this.#update(entry, {
      state: reverted ? "reverted" : "failed",
      hash: receipt?.hash ?? null,
      error: storeError(error),
    });
    this.#options.entries.delete(entry.record.key);
    this.#options.emit({ type: "failed", record: entry.record, error, ...(receipt !== undefined && { receipt }) });
    entry.reject(error);
  }

  async #update(entry: Entry, change: Partial<TransactionRecord>): Promise<void> {
    const record = { ...entry.record, ...change };
    await this.#options.save(isUnfinished(record) ? record : slim(record));
    entry.record = record;
  }

  #emitCapped(entry: Entry, { baseFee }: ChainView): void {
    if (entry.capped) return;
    entry.capped = true;
    this.#options.emit({ type: "feeCapped", record: entry.record, baseFee, cap: this.#options.maxFeePerGas });
  }
}

const isUnfinished = ({ state }: TransactionRecord): boolean => state === "queued" || state === "sent";

/** A queue is kept for as long as its key, so what is over is stored without the bytes that nobody needs any more. */
function slim(record: TransactionRecord): TransactionRecord {
  const selectorLength = 10;
  return {
    ...record,
    data: record.data.slice(0, selectorLength),
    attempts: record.attempts.map((attempt) => ({ ...attempt, raw: "0x" })),
  };
}

function isLate({ record: { deadline } }: Entry, { timestamp }: ChainView): boolean {
  return deadline !== null && timestamp > deadline;
}

/** The most that a transaction under way may still cost; what has landed is in the balance already. */
function costOf({ nonce, value, gasLimit, attempts }: TransactionRecord, chain: ChainView): bigint {
  const last = attempts.at(-1);
  return last === undefined || (nonce ?? 0) < chain.nonce ? 0n : value + gasLimit * last.maxFeePerGas;
}
