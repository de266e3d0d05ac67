import type { ActionOptions, Context } from "./context.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface FlushProtocolFeesParameters extends ActionOptions {
  readonly modelId: bigint;
}

export interface ProtocolFeesFlushed extends Landed {
  readonly modelId: bigint;
  readonly treasury: string;
  readonly amount: bigint;
}

/**
 * Pays the protocol fees that a model's batches brought to the treasury. Anyone may.
 *
 * @throws AssayError `JobEscrow_NothingOwed`
 *
 * @example
 * const { amount } = await flushProtocolFees({ contracts, sender }, { modelId: 1n });
 */
export async function flushProtocolFees(
  context: Context,
  { modelId, ...options }: FlushProtocolFeesParameters,
): Promise<ProtocolFeesFlushed> {
  const { escrow } = context.contracts;
  const call = escrow.flushProtocolFees.populateTransaction(modelId);
  const receipt = await transact(context, "flushProtocolFees", call, options);
  return { ...eventOf(receipt, escrow, escrow.filters.ProtocolFeesFlushed), ...landed(receipt) };
}
