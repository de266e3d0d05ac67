import type { Context } from "./context.js";
import { offeringContracts } from "./offeringContracts.js";
import type { OfferingParameters } from "./scheduleOffering.js";
import { type Landed, landed, transact } from "./transact.js";

/**
 * Gives up an offering that has not opened, and unlocks the model's payout. The issuer only.
 *
 * @throws AssayError `UNKNOWN_OFFERING`, `ModelOffering_WrongPhase`, `ModelOffering_NotIssuer`
 *
 * @example
 * await cancelOffering({ contracts, sender }, { offeringId: 1n });
 */
export async function cancelOffering(
  context: Context,
  { offeringId, ...options }: OfferingParameters,
): Promise<Landed> {
  const { offering } = await offeringContracts(context.contracts, offeringId);
  return landed(await transact(context, "cancelOffering", offering.cancel.populateTransaction(), options));
}
