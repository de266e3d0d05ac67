import type { ActionOptions, Context } from "./context.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface PostBeaconParameters extends ActionOptions {
  readonly round: bigint;
  /** The round's signature as drand gives it: 64 bytes. */
  readonly signature: string;
}

export interface BeaconPosted extends Landed {
  readonly round: bigint;
  readonly randomness: string;
}

/**
 * Posts any round of the beacon, unpaid; `postRound` is paid.
 *
 * @throws AssayError `RandomnessBeacon_RoundAlreadyPosted`, `RandomnessBeacon_InvalidSignature`
 *
 * @example
 * await postBeacon({ contracts, sender }, { round: 1_000n, signature });
 */
export async function postBeacon(
  context: Context,
  { round, signature, ...options }: PostBeaconParameters,
): Promise<BeaconPosted> {
  const { beacon } = context.contracts;
  const receipt = await transact(context, "postBeacon", beacon.post.populateTransaction(round, signature), options);
  const event = eventOf(receipt, beacon, beacon.filters.RoundPosted);
  return { round: event.round, randomness: event.randomness, ...landed(receipt) };
}
