import { activateSeats } from "@assay/sdk";

import type { WorkerContext } from "./context.js";
import { effectKey } from "./keys.js";

/** Makes this provider's seats drawable when their activation delay is over. */
export class SeatService {
  constructor(private readonly context: WorkerContext) {}

  tick(): void {
    this.context.tasks.start("seats", async () => {
      await this.#activate();
    });
  }

  async #activate(): Promise<void> {
    const { chain, contracts, parameters, clock, sender, provider, logger } = this.context;
    const waiting = new Map<bigint, { seats: bigint[]; takenAt: bigint[] }>();
    for (const event of await chain.lastSeatEvents()) {
      if (event.name !== "SeatTaken") continue;
      const { modelId, seat } = event.args;
      const { provider: holder, activatedAt, leavingSince, takenAt } = await contracts.registry.seatOf(modelId, seat);
      const activatable = takenAt + parameters.registry.seatActivationDelay;
      if (holder !== provider || activatedAt !== 0n || leavingSince !== 0n) continue;
      if (BigInt(clock.blockTime) < activatable) continue;
      const group = waiting.get(modelId) ?? { seats: [], takenAt: [] };
      group.seats.push(seat);
      group.takenAt.push(takenAt);
      waiting.set(modelId, group);
    }
    for (const [modelId, { seats, takenAt }] of waiting) {
      // A seat may be left and taken again, so its number alone names no activation.
      const key = await effectKey(this.context, `activate/${modelId}/${seats.join()}/${takenAt.join()}`);
      await activateSeats({ contracts, sender }, { modelId, seats, key });
      logger.info({ modelId, seats }, "activated seats");
    }
  }
}
