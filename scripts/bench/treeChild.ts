/**
 * Builds one tree of the leaves in a file and prints what it took as JSON: a process of its own, so that the peak of its memory
 * is its own.
 *
 * Arguments: `sum-tree` or `openzeppelin`, file of leaves (32 bytes of content, 12 bytes of fee), empty folder.
 */
import { readFile } from "node:fs/promises";

import { AssayError, DiskSumTree, loadFastKeccak, verifySumProof } from "@assay/sdk/node";
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";

import { LEAF, type TreeFigures } from "./treeLeaves.js";

const HASH = 32;

type Build = (leaves: Buffer, folder: string) => Promise<number>;

function feeAt(leaves: Buffer, index: number): bigint {
  return BigInt(`0x${leaves.toString("hex", index * LEAF + HASH, (index + 1) * LEAF)}`);
}

/** Seconds until the root is known and every level is written and synced. */
const buildSumTree: Build = async (leaves, folder) => {
  await loadFastKeccak();
  const count = leaves.length / LEAF;
  const contentAt = (index: number): Buffer => leaves.subarray(index * LEAF, index * LEAF + HASH);
  const fees = Array.from({ length: count }, (_, index) => feeAt(leaves, index));

  const start = performance.now();
  const tree = await DiskSumTree.open({ folder });
  for (let index = 0; index < count; index += 1) tree.append(contentAt(index), fees[index] ?? 0n);
  const { total } = tree;
  const root = tree.root();
  await tree.close();
  const seconds = (performance.now() - start) / 1000;

  const opened = await DiskSumTree.open({ folder });
  const expected = fees.reduce((sum, fee) => sum + fee, 0n);
  for (const index of [0, count >> 1, count - 1]) {
    const leaf = { content: contentAt(index), sum: fees[index] ?? 0n };
    const input = { count, index, ...leaf, ...(await opened.proof(index)) };
    if (total !== expected || !verifySumProof({ root, total }, input))
      throw new AssayError({
        code: "INTERNAL",
        message: "A proof does not lead to the root.",
        hint: "The figures of this run mean nothing.",
      });
  }
  await opened.close();
  return seconds;
};

/** Seconds until the tree is there, in memory. */
const buildOpenZeppelin: Build = (leaves) => {
  const values = Array.from({ length: leaves.length / LEAF }, (_, index): [string, bigint] => [
    `0x${leaves.toString("hex", index * LEAF, index * LEAF + HASH)}`,
    feeAt(leaves, index),
  ]);
  const start = performance.now();
  const tree = StandardMerkleTree.of(values, ["bytes32", "uint96"]);
  const { root } = tree;
  const seconds = (performance.now() - start) / 1000;
  const last = values.length - 1;
  if (!StandardMerkleTree.verify(root, ["bytes32", "uint96"], values[last] ?? ["", 0n], tree.getProof(last))) {
    throw new AssayError({
      code: "INTERNAL",
      message: "A proof of OpenZeppelin's tree does not lead to its root.",
      hint: "The figures of this run mean nothing.",
    });
  }
  return Promise.resolve(seconds);
};

const [kind = "", file = "", folder = ""] = process.argv.slice(2);
const build = kind === "sum-tree" ? buildSumTree : buildOpenZeppelin;
const seconds = await build(await readFile(file), folder);
const figures: TreeFigures = { seconds, peakBytes: process.resourceUsage().maxRSS * 1024 };
process.stdout.write(JSON.stringify(figures));
