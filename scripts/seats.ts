import { activateSeats, leaveSeats, takeSeats, vacateSeats } from "@assay/sdk";

import { runScript } from "./lib/command.js";

const SEATS = { model: { type: "string" }, seats: { type: "string" } } as const;

await runScript("seats", "Verifier seats of a model. Taking and leaving need the owner's key.", {
  list: {
    about: "the seats of a model, and who holds them",
    options: { model: { type: "string" } },
    run: async ({ read, args }) => {
      const modelId = args.integer("model");
      const { registry } = read.contracts;
      const [length, active] = await Promise.all([registry.seatCount(modelId), registry.activeCounts(modelId)]);
      const seats = await Promise.all(
        Array.from({ length: Number(length) }, async (_, seat) => {
          const { provider, bond, takenAt, activatedAt, leavingSince } = await registry.seatOf(modelId, seat);
          return { seat, provider, bond, takenAt, activatedAt, leavingSince };
        }),
      );
      return {
        modelId,
        activeSeats: active.seats,
        activeProviders: active.providers,
        seats: seats.filter(({ takenAt }) => takenAt !== 0n),
      };
    },
  },
  take: {
    about: "take seats and lock their bonds",
    options: { model: { type: "string" }, count: { type: "string" } },
    run: async ({ act, args }) =>
      await takeSeats(await act(), { modelId: args.integer("model"), count: Number(args.integer("count", 1n)) }),
  },
  activate: {
    about: "make seats drawable after the delay; any key",
    options: SEATS,
    run: async ({ act, args }) =>
      await activateSeats(await act(), { modelId: args.integer("model"), seats: args.integers("seats") }),
  },
  leave: {
    about: "begin to leave seats",
    options: SEATS,
    run: async ({ act, args }) =>
      await leaveSeats(await act(), { modelId: args.integer("model"), seats: args.integers("seats") }),
  },
  vacate: {
    about: "free the bonds of left seats after the delay; any key",
    options: SEATS,
    run: async ({ act, args }) =>
      await vacateSeats(await act(), { modelId: args.integer("model"), seats: args.integers("seats") }),
  },
});
