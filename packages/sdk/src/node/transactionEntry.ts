import type { TransactionReceipt } from "ethers";

import { AssayError } from "../errors.js";
import type { StoredError, TransactionRecord } from "./transactionStore.js";

/** What happened to a transaction, for logs and metrics. */
export type TransactionEvent =
  | {
      readonly type: "queued" | "sent" | "replaced" | "dropped" | "cancelling" | "requeued";
      readonly record: TransactionRecord;
    }
  | { readonly type: "confirmed"; readonly record: TransactionRecord; readonly receipt: TransactionReceipt }
  | {
      readonly type: "failed";
      readonly record: TransactionRecord;
      readonly error: AssayError;
      readonly receipt?: TransactionReceipt;
    }
  /** The network asks more than the cap; the transaction waits. */
  | { readonly type: "feeCapped"; readonly record: TransactionRecord; readonly baseFee: bigint; readonly cap: bigint }
  /** A node refused the bytes; they will be offered again. */
  | { readonly type: "refused"; readonly record: TransactionRecord; readonly error: AssayError }
  /** The chain cannot be reached; work goes on when it can. */
  | { readonly type: "rpcFailed"; readonly error: AssayError; readonly retryInMs: number };

/** A transaction in work, with who waits for it and what is known of it in this process only. */
export interface Entry {
  record: TransactionRecord;
  /** A node has taken the last attempt. */
  accepted: boolean;
  /** Since when, in milliseconds, it is the next one to land. */
  headSince: number | undefined;
  /** Since when its nonce is used up although none of its attempts has a receipt. */
  foreignSince: number | undefined;
  /** Simulate again only when this nonce has landed: an earlier transaction may be what it needs. */
  blockedBy: number | undefined;
  /** The network asks more than the cap, and that was reported. */
  capped: boolean;
  readonly result: Promise<TransactionReceipt>;
  readonly resolve: (receipt: TransactionReceipt) => void;
  readonly reject: (error: AssayError) => void;
}

export function newEntry(record: TransactionRecord): Entry {
  let resolve: Entry["resolve"] = () => undefined;
  let reject: Entry["reject"] = () => undefined;
  const result = new Promise<TransactionReceipt>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  // Nobody has to wait for a transaction.
  result.catch(() => undefined);
  return {
    record,
    accepted: false,
    headSince: undefined,
    foreignSince: undefined,
    blockedBy: undefined,
    capped: false,
    result,
    resolve,
    reject,
  };
}

/** The nonce of a transaction that was sent. */
export function nonceOf({ record: { key, nonce } }: Entry): number {
  if (nonce !== null) return nonce;
  throw new AssayError({ code: "CORRUPT_QUEUE", message: `The transaction ${key} was sent but has no nonce.` });
}

/** An error as the store takes it. */
export function storeError({ code, message, hint = null, retryable, details = null }: StoredFields): StoredError {
  return { code, message, hint, retryable, details };
}

interface StoredFields {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | null | undefined;
  readonly retryable: boolean;
  readonly details?: Readonly<Record<string, unknown>> | null | undefined;
}

/** An error of the store, as it was thrown first; amounts in its details are decimal strings. */
export function restoreError({ code, message, hint, retryable, details }: StoredError): AssayError {
  return new AssayError({
    code,
    message,
    retryable,
    ...(hint !== null && { hint }),
    ...(details !== null && { details }),
  });
}

export function stopped(): AssayError {
  return new AssayError({
    code: "STOPPED",
    message: "The program stops; the transaction stays in the queue.",
    hint: "Start it again to go on.",
    retryable: true,
  });
}

export function deadlinePassed({ label, deadline }: TransactionRecord): AssayError {
  return new AssayError({
    code: "DEADLINE_PASSED",
    message: `The transaction ${label} did not land by its deadline, ${String(deadline)}.`,
    hint: "Raise the fee cap or fund the key if that is what it waited for, and act earlier.",
  });
}

export function insufficientFunds(address: string, balance: bigint, needed: bigint): AssayError {
  return new AssayError({
    code: "INSUFFICIENT_FUNDS",
    message: `${address} has ${balance} wei and needs up to ${needed} for gas and value.`,
    hint: "Send some of the network's coin to it.",
    details: { balance, needed },
  });
}
