/** Allow-lists as `ModelOffering` reads them: a Merkle tree with sorted pairs over leaves that are hashed twice. */
import { AbiCoder, concat, keccak256 } from "ethers";

export type Entry = readonly [account: string, cap: bigint];

export const encodeEntry = ([account, cap]: Entry): string =>
  AbiCoder.defaultAbiCoder().encode(["address", "uint256"], [account, cap]);

const hashEntry = (entry: Entry): string => keccak256(keccak256(encodeEntry(entry)));

export const hashPair = (a: string, b: string): string => keccak256(concat(BigInt(a) < BigInt(b) ? [a, b] : [b, a]));

/** Levels of the tree, leaves first; a node without a sibling moves up. */
function levelsOf(entries: readonly Entry[]): string[][] {
  const levels = [entries.map(hashEntry)];
  for (let level = levels[0]!; level.length > 1; levels.push(level)) {
    const parents: string[] = [];
    for (let i = 0; i < level.length; i += 2) {
      parents.push(i + 1 < level.length ? hashPair(level[i]!, level[i + 1]!) : level[i]!);
    }
    level = parents;
  }
  return levels;
}

/** The tree of `entries`: its root, and the proof of entry `index`. */
export function allowlist(entries: readonly Entry[]) {
  const levels = levelsOf(entries);
  return {
    root: levels.at(-1)![0]!,
    levels,
    proof: (index: number): string[] =>
      levels.slice(0, -1).flatMap((level, depth) => level[(index >> depth) ^ 1] ?? []),
  };
}
