import type { ActionOptions, Context } from "./context.js";
import { tokenAt } from "./offeringContracts.js";
import { read } from "./read.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface DepositRevenueParameters extends ActionOptions {
  /** Address of the model token. */
  readonly token: string;
  /** Smallest units of the asset. */
  readonly amount: bigint;
}

export interface RevenueDeposited extends Landed {
  readonly from: string;
  /** What was credited: what arrived, and anything sent to the token before without a call. */
  readonly amount: bigint;
  /** It streams in the epoch after this one. */
  readonly epoch: bigint;
}

/**
 * Pays revenue into a model token out of the sender's wallet. Royalties arrive by `flushRoyalty` instead.
 *
 * @throws AssayError `ModelToken_NotLaunched`, `ModelToken_ZeroAmount`, `ERC20InsufficientBalance`
 *
 * @example
 * await depositRevenue({ contracts, sender }, { token, amount: 5_000_000n });
 */
export async function depositRevenue(
  context: Context,
  { token: address, amount, ...options }: DepositRevenueParameters,
): Promise<RevenueDeposited> {
  const { asset } = context.contracts;
  const token = tokenAt(context.contracts, address);
  if ((await read(asset.allowance(context.sender.address, address))) < amount) {
    await transact(context, "approve", asset.approve.populateTransaction(address, amount));
  }
  const receipt = await transact(context, "depositRevenue", token.depositRevenue.populateTransaction(amount), options);
  return { ...eventOf(receipt, token, token.filters.RevenueDeposited), ...landed(receipt) };
}
