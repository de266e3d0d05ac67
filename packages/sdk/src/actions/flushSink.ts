import type { ActionOptions, Context } from "./context.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface SinkFlushed extends Landed {
  readonly sink: string;
  readonly amount: bigint;
}

/**
 * Pays the part of slashes that nobody may get to the sink. Anyone may.
 *
 * @throws AssayError `ProviderStaking_ZeroAmount` if nothing is owed
 *
 * @example
 * const { amount } = await flushSink({ contracts, sender });
 */
export async function flushSink(context: Context, options: ActionOptions = {}): Promise<SinkFlushed> {
  const { staking } = context.contracts;
  const receipt = await transact(context, "flushSink", staking.flushSink.populateTransaction(), options);
  return { ...eventOf(receipt, staking, staking.filters.SinkFlushed), ...landed(receipt) };
}
