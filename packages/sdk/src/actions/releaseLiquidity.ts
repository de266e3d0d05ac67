import type { Context } from "./context.js";
import { offeringContracts } from "./offeringContracts.js";
import type { OfferingParameters } from "./scheduleOffering.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface LiquidityReleased extends Landed {
  readonly recipient: string;
  /** Tokens. */
  readonly amount: bigint;
}

/**
 * Sends the tokens that were held back for liquidity to their recipient. The issuer only, once.
 *
 * @throws AssayError `UNKNOWN_OFFERING`, `ModelOffering_WrongPhase`, `ModelOffering_NotIssuer`, `ModelOffering_AlreadyTaken`
 *
 * @example
 * await releaseLiquidity({ contracts, sender }, { offeringId: 1n });
 */
export async function releaseLiquidity(
  context: Context,
  { offeringId, ...options }: OfferingParameters,
): Promise<LiquidityReleased> {
  const { offering, token } = await offeringContracts(context.contracts, offeringId);
  const receipt = await transact(context, "releaseLiquidity", offering.releaseLiquidity.populateTransaction(), options);
  return { ...eventOf(receipt, token, token.filters.LiquidityReleased), ...landed(receipt) };
}
