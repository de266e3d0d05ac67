import type { Context } from "./context.js";
import { offeringContracts } from "./offeringContracts.js";
import type { OfferingParameters } from "./scheduleOffering.js";
import { requireOwn } from "./settleCommitment.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface RefundCommitmentParameters extends OfferingParameters {
  /** Whose commitment; the sender's unless given. Anyone may refund anybody. */
  readonly buyer?: string;
  /** Where it goes; the buyer unless given. Only the buyer itself may choose. */
  readonly recipient?: string;
}

export interface CommitmentRefunded extends Landed {
  readonly buyer: string;
  readonly recipient: string;
  readonly amount: bigint;
}

/**
 * Gives a buyer of an offering that failed everything back. Once a buyer.
 *
 * @throws AssayError `UNKNOWN_OFFERING`, `ModelOffering_WrongPhase`, `ModelOffering_NothingCommitted`, `USAGE`
 *
 * @example
 * const { amount } = await refundCommitment({ contracts, sender }, { offeringId: 1n });
 */
export async function refundCommitment(
  context: Context,
  { offeringId, buyer = context.sender.address, recipient, ...options }: RefundCommitmentParameters,
): Promise<CommitmentRefunded> {
  requireOwn(context, buyer, recipient);
  const { offering } = await offeringContracts(context.contracts, offeringId);
  const call =
    recipient === undefined
      ? offering.refundFor.populateTransaction(buyer)
      : offering.refundTo.populateTransaction(recipient);
  const receipt = await transact(context, "refundCommitment", call, options);
  return { ...eventOf(receipt, offering, offering.filters.Refunded), ...landed(receipt) };
}
