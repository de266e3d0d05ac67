import type { ActionOptions, Context } from "./context.js";
import { eventsOf } from "./decode.js";
import { type Landed, landed, transact } from "./transact.js";

export interface VacateSeatsParameters extends ActionOptions {
  readonly modelId: bigint;
  readonly seats: readonly bigint[];
}

export interface SeatsVacated extends Landed {
  readonly seats: readonly bigint[];
  /** Stake that became free. */
  readonly bond: bigint;
}

/**
 * Vacates seats whose exit delay is over and frees their bonds. Anyone may.
 *
 * @throws AssayError `ModelRegistry_NotLeaving`, `ModelRegistry_ExitDelay`, which says until when
 *
 * @example
 * await vacateSeats({ contracts, sender }, { modelId: 1n, seats });
 */
export async function vacateSeats(
  context: Context,
  { modelId, seats, ...options }: VacateSeatsParameters,
): Promise<SeatsVacated> {
  const { registry } = context.contracts;
  const call = registry.vacateSeats.populateTransaction(modelId, [...seats]);
  const receipt = await transact(context, "vacateSeats", call, options);
  const vacated = eventsOf(receipt.logs, registry, registry.filters.SeatVacated);
  return {
    seats: vacated.map(({ seat }) => seat),
    bond: vacated.reduce((sum, { bond }) => sum + bond, 0n),
    ...landed(receipt),
  };
}
