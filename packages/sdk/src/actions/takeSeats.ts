import type { ActionOptions, Context } from "./context.js";
import { eventsOf } from "./decode.js";
import { type Landed, landed, transact } from "./transact.js";

export interface TakeSeatsParameters extends ActionOptions {
  readonly modelId: bigint;
  /** How many more seats. */
  readonly count: number;
}

export interface SeatsTaken extends Landed {
  /** Their indices in the model's list. */
  readonly seats: readonly bigint[];
  /** Stake locked for all of them together. */
  readonly bond: bigint;
}

/**
 * Takes verifier seats of a model for the sender, a provider's owner key, and locks their bonds. They can be activated
 * after the deployment's delay.
 *
 * @throws AssayError `ModelRegistry_NotRegisteredProvider`, `ModelRegistry_TooManySeats`,
 * `ProviderStaking_InsufficientFreeStake`
 *
 * @example
 * const { seats } = await takeSeats({ contracts, sender }, { modelId: 1n, count: 2 });
 */
export async function takeSeats(
  context: Context,
  { modelId, count, ...options }: TakeSeatsParameters,
): Promise<SeatsTaken> {
  const { registry } = context.contracts;
  const receipt = await transact(context, "takeSeats", registry.takeSeats.populateTransaction(modelId, count), options);
  const taken = eventsOf(receipt.logs, registry, registry.filters.SeatTaken);
  return {
    seats: taken.map(({ seat }) => seat),
    bond: taken.reduce((sum, { bond }) => sum + bond, 0n),
    ...landed(receipt),
  };
}
