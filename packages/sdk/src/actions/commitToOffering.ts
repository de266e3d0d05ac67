import type { AllowlistProof } from "../protocol/allowlist.js";
import type { Context } from "./context.js";
import { offeringContracts } from "./offeringContracts.js";
import { authorise } from "./permit.js";
import type { OfferingParameters } from "./scheduleOffering.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface CommitToOfferingParameters extends OfferingParameters {
  /** Smallest units of the asset, added to what the sender has committed. */
  readonly amount: bigint;
  /** For an offering with an allow-list; see `buildAllowlist`. */
  readonly allowed?: AllowlistProof;
}

export interface CommittedToOffering extends Landed {
  readonly buyer: string;
  readonly amount: bigint;
  /** Committed by everybody, with this. */
  readonly total: bigint;
}

/**
 * Commits to an open offering: in one transaction if the asset has permits or an approval is there, else in two.
 *
 * @throws AssayError `UNKNOWN_OFFERING`, `ModelOffering_WrongPhase`, `ModelOffering_NotAllowed`,
 * `ModelOffering_CapExceeded`, `ERC20InsufficientBalance`
 *
 * @example
 * await commitToOffering({ contracts, sender }, { offeringId: 1n, amount: 250_000_000n });
 */
export async function commitToOffering(
  context: Context,
  { offeringId, amount, allowed = { cap: 0n, proof: [] }, ...options }: CommitToOfferingParameters,
): Promise<CommittedToOffering> {
  const { offering } = await offeringContracts(context.contracts, offeringId);
  const permit = await authorise(context, await offering.getAddress(), amount);
  const { cap } = allowed;
  const proof = [...allowed.proof];
  const call =
    permit === undefined
      ? offering.commit.populateTransaction(amount, cap, proof)
      : offering.commitWithPermit.populateTransaction(
          amount,
          cap,
          proof,
          permit.deadline,
          permit.v,
          permit.r,
          permit.s,
        );
  const receipt = await transact(context, "commitToOffering", call, options);
  return { ...eventOf(receipt, offering, offering.filters.Committed), ...landed(receipt) };
}
