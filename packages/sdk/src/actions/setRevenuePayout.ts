import type { ActionOptions, Context } from "./context.js";
import { tokenAt } from "./offeringContracts.js";
import { type Landed, landed, transact } from "./transact.js";

export interface SetRevenuePayoutParameters extends ActionOptions {
  /** Address of the model token. */
  readonly token: string;
  /** Where claims pay the sender's revenue from now on; the zero address: to the sender itself. */
  readonly payout: string;
}

/**
 * Sets where a token pays the sender's revenue.
 *
 * @example
 * await setRevenuePayout({ contracts, sender }, { token, payout: coldWallet });
 */
export async function setRevenuePayout(
  context: Context,
  { token, payout, ...options }: SetRevenuePayoutParameters,
): Promise<Landed> {
  const call = tokenAt(context.contracts, token).setPayoutAddress.populateTransaction(payout);
  return landed(await transact(context, "setRevenuePayout", call, options));
}
