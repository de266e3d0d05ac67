/** Where a transaction of the queue stands. Only `queued` and `sent` ones need work. */
export type TransactionState = "queued" | "sent" | "confirmed" | "reverted" | "failed";

/** One signed form of a transaction. All attempts of one record share its nonce, so at most one of them can ever land. */
export interface TransactionAttempt {
  readonly hash: string;
  /** The signed bytes: what is broadcast again after a restart. Empty when the transaction is over. */
  readonly raw: string;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
  /** Milliseconds. */
  readonly sentAt: number;
  /** It only uses up the nonce, because the transaction is not wanted any more. */
  readonly cancels: boolean;
}

/** Why a transaction did not do what it was for, in a form that can be stored. */
export interface StoredError {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>> | null;
}

/** A transaction in the queue of one key. */
export interface TransactionRecord {
  readonly key: string;
  readonly label: string;
  readonly to: string;
  /** Only the function's selector when it is over. */
  readonly data: string;
  readonly value: bigint;
  /** Gas limit of the attempts; before them the least one that was asked for. */
  readonly gasLimit: bigint;
  /** Unix seconds. */
  readonly deadline: bigint | null;
  readonly state: TransactionState;
  readonly nonce: number | null;
  readonly attempts: readonly TransactionAttempt[];
  /** Hash of the attempt that landed. */
  readonly hash: string | null;
  /** Why it failed, or is being cancelled. */
  readonly error: StoredError | null;
  /** Milliseconds, strictly rising within a key: the order of the queue. */
  readonly createdAt: number;
}

/** The queue that a store holds: one for each key and chain. */
export interface QueueId {
  readonly chainId: bigint;
  readonly sender: string;
}

/**
 * Where the queue is written before anything is sent. `save` must be durable when it resolves; whoever gives a store
 * promises that one process at a time works on a queue.
 */
export interface TransactionStore {
  load(queue: QueueId, key: string): Promise<TransactionRecord | undefined>;
  /** Inserts the record, or replaces the one with its key. */
  save(queue: QueueId, record: TransactionRecord): Promise<void>;
  /** All `queued` and `sent` records, by `createdAt`. */
  unfinished(queue: QueueId): Promise<TransactionRecord[]>;
  /** Highest nonce that a finished record used up, or undefined. */
  highestUsedNonce(queue: QueueId): Promise<number | undefined>;
}

/** A store for programs that end when their transactions have: nothing survives the process. */
export function memoryTransactionStore(): TransactionStore {
  const queues = new Map<string, Map<string, TransactionRecord>>();
  const recordsOf = ({ chainId, sender }: QueueId): Map<string, TransactionRecord> => {
    const id = `${chainId}:${sender.toLowerCase()}`;
    const records = queues.get(id) ?? new Map<string, TransactionRecord>();
    queues.set(id, records);
    return records;
  };
  return {
    load: (queue, key) => Promise.resolve(recordsOf(queue).get(key)),
    save: (queue, record) => {
      recordsOf(queue).set(record.key, record);
      return Promise.resolve();
    },
    unfinished: (queue) =>
      Promise.resolve(
        [...recordsOf(queue).values()]
          .filter(({ state }) => state === "queued" || state === "sent")
          .sort((a, b) => a.createdAt - b.createdAt),
      ),
    highestUsedNonce: (queue) => {
      const used = [...recordsOf(queue).values()].flatMap(({ state, nonce }) =>
        nonce !== null && state !== "queued" && state !== "sent" ? [nonce] : [],
      );
      return Promise.resolve(used.length === 0 ? undefined : Math.max(...used));
    },
  };
}
