import type { ActionOptions, Context } from "./context.js";
import { eventsOf } from "./decode.js";
import { type Landed, landed, transact } from "./transact.js";

export interface ActivateSeatsParameters extends ActionOptions {
  readonly modelId: bigint;
  readonly seats: readonly bigint[];
}

export interface SeatsActivated extends Landed {
  readonly seats: readonly bigint[];
}

/**
 * Makes seats drawable once the activation delay after they were taken is over. Anyone may.
 *
 * @throws AssayError `ModelRegistry_NotActivatable`, which says when
 *
 * @example
 * await activateSeats({ contracts, sender }, { modelId: 1n, seats });
 */
export async function activateSeats(
  context: Context,
  { modelId, seats, ...options }: ActivateSeatsParameters,
): Promise<SeatsActivated> {
  const { registry } = context.contracts;
  const call = registry.activateSeats.populateTransaction(modelId, [...seats]);
  const receipt = await transact(context, "activateSeats", call, options);
  const activated = eventsOf(receipt.logs, registry, registry.filters.SeatActivated);
  return { seats: activated.map(({ seat }) => seat), ...landed(receipt) };
}
