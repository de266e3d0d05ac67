import type { Job } from "../protocol/types.js";
import type { ActionOptions, Context } from "./context.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface TopUpParameters extends ActionOptions {
  readonly job: Job;
  /** Smallest units of the settlement asset, from the requester's escrow balance. */
  readonly amount: bigint;
}

export interface SessionToppedUp extends Landed {
  readonly jobId: string;
  readonly amount: bigint;
  /** Budget that no batch has drawn on. */
  readonly remaining: bigint;
}

/**
 * Adds to the budget of a session that is not closing. Its requester only.
 *
 * @throws AssayError `JobEscrow_WrongStatus`, `JobEscrow_NotRequester`, `JobEscrow_InsufficientBalance`,
 * `JobEscrow_DeadlinePassed`
 *
 * @example
 * const { remaining } = await topUp({ contracts, sender }, { job, amount: 5_000_000n });
 */
export async function topUp(context: Context, { job, amount, ...options }: TopUpParameters): Promise<SessionToppedUp> {
  const { escrow } = context.contracts;
  const sending = { deadline: job.commitBy, ...options };
  const receipt = await transact(context, "topUp", escrow.topUp.populateTransaction(job, amount), sending);
  return { ...eventOf(receipt, escrow, escrow.filters.SessionToppedUp), ...landed(receipt) };
}
