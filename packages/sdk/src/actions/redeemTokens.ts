import type { ActionOptions, Context } from "./context.js";
import { tokenAt } from "./offeringContracts.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface RedeemTokensParameters extends ActionOptions {
  /** Address of the model token. */
  readonly token: string;
  /** Tokens to burn, 18 decimals. */
  readonly amount: bigint;
  /** Least acceptable payment in smallest units of the asset; 0 burns for nothing if need be. */
  readonly minOut: bigint;
}

export interface TokensRedeemed extends Landed {
  readonly account: string;
  readonly burned: bigint;
  /** Smallest units of the asset. */
  readonly paid: bigint;
}

/**
 * Burns tokens of the sender for their share of the redemption pool. The tokens are gone, with all their later revenue;
 * revenue that was earned stays claimable.
 *
 * @throws AssayError `ModelToken_RedemptionTooLow`, `ModelToken_ZeroAmount`, `ERC20InsufficientBalance`
 *
 * @example
 * const expected = await tokenAt(contracts, token).redeemableOnBurn(amount);
 * await redeemTokens({ contracts, sender }, { token, amount, minOut: (expected * 99n) / 100n });
 */
export async function redeemTokens(
  context: Context,
  { token: address, amount, minOut, ...options }: RedeemTokensParameters,
): Promise<TokensRedeemed> {
  const token = tokenAt(context.contracts, address);
  const call = token["burn(uint256,uint256)"].populateTransaction(amount, minOut);
  const receipt = await transact(context, "redeemTokens", call, options);
  return { ...eventOf(receipt, token, token.filters.Redeemed), ...landed(receipt) };
}
