import type { ActionOptions, Context } from "./context.js";
import { eventsOf } from "./decode.js";
import { type Landed, landed, transact } from "./transact.js";

export interface LeaveSeatsParameters extends ActionOptions {
  readonly modelId: bigint;
  readonly seats: readonly bigint[];
}

export interface SeatsLeft extends Landed {
  /** Seats that stay bonded until `freeAt`, Unix seconds. */
  readonly leaving: readonly { readonly seat: bigint; readonly freeAt: bigint }[];
  /** Seats that had never been activated: vacated at once, their bonds are free. */
  readonly vacated: readonly bigint[];
}

/**
 * Begins to leave seats: no later batch can draw them, their bonds stay until the exit delay is over. Holder only.
 *
 * @throws AssayError `ModelRegistry_NotSeatHolder`, `ModelRegistry_AlreadyLeaving`
 *
 * @example
 * const { leaving } = await leaveSeats({ contracts, sender }, { modelId: 1n, seats });
 */
export async function leaveSeats(
  context: Context,
  { modelId, seats, ...options }: LeaveSeatsParameters,
): Promise<SeatsLeft> {
  const { registry } = context.contracts;
  const call = registry.leaveSeats.populateTransaction(modelId, [...seats]);
  const receipt = await transact(context, "leaveSeats", call, options);
  return {
    leaving: eventsOf(receipt.logs, registry, registry.filters.SeatLeaving).map(({ seat, freeAt }) => ({
      seat,
      freeAt,
    })),
    vacated: eventsOf(receipt.logs, registry, registry.filters.SeatVacated).map(({ seat }) => seat),
    ...landed(receipt),
  };
}
