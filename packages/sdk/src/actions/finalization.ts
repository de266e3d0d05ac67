import type { Contracts } from "../contracts.js";
import { errorNameOf } from "../errors/contractError.js";
import { eventsOf, type RawLog } from "./decode.js";

/** A batch that was not drawn: what each side got. */
export interface BatchPaid {
  readonly status: "paid";
  readonly batchId: string;
  readonly jobId: string;
  /** Credited to the provider's escrow balance. */
  readonly paid: bigint;
  readonly royalty: bigint;
  readonly protocolFee: bigint;
  readonly premium: bigint;
}

/** A batch that was drawn: the court has it now. */
export interface BatchAudited {
  readonly status: "audited";
  /** Also the audit's id. */
  readonly batchId: string;
  readonly jobId: string;
  readonly seed: string;
}

/** A batch that nothing happened to. */
export interface BatchSkipped {
  readonly status: "skipped";
  readonly batchId: string;
  /** Name of the error that `finalizeBatch` would have given. */
  readonly reason: string;
}

export type Finalization = BatchPaid | BatchAudited | BatchSkipped;

/**
 * What a transaction did with batches, by their ids. A batch that ended counts as ended, even if the same transaction tried it
 * a second time and skipped it then.
 */
export function finalizationsOf(logs: readonly RawLog[], { escrow }: Contracts): Map<string, Finalization> {
  const { BatchPaid, BatchAudited, BatchSkipped } = escrow.filters;
  const all: Finalization[] = [
    ...eventsOf(logs, escrow, BatchSkipped).map(({ batchId, reason }) => ({
      status: "skipped" as const,
      batchId,
      reason: errorNameOf(reason),
    })),
    ...eventsOf(logs, escrow, BatchPaid).map((event) => ({ status: "paid" as const, ...event })),
    ...eventsOf(logs, escrow, BatchAudited).map((event) => ({ status: "audited" as const, ...event })),
  ];
  return new Map(all.map((item) => [item.batchId, item]));
}
