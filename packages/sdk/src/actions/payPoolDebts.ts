import type { ActionOptions, Context } from "./context.js";
import { eventsOf } from "./decode.js";
import { type Landed, landed, transact } from "./transact.js";

export interface PayPoolDebtsParameters extends ActionOptions {
  readonly modelId: bigint;
  /** Most entries to pay; oldest first. */
  readonly count: number;
}

export interface PoolDebtsPaid extends Landed {
  readonly payments: readonly { readonly to: string; readonly amount: bigint }[];
  readonly paid: bigint;
}

/**
 * Pays what a model's audit pool owes since it was short, as far as it reaches. Anyone may.
 *
 * @example
 * const { paid } = await payPoolDebts({ contracts, sender }, { modelId: 1n, count: 20 });
 */
export async function payPoolDebts(
  context: Context,
  { modelId, count, ...options }: PayPoolDebtsParameters,
): Promise<PoolDebtsPaid> {
  const { escrow } = context.contracts;
  const call = escrow.payPoolDebts.populateTransaction(modelId, count);
  const receipt = await transact(context, "payPoolDebts", call, options);
  const payments = eventsOf(receipt.logs, escrow, escrow.filters.PoolPaid).map(({ to, amount }) => ({ to, amount }));
  return { payments, paid: payments.reduce((sum, { amount }) => sum + amount, 0n), ...landed(receipt) };
}
