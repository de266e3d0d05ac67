import type { ActionOptions, Context } from "./context.js";
import { offeringContracts } from "./offeringContracts.js";
import { type Landed, landed, transact } from "./transact.js";

/** One offering, and how the transaction is to be sent. */
export interface OfferingParameters extends ActionOptions {
  readonly offeringId: bigint;
}

/**
 * Schedules a draft: it opens at its time, and the model's payout is locked. The issuer only.
 *
 * @throws AssayError `UNKNOWN_OFFERING`, `ModelOffering_WrongPhase`, `ModelOffering_NotIssuer`, `ModelOffering_TooLate`,
 * `ModelOffering_ModelSold`, `ModelRegistry_PayoutLocked`
 *
 * @example
 * await scheduleOffering({ contracts, sender }, { offeringId: 1n });
 */
export async function scheduleOffering(
  context: Context,
  { offeringId, ...options }: OfferingParameters,
): Promise<Landed> {
  const { offering } = await offeringContracts(context.contracts, offeringId);
  return landed(await transact(context, "scheduleOffering", offering.schedule.populateTransaction(), options));
}
