import type { ReadContext } from "./context.js";
import { read } from "./read.js";

export interface SessionInfo {
  /** `JobStatus`: `Active`, `Closing`, or `None`: no session, not bound to a provider yet, or closed. */
  readonly status: bigint;
  /** Budget that no batch has drawn on. */
  readonly remaining: bigint;
  /** Receipts in all batches so far: the first nonce of the next batch. */
  readonly nextNonce: bigint;
  /** Last second of the grace period; 0 unless closing. */
  readonly closesAt: bigint;
}

/**
 * Where a session stands on the chain.
 *
 * @example
 * const { remaining } = await getSession({ contracts }, { jobId });
 */
export async function getSession(
  { contracts }: ReadContext,
  { jobId }: { readonly jobId: string },
): Promise<SessionInfo> {
  const [status, remaining, nextNonce, closesAt] = await read(contracts.escrow.sessionOf(jobId));
  return { status, remaining, nextNonce, closesAt };
}
