import type { ActionOptions, Context } from "./context.js";
import { authorise } from "./permit.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface StakeDepositParameters extends ActionOptions {
  /** Smallest units of the asset. */
  readonly amount: bigint;
  /** Whose stake it becomes; the sender's unless given. */
  readonly account?: string;
}

export interface StakeDeposit extends Landed {
  readonly account: string;
  readonly from: string;
  /** What arrived and was credited. */
  readonly amount: bigint;
}

/**
 * Adds collateral to an account: in one transaction if the asset has permits or an approval is there, else in two.
 *
 * @throws AssayError `ProviderStaking_ZeroAmount`, `ERC20InsufficientBalance`
 *
 * @example
 * await depositStake({ contracts, sender }, { amount: 1_000_000_000n });
 */
export async function depositStake(
  context: Context,
  { amount, account = context.sender.address, ...options }: StakeDepositParameters,
): Promise<StakeDeposit> {
  const { staking, deployment } = context.contracts;
  const permit = await authorise(context, deployment.contracts.ProviderStaking, amount);
  const call =
    permit === undefined
      ? staking.deposit.populateTransaction(account, amount)
      : staking.depositWithPermit.populateTransaction(account, amount, permit.deadline, permit.v, permit.r, permit.s);
  const receipt = await transact(context, "depositStake", call, options);
  return { ...eventOf(receipt, staking, staking.filters.StakeDeposited), ...landed(receipt) };
}
