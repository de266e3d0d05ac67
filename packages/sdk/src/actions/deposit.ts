import type { ActionOptions, Context } from "./context.js";
import { authorise } from "./permit.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface EscrowDepositParameters extends ActionOptions {
  /** Smallest units of the asset. */
  readonly amount: bigint;
  /** Whose balance it becomes; the sender's unless given. */
  readonly account?: string;
}

export interface EscrowDeposit extends Landed {
  readonly account: string;
  readonly from: string;
  /** What arrived and was credited. */
  readonly amount: bigint;
}

/**
 * Adds funds to an account of the escrow, where jobs are paid from: in one transaction if the asset has permits or an approval is there, else in two.
 *
 * @throws AssayError `JobEscrow_ZeroAmount`, `ERC20InsufficientBalance`
 *
 * @example
 * await deposit({ contracts, sender }, { amount: 25_000_000n });
 */
export async function deposit(
  context: Context,
  { amount, account = context.sender.address, ...options }: EscrowDepositParameters,
): Promise<EscrowDeposit> {
  const { escrow, deployment } = context.contracts;
  const permit = await authorise(context, deployment.contracts.JobEscrow, amount);
  const call =
    permit === undefined
      ? escrow.deposit.populateTransaction(account, amount)
      : escrow.depositWithPermit.populateTransaction(account, amount, permit.deadline, permit.v, permit.r, permit.s);
  const receipt = await transact(context, "deposit", call, options);
  return { ...eventOf(receipt, escrow, escrow.filters.Deposited), ...landed(receipt) };
}
