import type { ActionOptions, Context } from "./context.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface SetPayoutParameters extends ActionOptions {
  readonly modelId: bigint;
  /** Who receives the royalty from now on. */
  readonly payout: string;
}

export interface PayoutSet extends Landed {
  readonly modelId: bigint;
  readonly payout: string;
}

/**
 * Sets who receives a model's royalty, what is owed already included. Model owner only.
 *
 * @throws AssayError `ModelRegistry_NotModelOwner`, `ModelRegistry_ZeroAddress`
 *
 * @example
 * await setPayout({ contracts, sender }, { modelId: 1n, payout: treasury });
 */
export async function setPayout(
  context: Context,
  { modelId, payout, ...options }: SetPayoutParameters,
): Promise<PayoutSet> {
  const { registry } = context.contracts;
  const receipt = await transact(
    context,
    "setPayout",
    registry.setPayout.populateTransaction(modelId, payout),
    options,
  );
  return { ...eventOf(receipt, registry, registry.filters.PayoutSet), ...landed(receipt) };
}
