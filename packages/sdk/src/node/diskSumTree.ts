import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { AssayError } from "../errors.js";
import {
  EMPTY_NODE,
  emptyTree,
  MAX_LEAVES,
  MAX_SUM,
  NODE,
  nodeHash,
  nodeSum,
  requireIndex,
  requirePoint,
  sumOverflow,
  treeTooLarge,
  writeLeaf,
  writeParent,
} from "../protocol/sumNode.js";
import { sumTreeDepth, type SumProof } from "../protocol/sumTree.js";
import { syncFolder } from "./files.js";
import { isUnwritten, TreeLevel } from "./treeLevel.js";

/** What {@link DiskSumTree.open} needs. */
export interface DiskSumTreeOptions {
  /** Folder of this tree alone; it is made if it is not there. */
  readonly folder: string;
}

/** Leaves that wait in memory before all levels are written: 360 KB with the levels above them. */
const BLOCK = 4096;
const LEVELS = 33;
const SEAL = "closed.json";

const sealSchema = z.object({
  version: z.literal(1),
  count: z.number().int().min(0).max(MAX_LEAVES),
  root: z.string(),
});

/**
 * Append-only Merkle-sum tree with all its levels on disk: one file of nodes a level, written in large blocks. Memory holds the
 * right edge and the nodes that are not written yet, whatever the number of leaves. Roots and proofs are those of `SumTree`.
 *
 * It is a cache of something durable (the log of the receipts) and syncs nothing before `close`: after a crash it opens with the
 * leaves that reached the disk, and whoever owns the log appends the others again.
 *
 * One process at a time may open a folder.
 */
export class DiskSumTree {
  private readonly levels: TreeLevel[];
  /** At each level the last node of which all leaves are there. */
  private readonly edge: Uint8Array[] = Array.from({ length: LEVELS }, () => new Uint8Array(NODE));
  private readonly scratch = new Uint8Array(NODE);
  private leaves = 0;
  private sum = 0n;
  private closed = false;

  private constructor(private readonly folder: string) {
    this.levels = Array.from({ length: LEVELS }, (_, level) => new TreeLevel(join(folder, `level-${level}`)));
  }

  /**
   * Opens a tree, or makes an empty one. A tree that was not closed, or of which a file is torn or missing, is rebuilt from
   * its leaves up to the first one that is not whole: about a second for a million.
   *
   * @throws AssayError `TREE_UNUSABLE` if the folder cannot be read or written
   *
   * @example
   * const tree = await DiskSumTree.open({ folder: "/var/lib/assay/sessions/0x…/tree" });
   * for (const receipt of receipts.slice(tree.count)) tree.append(receipt.hash, receipt.fee);
   * const { siblingHashes, siblingSums } = await tree.proof(3);
   * await tree.close();
   */
  static async open({ folder }: DiskSumTreeOptions): Promise<DiskSumTree> {
    const tree = new DiskSumTree(folder);
    try {
      await mkdir(folder, { recursive: true });
      const seal = await takeSeal(folder);
      if (seal === undefined || !tree.adopt(seal)) tree.rebuild();
    } catch (cause) {
      for (const level of tree.levels) level.close();
      throw tree.unusable(cause);
    }
    return tree;
  }

  /** Leaves, at most 2³² - 1. */
  get count(): number {
    return this.leaves;
  }

  /** Sum of all leaves. */
  get total(): bigint {
    return this.sum;
  }

  /**
   * Appends a leaf. Nothing is changed if it throws.
   *
   * @param content a receipt's hash, 32 bytes
   * @param sum its fee; the total must fit 96 bits
   * @throws AssayError `INVALID_HASH`, `VALUE_OUT_OF_RANGE`, `SUM_OVERFLOW`, `TREE_TOO_LARGE`; `TREE_UNUSABLE` if the disk refuses
   */
  append(content: Uint8Array, sum: bigint): void {
    this.requireOpen();
    if (this.leaves === MAX_LEAVES) throw treeTooLarge();
    writeLeaf(this.scratch, 0, content, sum);
    const total = this.sum + sum;
    if (total > MAX_SUM) throw sumOverflow();
    if (this.leaves % BLOCK === 0) this.write();
    this.level(0).push(this.scratch);
    this.addAbove(total);
  }

  /**
   * Root of all leaves, or of the first `count`.
   *
   * @throws AssayError `EMPTY_TREE`, `LEAF_INDEX_OUT_OF_RANGE` if there are fewer; `TREE_CORRUPT`
   */
  root(count = this.leaves): string {
    return nodeHash(this.rightEdge(count).root);
  }

  /**
   * Drops the leaves from `count` on.
   *
   * @throws AssayError `LEAF_INDEX_OUT_OF_RANGE` if there are fewer; `TREE_UNUSABLE` or `TREE_CORRUPT`: the levels may not be of one
   *   count any more, so the tree is closed and must be opened again
   */
  truncate(count: number): Promise<void> {
    return this.guarded(() => {
      if (count === this.leaves) return;
      requireIndex(count, this.leaves);
      try {
        for (const [index, level] of this.levels.entries()) level.truncate(nodesAt(count, index));
        this.leaves = count;
        this.readEdge();
      } catch (error) {
        this.release();
        throw error;
      }
    });
  }

  /** Writes what waits in memory, without a sync: it then survives this process, not the machine. */
  flush(): Promise<void> {
    return this.guarded(() => {
      this.write();
    });
  }

  /**
   * Siblings on the way from leaf `index` to the root of all leaves, or of the first `count`. The way is walked before it is
   * given out: a proof that does not lead to the root is an error, not a result.
   *
   * @throws AssayError `LEAF_INDEX_OUT_OF_RANGE`; `TREE_CORRUPT`: then truncate to 0 and append again; `TREE_UNUSABLE`
   */
  proof(index: number, count = this.leaves): Promise<SumProof> {
    return this.guarded(() => {
      requireIndex(index, count);
      const { partial, root } = this.rightEdge(count);
      const siblingHashes: string[] = [];
      const siblingSums: bigint[] = [];
      const node = this.nodeAt(0, index, count, partial).slice();
      for (let level = 0, at = index; level < sumTreeDepth(count); level += 1, at = Math.floor(at / 2)) {
        const isLeft = at % 2 === 0;
        const sibling = this.nodeAt(level, isLeft ? at + 1 : at - 1, count, partial);
        siblingHashes.push(nodeHash(sibling));
        siblingSums.push(nodeSum(sibling));
        writeParent(node, 0, isLeft ? node : sibling, isLeft ? sibling : node);
      }
      if (!sameNode(node, root)) throw this.corrupt();
      return { siblingHashes, siblingSums };
    });
  }

  /**
   * Sum in leaf `index`.
   *
   * @throws AssayError `LEAF_INDEX_OUT_OF_RANGE`; `TREE_CORRUPT`; `TREE_UNUSABLE`
   */
  sumAt(index: number): Promise<bigint> {
    return this.guarded(() => {
      requireIndex(index, this.leaves);
      return nodeSum(this.complete(0, index));
    });
  }

  /**
   * Index of the leaf that covers `point`, which must be in [0, total).
   *
   * @param count only the first so many leaves
   * @throws AssayError `POINT_OUT_OF_RANGE`; `LEAF_INDEX_OUT_OF_RANGE`; `TREE_CORRUPT`; `TREE_UNUSABLE`
   */
  findLeafAt(point: bigint, count = this.leaves): Promise<number> {
    return this.guarded(() => {
      const { partial, root } = this.rightEdge(count);
      requirePoint(point, nodeSum(root));
      let rest = point;
      let index = 0;
      for (let level = sumTreeDepth(count) - 1; level >= 0; level -= 1) {
        index *= 2;
        const left = nodeSum(this.nodeAt(level, index, count, partial));
        if (rest < left) continue;
        rest -= left;
        index += 1;
      }
      return index;
    });
  }

  /** Writes and syncs everything, so that the next `open` needs no look at the nodes. */
  async close(): Promise<void> {
    if (this.closed) return;
    try {
      this.write();
      for (const level of this.levels) level.sync();
      await putSeal(this.folder, { version: 1, count: this.leaves, root: this.leaves === 0 ? "" : this.root() });
    } catch (cause) {
      throw this.unusable(cause);
    } finally {
      this.release();
    }
  }

  private release(): void {
    this.closed = true;
    for (const level of this.levels) level.close();
  }

  private level(index: number): TreeLevel {
    const level = this.levels[index];
    if (level === undefined) throw new AssayError({ code: "INTERNAL", message: `The tree has no level ${index}.` });
    return level;
  }

  private edgeAt(level: number): Uint8Array {
    return this.edge[level] ?? EMPTY_NODE;
  }

  /** Completes the subtrees that the leaf in `scratch` is the last one of. Sums fit, because the total does. */
  private addAbove(total: bigint): void {
    let level = 0;
    for (let rest = this.leaves; rest % 2 === 1; rest = (rest - 1) / 2) {
      writeParent(this.scratch, 0, this.edgeAt(level), this.scratch);
      this.edgeAt(level).fill(0);
      level += 1;
      this.level(level).push(this.scratch);
    }
    this.edgeAt(level).set(this.scratch);
    this.leaves += 1;
    this.sum = total;
  }

  private write(): void {
    try {
      for (const level of this.levels) level.flush();
    } catch (cause) {
      throw this.unusable(cause);
    }
  }

  /** Takes the files as they are, if they are what was closed. */
  private adopt({ count, root }: z.infer<typeof sealSchema>): boolean {
    for (const [index, level] of this.levels.entries()) {
      if (level.size() !== nodesAt(count, index) * NODE) return false;
      level.adopt();
    }
    this.leaves = count;
    try {
      this.readEdge();
      return count === 0 || this.root() === root;
    } catch (error) {
      if (AssayError.is(error)) return false;
      throw error;
    }
  }

  /** Builds all levels above the leaves, which are taken up to the first one that never reached the disk. */
  private rebuild(): void {
    this.leaves = 0;
    this.sum = 0n;
    for (const [index, level] of this.levels.entries()) level.adopt(index === 0 ? MAX_LEAVES : 0);
    const bottom = this.level(0);
    for (let count = bottom.count; this.leaves < count;) {
      const nodes = bottom.read(this.leaves, Math.min(BLOCK, count - this.leaves));
      for (let at = 0; nodes !== undefined && at < nodes.length; at += NODE) {
        this.scratch.set(nodes.subarray(at, at + NODE));
        const total = this.sum + nodeSum(this.scratch);
        if (isUnwritten(this.scratch) || total > MAX_SUM) {
          count = this.leaves;
          break;
        }
        this.addAbove(total);
      }
      if (nodes === undefined) break;
      this.write();
    }
    bottom.truncate(this.leaves);
  }

  /** Reads the right edge and the total anew. */
  private readEdge(): void {
    this.sum = 0n;
    for (let level = 0; level < LEVELS; level += 1) {
      const nodes = nodesAt(this.leaves, level);
      const node = nodes % 2 === 1 ? this.complete(level, nodes - 1) : EMPTY_NODE;
      this.edgeAt(level).set(node);
      this.sum += nodeSum(node);
    }
  }

  /**
   * The nodes on the right of a tree of the first `count` leaves that have some of their leaves and not all, by level, and
   * its root.
   */
  private rightEdge(count: number): { partial: readonly (Uint8Array | undefined)[]; root: Uint8Array } {
    this.requireOpen();
    if (count === 0) throw emptyTree();
    requireIndex(count - 1, this.leaves);
    const depth = sumTreeDepth(count);
    const partial: (Uint8Array | undefined)[] = [undefined];
    for (let level = 0; level < depth; level += 1) {
      const nodes = nodesAt(count, level);
      const right = partial[level];
      let parent: Uint8Array | undefined;
      if (nodes % 2 === 1) {
        parent = new Uint8Array(NODE);
        const last = count === this.leaves ? this.edgeAt(level) : this.complete(level, nodes - 1);
        writeParent(parent, 0, last, right ?? EMPTY_NODE);
      } else if (right !== undefined) {
        parent = new Uint8Array(NODE);
        writeParent(parent, 0, right, EMPTY_NODE);
      }
      partial.push(parent);
    }
    return { partial, root: partial[depth] ?? this.complete(depth, 0) };
  }

  /** Node of the tree of the first `count` leaves. */
  private nodeAt(
    level: number,
    index: number,
    count: number,
    partial: readonly (Uint8Array | undefined)[],
  ): Uint8Array {
    const nodes = nodesAt(count, level);
    if (index < nodes) return this.complete(level, index);
    return (index === nodes ? partial[level] : undefined) ?? EMPTY_NODE;
  }

  /** A node of which all leaves are there. */
  private complete(level: number, index: number): Uint8Array {
    const node = this.level(level).read(index);
    if (node === undefined) throw this.corrupt();
    return node;
  }

  private guarded<T>(action: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      try {
        this.requireOpen();
        resolve(action());
      } catch (cause) {
        reject(this.unusable(cause));
      }
    });
  }

  private requireOpen(): void {
    if (this.closed) throw new AssayError({ code: "TREE_CLOSED", message: `The tree in ${this.folder} is closed.` });
  }

  private corrupt(): AssayError {
    return new AssayError({
      code: "TREE_CORRUPT",
      message: `The tree in ${this.folder} does not hold together.`,
      hint: "Check the disk; truncate the tree to 0 and append its leaves again.",
    });
  }

  private unusable(cause: unknown): AssayError {
    if (AssayError.is(cause)) return cause;
    return new AssayError({
      code: "TREE_UNUSABLE",
      message: `The tree in ${this.folder} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}.`,
      hint: "Check that its folder can be read and written and that the disk has free space.",
      cause,
    });
  }
}

const nodesAt = (count: number, level: number): number => Math.floor(count / 2 ** level);

const sameNode = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** What the last `close` said; from now on the files may be anything, so it is taken away before they change. */
async function takeSeal(folder: string): Promise<z.infer<typeof sealSchema> | undefined> {
  const file = join(folder, SEAL);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  await rm(file);
  await syncFolder(folder);
  try {
    return sealSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function putSeal(folder: string, seal: z.infer<typeof sealSchema>): Promise<void> {
  const draft = join(folder, `${SEAL}.new`);
  const handle = await open(draft, "w", 0o600);
  try {
    await handle.writeFile(JSON.stringify(seal));
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(draft, join(folder, SEAL));
}
