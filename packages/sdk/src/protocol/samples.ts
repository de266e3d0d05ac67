import { samplePoint } from "./receipts.js";
import type { SumTree } from "./sumTree.js";

/**
 * The leaves that an audit opens: each leaf that one of the `points` sample points hits, once, in ascending order.
 *
 * @example
 * const indices = sampledLeaves(tree, seed, job.samplePoints);
 */
export function sampledLeaves(tree: SumTree, seed: string, points: bigint): number[] {
  const hit = new Set<number>();
  for (let index = 0n; index < points; index += 1n) hit.add(tree.findLeafAt(samplePoint(seed, index, tree.total)));
  return [...hit].sort((left, right) => left - right);
}
