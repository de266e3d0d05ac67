import type { ReadContext } from "./context.js";
import type { BatchInfo } from "./getBatch.js";
import { queryEvents } from "./queryEvents.js";

/**
 * All batches of a session, in the order of their receipts, from the events that committed them.
 *
 * @example
 * const batches = await getBatches({ contracts }, { jobId });
 */
export async function getBatches(
  context: ReadContext,
  { jobId }: { readonly jobId: string },
): Promise<readonly BatchInfo[]> {
  const { escrow } = context.contracts;
  const { BatchCommitted } = escrow.filters;
  const found = await queryEvents(context, escrow, BatchCommitted, BatchCommitted(undefined, jobId));
  return found.map(({ batchId, batch, blockNumber }) => ({ batchId, jobId, batch, committedAtBlock: blockNumber }));
}
