/** Nodes of a Merkle-sum tree as they are hashed and stored: 32 bytes of hash, then 12 bytes of sum. */
import { AssayError } from "../errors.js";
import { keccak } from "./keccak.js";
import { hexBytes, readUint, requireUint, toHex, writeUint } from "./words.js";

export const HASH = 32;
export const SUM = 12;
/** Bytes of a node. */
export const NODE = HASH + SUM;
export const MAX_SUM = 2n ** 96n - 1n;
export const MAX_LEAVES = 2 ** 32 - 1;
/** An empty subtree of any height. */
export const EMPTY_NODE = new Uint8Array(NODE);

const leafMessage = new Uint8Array(1 + NODE);
const nodeMessage = Uint8Array.of(1, ...new Uint8Array(2 * NODE));
const sumBytes = new Uint8Array(SUM);
const leafView = new DataView(leafMessage.buffer);
const nodeView = new DataView(nodeMessage.buffer);
const sumView = new DataView(sumBytes.buffer);

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Hash of the node that begins at `offset`. */
export function nodeHash(nodes: Uint8Array, offset = 0): string {
  return toHex(nodes.subarray(offset, offset + HASH));
}

/** Sum of the node that begins at `offset`. */
export function nodeSum(nodes: Uint8Array, offset = 0): bigint {
  return readUint(viewOf(nodes), offset + HASH, SUM);
}

/** A node of parts that come from outside. */
export function makeNode(hash: Uint8Array, sum: bigint): Uint8Array {
  const node = new Uint8Array(NODE);
  node.set(hash);
  writeUint(viewOf(node), NODE, SUM, sum);
  return node;
}

function requireHash(content: Uint8Array): Uint8Array {
  if (content.length === HASH) return content;
  throw new AssayError({ code: "INVALID_HASH", message: `The content of a leaf has ${content.length} bytes, not 32.` });
}

/**
 * Writes the node of a leaf at `offset`.
 *
 * @throws AssayError `INVALID_HASH` or `INVALID_HEX` unless the content has 32 bytes; `VALUE_OUT_OF_RANGE`
 */
export function writeLeaf(target: Uint8Array, offset: number, content: string | Uint8Array, sum: bigint): void {
  leafMessage.set(typeof content === "string" ? hexBytes(content, HASH, "content") : requireHash(content), 1);
  writeUint(leafView, 1 + NODE, SUM, requireUint(sum, 96, "sum"));
  target.set(keccak(leafMessage), offset);
  target.set(leafMessage.subarray(1 + HASH), offset + HASH);
}

/**
 * Writes the parent of two nodes at `offset`; the target may be one of them. The sums are added in three limbs, because a bigint
 * a node would double the time of a large tree.
 *
 * @throws AssayError `SUM_OVERFLOW` before anything is written
 */
export function writeParent(target: Uint8Array, offset: number, left: Uint8Array, right: Uint8Array): void {
  nodeMessage.set(left, 1);
  nodeMessage.set(right, 1 + NODE);
  let carry = 0;
  for (let at = SUM - 4; at >= 0; at -= 4) {
    const limb = nodeView.getUint32(1 + HASH + at) + nodeView.getUint32(1 + NODE + HASH + at) + carry;
    sumView.setUint32(at, limb);
    carry = limb > 0xffffffff ? 1 : 0;
  }
  if (carry > 0) throw sumOverflow();
  target.set(keccak(nodeMessage), offset);
  target.set(sumBytes, offset + HASH);
}

/** Throws unless a tree of `count` leaves has a leaf `index`. */
export function requireIndex(index: number, count: number): void {
  if (Number.isInteger(index) && index >= 0 && index < count) return;
  throw new AssayError({
    code: "LEAF_INDEX_OUT_OF_RANGE",
    message: `There is no leaf ${index} in a tree of ${count} leaves.`,
  });
}

/** Throws unless `point` lies in a tree of this total. */
export function requirePoint(point: bigint, total: bigint): void {
  if (point >= 0n && point < total) return;
  throw new AssayError({
    code: "POINT_OUT_OF_RANGE",
    message: `Point ${point.toString()} is outside a tree of total ${total.toString()}.`,
  });
}

export function sumOverflow(): AssayError {
  return new AssayError({ code: "SUM_OVERFLOW", message: "The sums of the tree do not fit 96 bits." });
}

export function emptyTree(): AssayError {
  return new AssayError({ code: "EMPTY_TREE", message: "A tree needs at least one leaf." });
}

export function treeTooLarge(): AssayError {
  return new AssayError({ code: "TREE_TOO_LARGE", message: "A tree has 2³² - 1 leaves." });
}
