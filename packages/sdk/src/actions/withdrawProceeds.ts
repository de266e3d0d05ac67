import type { Context } from "./context.js";
import { offeringContracts } from "./offeringContracts.js";
import type { OfferingParameters } from "./scheduleOffering.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface WithdrawProceedsParameters extends OfferingParameters {
  /** Where they go; the sender unless given. */
  readonly recipient?: string;
}

export interface ProceedsWithdrawn extends Landed {
  readonly recipient: string;
  readonly amount: bigint;
}

/**
 * Takes what an offering that succeeded has raised. The issuer only, once.
 *
 * @throws AssayError `UNKNOWN_OFFERING`, `ModelOffering_WrongPhase`, `ModelOffering_NotIssuer`, `ModelOffering_AlreadyTaken`
 *
 * @example
 * const { amount } = await withdrawProceeds({ contracts, sender }, { offeringId: 1n });
 */
export async function withdrawProceeds(
  context: Context,
  { offeringId, recipient = context.sender.address, ...options }: WithdrawProceedsParameters,
): Promise<ProceedsWithdrawn> {
  const { offering } = await offeringContracts(context.contracts, offeringId);
  const call = offering.withdrawProceeds.populateTransaction(recipient);
  const receipt = await transact(context, "withdrawProceeds", call, options);
  return { ...eventOf(receipt, offering, offering.filters.ProceedsWithdrawn), ...landed(receipt) };
}
