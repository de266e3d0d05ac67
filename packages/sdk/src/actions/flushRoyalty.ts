import type { ActionOptions, Context } from "./context.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface FlushRoyaltyParameters extends ActionOptions {
  readonly modelId: bigint;
}

export interface RoyaltyFlushed extends Landed {
  readonly modelId: bigint;
  readonly payout: string;
  readonly amount: bigint;
}

/**
 * Pays the royalties that a model has earned to its payout address. Anyone may.
 *
 * @throws AssayError `JobEscrow_NothingOwed`
 *
 * @example
 * const { amount } = await flushRoyalty({ contracts, sender }, { modelId: 1n });
 */
export async function flushRoyalty(
  context: Context,
  { modelId, ...options }: FlushRoyaltyParameters,
): Promise<RoyaltyFlushed> {
  const { escrow } = context.contracts;
  const receipt = await transact(context, "flushRoyalty", escrow.flushRoyalty.populateTransaction(modelId), options);
  return { ...eventOf(receipt, escrow, escrow.filters.RoyaltyFlushed), ...landed(receipt) };
}
