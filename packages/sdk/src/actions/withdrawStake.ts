import type { ActionOptions, Context } from "./context.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface StakeWithdrawalParameters extends ActionOptions {
  /** Smallest units of the asset. */
  readonly amount: bigint;
  /** Who gets it; the sender unless given. */
  readonly to?: string;
}

export interface StakeWithdrawal extends Landed {
  readonly account: string;
  readonly to: string;
  readonly amount: bigint;
}

/**
 * Pays free stake of the sender out, at once.
 *
 * @throws AssayError `ProviderStaking_InsufficientFreeStake`
 *
 * @example
 * await withdrawStake({ contracts, sender }, { amount: await contracts.staking.freeStake(sender.address) });
 */
export async function withdrawStake(
  context: Context,
  { amount, to = context.sender.address, ...options }: StakeWithdrawalParameters,
): Promise<StakeWithdrawal> {
  const { staking } = context.contracts;
  const receipt = await transact(context, "withdrawStake", staking.withdraw.populateTransaction(to, amount), options);
  return { ...eventOf(receipt, staking, staking.filters.StakeWithdrawn), ...landed(receipt) };
}
