import type { ActionOptions, Context } from "./context.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface EscrowWithdrawalParameters extends ActionOptions {
  /** Smallest units of the asset. */
  readonly amount: bigint;
  /** Who gets it; the sender unless given. */
  readonly to?: string;
}

export interface EscrowWithdrawal extends Landed {
  readonly account: string;
  readonly to: string;
  readonly amount: bigint;
}

/**
 * Pays out of the sender's escrow balance, at once.
 *
 * @throws AssayError `JobEscrow_InsufficientBalance`
 *
 * @example
 * await withdraw({ contracts, sender }, { amount: 5_000_000n, to: coldWallet });
 */
export async function withdraw(
  context: Context,
  { amount, to = context.sender.address, ...options }: EscrowWithdrawalParameters,
): Promise<EscrowWithdrawal> {
  const { escrow } = context.contracts;
  const receipt = await transact(context, "withdraw", escrow.withdraw.populateTransaction(to, amount), options);
  return { ...eventOf(receipt, escrow, escrow.filters.Withdrawn), ...landed(receipt) };
}
