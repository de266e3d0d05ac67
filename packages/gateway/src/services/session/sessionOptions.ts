import type { AssayError } from "@assay/sdk";
import type { FastSigner } from "@assay/sdk/node";
import type { Logger } from "pino";

import type { ReceiptRecord } from "../../domain/receiptRecord.js";
import type { SessionDeal } from "../../domain/sessionDeal.js";

/**
 * `connecting`: tries until it is given up. `ready`: takes requests. `draining`: the provider takes no more. `broken`: given up. `closed`: by
 * the gateway.
 */
export type SessionStatus = "connecting" | "ready" | "draining" | "broken" | "closed";

export interface SessionClientOptions {
  readonly terms: SessionDeal;
  readonly signer: FastSigner;
  /** Folder of this session alone; what it holds is taken up. */
  readonly folder: string;
  /** All that was ever put into the session, in smallest units. */
  readonly escrowed: bigint;
  readonly logger: Logger;
  /** Requests that may wait for credit or for a place; more are refused. */
  readonly maxQueued?: number;
  /** Longest wait of a request. */
  readonly queueMilliseconds?: number;
  /** Longest time without a connection until the session is given up. */
  readonly patienceMilliseconds?: number;
  /** Called with every receipt that the folder holds, in order. */
  readonly onRestored?: (receipt: ReceiptRecord) => void;
  /** Called with every receipt when it is durable. */
  readonly onRecorded?: (receipt: ReceiptRecord) => void;
  /** Requests wait for money: what is left does not cover the next one. */
  readonly onBudgetShort?: () => void;
  readonly onStatus?: (status: SessionStatus, error?: AssayError) => void;
  /** Checks a signature that is no plain key's, such as a contract's (ERC-1271). */
  readonly verifySignature?: (digest: string, signature: string) => Promise<boolean>;
}
