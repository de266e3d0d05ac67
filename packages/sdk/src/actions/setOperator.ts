import type { ActionOptions, Context } from "./context.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface SetOperatorParameters extends ActionOptions {
  /** New hot key. */
  readonly operator: string;
}

export interface OperatorSet extends Landed {
  readonly provider: string;
  readonly operator: string;
}

/**
 * Replaces the sender's operator, at once. The old one can do nothing from then on.
 *
 * @throws AssayError `ProviderStaking_NotRegistered`, `ProviderStaking_OperatorTaken`, `ProviderStaking_InvalidOperator`
 *
 * @example
 * await setOperator({ contracts, sender }, { operator: newKey.address });
 */
export async function setOperator(
  context: Context,
  { operator, ...options }: SetOperatorParameters,
): Promise<OperatorSet> {
  const { staking } = context.contracts;
  const receipt = await transact(context, "setOperator", staking.setOperator.populateTransaction(operator), options);
  return { ...eventOf(receipt, staking, staking.filters.OperatorChanged), ...landed(receipt) };
}
