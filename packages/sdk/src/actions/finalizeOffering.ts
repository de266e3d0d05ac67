import type { Context } from "./context.js";
import { eventsOf } from "./decode.js";
import { offeringContracts } from "./offeringContracts.js";
import type { OfferingParameters } from "./scheduleOffering.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface OfferingFinalized extends Landed {
  readonly succeeded: boolean;
  /** Committed by everybody. */
  readonly raised: bigint;
  /** What the issuer can take; 0 if it failed. */
  readonly proceeds: bigint;
  /** Tokens that the buyers get together; 0 if it failed. */
  readonly sold: bigint;
}

/**
 * Decides an offering that has ended. Anyone may. If nobody did within the grace, it has failed: then `expireOffering`
 * records that.
 *
 * @throws AssayError `UNKNOWN_OFFERING`, `ModelOffering_WrongPhase`
 *
 * @example
 * const { succeeded, proceeds } = await finalizeOffering({ contracts, sender }, { offeringId: 1n });
 */
export async function finalizeOffering(
  context: Context,
  { offeringId, ...options }: OfferingParameters,
): Promise<OfferingFinalized> {
  const { offering } = await offeringContracts(context.contracts, offeringId);
  const receipt = await transact(context, "finalizeOffering", offering.finalize.populateTransaction(), options);
  const [succeeded] = eventsOf(receipt.logs, offering, offering.filters.OfferingSucceeded);
  if (succeeded !== undefined) return { succeeded: true, ...succeeded, ...landed(receipt) };
  const { raised } = eventOf(receipt, offering, offering.filters.OfferingFailed);
  return { succeeded: false, raised, proceeds: 0n, sold: 0n, ...landed(receipt) };
}
