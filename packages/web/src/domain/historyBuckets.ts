import type { RevenueEntry } from "@assay/sdk";

/** Revenue of a span of time. */
export interface Bucket {
  readonly from: bigint;
  readonly amount: bigint;
}

export interface Buckets {
  /** Seconds of each. */
  readonly size: bigint;
  readonly buckets: readonly Bucket[];
}

/** Spans that people can name, seconds. */
const SIZES = [60n, 600n, 3_600n, 21_600n, 86_400n, 604_800n, 2_592_000n] as const;
const MOST = 30n;

/** The entries of one kind, summed up in at most 30 equal spans that have no gaps. */
export function bucketsOf(entries: readonly RevenueEntry[], kind: RevenueEntry["kind"], now: bigint): Buckets {
  const found = entries.filter((entry) => entry.kind === kind);
  const first = found[0]?.time ?? now;
  const last = found.at(-1)?.time ?? now;
  const end = last > now ? last : now;
  const size = SIZES.find((seconds) => end / seconds - first / seconds < MOST) ?? SIZES[SIZES.length - 1] ?? 1n;
  const sums = new Map<bigint, bigint>();
  for (const { time, amount } of found) sums.set(time / size, (sums.get(time / size) ?? 0n) + amount);
  const buckets: Bucket[] = [];
  for (let index = first / size; index <= end / size; index += 1n) {
    buckets.push({ from: index * size, amount: sums.get(index) ?? 0n });
  }
  return { size, buckets: buckets.slice(-Number(MOST)) };
}
