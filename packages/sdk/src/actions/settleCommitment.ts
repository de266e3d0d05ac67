import { AssayError } from "../errors.js";
import type { Context } from "./context.js";
import { offeringContracts } from "./offeringContracts.js";
import type { OfferingParameters } from "./scheduleOffering.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface SettleCommitmentParameters extends OfferingParameters {
  /** Whose commitment; the sender's unless given. Anyone may settle for anybody. */
  readonly buyer?: string;
  /** Where what is above the hard cap goes; the buyer unless given. Only the buyer itself may choose. */
  readonly refundRecipient?: string;
}

export interface CommitmentSettled extends Landed {
  readonly buyer: string;
  readonly tokens: bigint;
  readonly refund: bigint;
}

/**
 * Gives a buyer its tokens, with what they have earned since the sale, and what is above the hard cap. Once a buyer.
 *
 * @throws AssayError `UNKNOWN_OFFERING`, `ModelOffering_WrongPhase`, `ModelOffering_NothingCommitted`, `USAGE`
 *
 * @example
 * const { tokens, refund } = await settleCommitment({ contracts, sender }, { offeringId: 1n });
 */
export async function settleCommitment(
  context: Context,
  { offeringId, buyer = context.sender.address, refundRecipient, ...options }: SettleCommitmentParameters,
): Promise<CommitmentSettled> {
  requireOwn(context, buyer, refundRecipient);
  const { offering } = await offeringContracts(context.contracts, offeringId);
  const call =
    refundRecipient === undefined
      ? offering.settleFor.populateTransaction(buyer)
      : offering.settleTo.populateTransaction(refundRecipient);
  const receipt = await transact(context, "settleCommitment", call, options);
  const { tokens, refund } = eventOf(receipt, offering, offering.filters.Settled);
  return { buyer, tokens, refund, ...landed(receipt) };
}

/** Nobody but the buyer says where its money goes. */
export function requireOwn({ sender }: Context, buyer: string, recipient: string | undefined): void {
  if (recipient === undefined || buyer === sender.address) return;
  throw new AssayError({
    code: "USAGE",
    message: "Only the buyer itself can have its money sent to another address.",
    hint: "Use the buyer's key, or leave the recipient out.",
  });
}
