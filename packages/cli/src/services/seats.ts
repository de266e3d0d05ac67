import { activateSeats, leaveSeats, takeSeats, vacateSeats } from "@assay/sdk";

import type { Run } from "./command.js";

export const list: Run = async ({ read, args }) => {
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
};

export const take: Run = async ({ act, args }) =>
  await takeSeats(await act(), { modelId: args.integer("model"), count: Number(args.integer("count", 1n)) });

export const activate: Run = async ({ act, args }) =>
  await activateSeats(await act(), { modelId: args.integer("model"), seats: args.integers("seats") });

export const leave: Run = async ({ act, args }) =>
  await leaveSeats(await act(), { modelId: args.integer("model"), seats: args.integers("seats") });

export const vacate: Run = async ({ act, args }) =>
  await vacateSeats(await act(), { modelId: args.integer("model"), seats: args.integers("seats") });
