import { AssayError } from "../errors.js";
import type { ActionOptions, Context } from "./context.js";
import { tokenAt } from "./offeringContracts.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface ClaimRevenueParameters extends ActionOptions {
  /** Address of the model token. */
  readonly token: string;
  /** Whose revenue; the sender's unless given. It is paid to that account, never to the sender. */
  readonly account?: string;
  /** Where the sender's own revenue goes; its payout address unless given. */
  readonly recipient?: string;
}

export interface RevenueClaimed extends Landed {
  readonly token: string;
  readonly account: string;
  readonly recipient: string;
  /** Smallest units of the asset. */
  readonly amount: bigint;
}

/**
 * Pays what an account has earned with a model token.
 *
 * @throws AssayError `ModelToken_NothingToClaim`, `ModelToken_NotPushable`, `USAGE`
 *
 * @example
 * const { amount } = await claimRevenue({ contracts, sender }, { token });
 */
export async function claimRevenue(
  context: Context,
  { token: address, account = context.sender.address, recipient, ...options }: ClaimRevenueParameters,
): Promise<RevenueClaimed> {
  const own = account === context.sender.address;
  if (!own && recipient !== undefined) {
    throw new AssayError({
      code: "USAGE",
      message: "Only the holder itself can have its revenue sent to another address.",
      hint: "Use the holder's key, or leave the recipient out.",
    });
  }
  const token = tokenAt(context.contracts, address);
  const call = own
    ? recipient === undefined
      ? token["claim()"].populateTransaction()
      : token.claimTo.populateTransaction(recipient)
    : token.claimFor.populateTransaction(account);
  const receipt = await transact(context, "claimRevenue", call, options);
  return { token: address, ...eventOf(receipt, token, token.filters.RevenueClaimed), ...landed(receipt) };
}
