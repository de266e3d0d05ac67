import type { Batch } from "../protocol/types.js";
import type { ReadContext } from "./context.js";
import { queryEvents } from "./queryEvents.js";

export interface BatchInfo {
  readonly batchId: string;
  readonly jobId: string;
  readonly batch: Batch;
  readonly committedAtBlock: number;
}

export type GetBatchParameters = { readonly jobId: string } | { readonly batchId: string };

/**
 * The batch of a job, or one by its id, from the event that committed it.
 *
 * @returns undefined if there is none (yet)
 *
 * @example
 * const found = await getBatch({ contracts }, { jobId });
 */
export async function getBatch(context: ReadContext, parameters: GetBatchParameters): Promise<BatchInfo | undefined> {
  const { escrow } = context.contracts;
  const { BatchCommitted } = escrow.filters;
  const filter =
    "batchId" in parameters ? BatchCommitted(parameters.batchId) : BatchCommitted(undefined, parameters.jobId);
  const [found] = await queryEvents(context, escrow, BatchCommitted, filter);
  if (found === undefined) return undefined;
  const { batchId, jobId, batch, blockNumber } = found;
  return { batchId, jobId, batch, committedAtBlock: blockNumber };
}
