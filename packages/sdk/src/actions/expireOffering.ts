import type { Context } from "./context.js";
import { offeringContracts } from "./offeringContracts.js";
import type { OfferingParameters } from "./scheduleOffering.js";
import { type Landed, landed, transact } from "./transact.js";

/**
 * Records that an offering failed because nobody finalized it in time, and unlocks the model's payout. Anyone may. Refunds
 * do not wait for it.
 *
 * @throws AssayError `UNKNOWN_OFFERING`, `ModelOffering_WrongPhase`, `ModelOffering_AlreadyTaken`
 *
 * @example
 * await expireOffering({ contracts, sender }, { offeringId: 1n });
 */
export async function expireOffering(
  context: Context,
  { offeringId, ...options }: OfferingParameters,
): Promise<Landed> {
  const { offering } = await offeringContracts(context.contracts, offeringId);
  return landed(await transact(context, "expireOffering", offering.expire.populateTransaction(), options));
}
