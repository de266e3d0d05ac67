import type { Context } from "./context.js";
import { offeringContracts } from "./offeringContracts.js";
import type { OfferingParameters } from "./scheduleOffering.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface WithdrawCommitmentParameters extends OfferingParameters {
  /** Smallest units of the asset. */
  readonly amount: bigint;
}

export interface CommitmentWithdrawn extends Landed {
  readonly buyer: string;
  readonly amount: bigint;
  /** Committed by everybody, without this. */
  readonly total: bigint;
}

/**
 * Takes back part of the sender's commitment, while the offering is open and commitments are not final.
 *
 * @throws AssayError `UNKNOWN_OFFERING`, `ModelOffering_WrongPhase`, `ModelOffering_CommitmentsFinal`,
 * `ModelOffering_CommitmentTooSmall`
 *
 * @example
 * await withdrawCommitment({ contracts, sender }, { offeringId: 1n, amount: 100_000_000n });
 */
export async function withdrawCommitment(
  context: Context,
  { offeringId, amount, ...options }: WithdrawCommitmentParameters,
): Promise<CommitmentWithdrawn> {
  const { offering } = await offeringContracts(context.contracts, offeringId);
  const call = offering.withdraw.populateTransaction(amount);
  const receipt = await transact(context, "withdrawCommitment", call, options);
  return { ...eventOf(receipt, offering, offering.filters.CommitmentWithdrawn), ...landed(receipt) };
}
