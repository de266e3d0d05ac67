/**
 * Merkle-sum tree: keccak256 over packed data, leaf `0x00 ‖ content ‖ uint96 sum`, node `0x01 ‖ hL ‖ uint96 sumL ‖ hR ‖
 * uint96 sumR`, an empty subtree of any height is (0, 0). Twin of `contracts/libraries/MerkleSumTree.sol`.
 */
import { AssayError } from "../errors.js";
import {
  emptyTree,
  HASH,
  makeNode,
  MAX_LEAVES,
  NODE,
  nodeHash,
  nodeSum,
  requireIndex,
  requirePoint,
  treeTooLarge,
  writeLeaf,
  writeParent,
} from "./sumNode.js";
import { hexBytes, requireUint } from "./words.js";

/** What a leaf holds. */
export interface SumLeaf {
  /** A receipt's hash, or a request's: 32 bytes. */
  readonly content: string | Uint8Array;
  readonly sum: bigint;
}

/** The way from a leaf to the root. */
export interface SumProof {
  /** Hashes of the siblings, leaf's level first. */
  readonly siblingHashes: readonly string[];
  readonly siblingSums: readonly bigint[];
}

/** What a proof leads to. */
export interface ProvenLeaf {
  readonly root: string;
  readonly total: bigint;
  /** Sum of all leaves left of this one: it covers [offset, offset + sum). */
  readonly offset: bigint;
}

const FIRST_CAPACITY = 64;

/** ⌈log₂ count⌉: the number of siblings in a proof. */
export function sumTreeDepth(count: number): number {
  return count <= 1 ? 0 : 32 - Math.clz32(count - 1);
}

/** A tree in memory: 88 bytes a leaf, so a million leaves take 88 MB. */
export class SumTree {
  private constructor(
    readonly count: number,
    /** From the leaves up; every level but the root's holds an even number of nodes. */
    private readonly levels: readonly Uint8Array[],
  ) {}

  /**
   * Builds the tree of `leaves`, which may come from a generator: they are not kept.
   *
   * @throws AssayError `EMPTY_TREE`, `SUM_OVERFLOW`, `VALUE_OUT_OF_RANGE`, `INVALID_HEX`, `INVALID_HASH`
   * @example
   * const tree = SumTree.build(receipts.map((receipt) => ({ content: hashReceipt(receipt), sum: receipt.fee })));
   * const { siblingHashes, siblingSums } = tree.proof(3);
   */
  static build(leaves: Iterable<SumLeaf>): SumTree {
    let level = new Uint8Array(FIRST_CAPACITY * NODE);
    let count = 0;
    for (const { content, sum } of leaves) {
      if (count === MAX_LEAVES) throw treeTooLarge();
      if ((count + 1) * NODE > level.length) level = grown(level, 2 * level.length);
      writeLeaf(level, count * NODE, content, sum);
      count += 1;
    }
    if (count === 0) throw emptyTree();

    const levels = [grown(level, evenNodes(count) * NODE)];
    for (let nodes = count, below = levels[0]; nodes > 1 && below !== undefined; below = levels.at(-1)) {
      nodes = Math.ceil(nodes / 2);
      levels.push(parents(below, nodes));
    }
    return new SumTree(count, levels);
  }

  get root(): string {
    return this.hashOf(this.levels.length - 1, 0);
  }

  /** Sum of all leaves. */
  get total(): bigint {
    return this.sumOf(this.levels.length - 1, 0);
  }

  /** Sum in leaf `index`. */
  sumAt(index: number): bigint {
    requireIndex(index, this.count);
    return this.sumOf(0, index);
  }

  /** Sum of all leaves left of leaf `index`. */
  offsetOf(index: number): bigint {
    requireIndex(index, this.count);
    let offset = 0n;
    for (let level = 0, node = index; level < this.levels.length - 1; level += 1, node >>>= 1) {
      if (node % 2 === 1) offset += this.sumOf(level, node - 1);
    }
    return offset;
  }

  /** Siblings on the way from leaf `index` to the root. */
  proof(index: number): SumProof {
    requireIndex(index, this.count);
    const siblingHashes: string[] = [];
    const siblingSums: bigint[] = [];
    for (let level = 0, node = index; level < this.levels.length - 1; level += 1, node >>>= 1) {
      const sibling = node % 2 === 0 ? node + 1 : node - 1;
      siblingHashes.push(this.hashOf(level, sibling));
      siblingSums.push(this.sumOf(level, sibling));
    }
    return { siblingHashes, siblingSums };
  }

  /** Index of the leaf that covers `point`, which must be in [0, total). */
  findLeafAt(point: bigint): number {
    requirePoint(point, this.total);
    let rest = point;
    let node = 0;
    for (let level = this.levels.length - 2; level >= 0; level -= 1) {
      node *= 2;
      const leftSum = this.sumOf(level, node);
      if (rest < leftSum) continue;
      rest -= leftSum;
      node += 1;
    }
    return node;
  }

  private level(index: number): Uint8Array {
    const level = this.levels[index];
    if (level === undefined) throw new AssayError({ code: "INTERNAL", message: `The tree has no level ${index}.` });
    return level;
  }

  private hashOf(level: number, node: number): string {
    return nodeHash(this.level(level), node * NODE);
  }

  private sumOf(level: number, node: number): bigint {
    return nodeSum(this.level(level), node * NODE);
  }
}

const evenNodes = (nodes: number): number => (nodes === 1 ? 1 : nodes + (nodes % 2));

function grown(level: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(length);
  copy.set(level.subarray(0, length));
  return copy;
}

function parents(below: Uint8Array, nodes: number): Uint8Array<ArrayBuffer> {
  const level = new Uint8Array(evenNodes(nodes) * NODE);
  for (let node = 0; node < nodes; node += 1) {
    const [left, right] = [2 * node * NODE, (2 * node + 1) * NODE];
    writeParent(level, node * NODE, below.subarray(left, right), below.subarray(right, right + NODE));
  }
  return level;
}

/** A leaf with its place and its proof. */
export interface SumProofInput extends SumLeaf, SumProof {
  /** Leaves of the tree, at least 1. */
  readonly count: number;
  readonly index: number;
}

/**
 * Walks a proof up to the root. Twin of `MerkleSumTree.process`.
 *
 * @throws AssayError `LEAF_INDEX_OUT_OF_RANGE`, `PROOF_LENGTH`, `SUM_OVERFLOW`, `EMPTY_SIBLING_WITH_SUM`
 */
export function processSumProof(input: SumProofInput): ProvenLeaf {
  const { count, index, content, sum, siblingHashes, siblingSums } = input;
  requireIndex(index, count);
  const levels = sumTreeDepth(count);
  for (const { length } of [siblingHashes, siblingSums]) {
    if (length === levels) continue;
    throw new AssayError({ code: "PROOF_LENGTH", message: `The proof has ${length} siblings instead of ${levels}.` });
  }

  const node = new Uint8Array(NODE);
  writeLeaf(node, 0, content, sum);
  let offset = 0n;
  for (let level = 0, at = index; level < levels; level += 1, at >>>= 1) {
    const siblingHash = hexBytes(siblingHashes[level] ?? "", HASH, `siblingHashes[${level}]`);
    const siblingSum = requireUint(siblingSums[level] ?? -1n, 96, `siblingSums[${level}]`);
    if (siblingSum !== 0n && siblingHash.every((byte) => byte === 0)) {
      throw new AssayError({
        code: "EMPTY_SIBLING_WITH_SUM",
        message: `The empty sibling at level ${level} has a sum.`,
      });
    }
    const sibling = makeNode(siblingHash, siblingSum);
    if (at % 2 === 0) {
      writeParent(node, 0, node, sibling);
    } else {
      writeParent(node, 0, sibling, node);
      offset += siblingSum;
    }
  }
  return { root: nodeHash(node), total: nodeSum(node), offset };
}

/** True if the proof is well-formed and leads to `expected`. */
export function verifySumProof(expected: Pick<ProvenLeaf, "root" | "total">, input: SumProofInput): boolean {
  try {
    const { root, total } = processSumProof(input);
    return root === expected.root.toLowerCase() && total === expected.total;
  } catch (error) {
    if (AssayError.is(error)) return false;
    throw error;
  }
}
