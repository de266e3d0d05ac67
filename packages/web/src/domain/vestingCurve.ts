import type { VestingInfo } from "@assay/sdk";

type Schedule = Pick<VestingInfo, "start" | "cliff" | "end" | "total">;

/** Tokens that have vested at a time: none before the cliff, then linear from the start. */
export function vestedAt({ start, cliff, end, total }: Schedule, time: bigint): bigint {
  if (time < cliff || time < start) return 0n;
  return time >= end || end === start ? total : (total * (time - start)) / (end - start);
}

/** A corner of the curve, as parts of its width and height from the bottom left. */
export interface Corner {
  readonly x: number;
  readonly y: number;
}

const part = (value: bigint, of: bigint): number => (of === 0n ? 0 : Number((value * 10_000n) / of) / 10_000);

/** The curve from the start to the end: flat, a step at the cliff, a line. */
export function vestingCorners(schedule: Schedule): readonly Corner[] {
  const { start, cliff, end, total } = schedule;
  const x = part(cliff - start, end - start);
  return [
    { x: 0, y: 0 },
    { x, y: 0 },
    { x, y: part(vestedAt(schedule, cliff), total) },
    { x: 1, y: 1 },
  ];
}

/** How far along the schedule a moment is, between 0 and 1. */
export function vestingProgress({ start, end }: Schedule, now: bigint): number {
  if (now <= start) return 0;
  return now >= end ? 1 : part(now - start, end - start);
}
