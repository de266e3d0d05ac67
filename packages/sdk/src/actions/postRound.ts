import type { Batch, Job } from "../protocol/types.js";
import type { ActionOptions, Context } from "./context.js";
import { eventsOf } from "./decode.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface PostRoundParameters extends ActionOptions {
  /** Any job and batch that waits for the round. */
  readonly job: Job;
  readonly batch: Batch;
  /** The round's signature as drand gives it: 64 bytes. */
  readonly signature: string;
}

export interface RoundPosted extends Landed {
  readonly round: bigint;
  readonly randomness: string;
  /** What the sender gets from the model's audit pool. */
  readonly reward: bigint;
  /** True if the pool was short: it is paid with the next premiums. */
  readonly owed: boolean;
}

/**
 * Posts the round that a batch waits for, and is paid for it. Use `postBeacon` for a round that no batch waits for.
 *
 * @throws AssayError `RandomnessBeacon_RoundAlreadyPosted`, `RandomnessBeacon_InvalidSignature`, `JobEscrow_BeaconDead`,
 * `JobEscrow_WrongStatus`
 *
 * @example
 * const { reward } = await postRound({ contracts, sender }, { job, batch, signature });
 */
export async function postRound(
  context: Context,
  { job, batch, signature, ...options }: PostRoundParameters,
): Promise<RoundPosted> {
  const { escrow, beacon } = context.contracts;
  const call = escrow.postRound.populateTransaction(job, batch, signature);
  const receipt = await transact(context, "postRound", call, options);
  const { round, randomness } = eventOf(receipt, beacon, beacon.filters.RoundPosted);
  const [pay] = eventsOf(receipt.logs, escrow, escrow.filters.PoolPaid);
  return { round, randomness, reward: pay?.amount ?? 0n, owed: pay?.owed ?? false, ...landed(receipt) };
}
