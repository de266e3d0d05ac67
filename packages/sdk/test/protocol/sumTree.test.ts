import { expect } from "chai";
import { concat, getBytes, keccak256, toBeHex, ZeroHash } from "ethers";

import { readVectors } from "../../../../test/helpers/vectors.js";
import {
  keccakHex,
  loadFastKeccak,
  processSumProof,
  SumTree,
  sumTreeDepth,
  verifySumProof,
  type SumLeaf,
} from "../../src/index.js";
import { expectAssayError } from "./expectAssayError.js";
import { Random } from "./fixtures.js";

const MAX_SUM = 2n ** 96n - 1n;

interface Node {
  readonly hash: string;
  readonly sum: bigint;
}

const EMPTY: Node = { hash: ZeroHash, sum: 0n };
const hex12 = (sum: bigint): string => toBeHex(sum, 12);

/** The tree as the design page words it, level by level over all 2^depth places. */
function naiveRoot(leaves: readonly (SumLeaf & { content: string })[]): Node {
  let level: Node[] = leaves.map(({ content, sum }) => ({
    hash: keccak256(concat(["0x00", content, hex12(sum)])),
    sum,
  }));
  while (Math.log2(level.length) % 1 !== 0) level.push(EMPTY);
  while (level.length > 1) {
    const pairs = Array.from({ length: level.length / 2 }, (_, i) => [level[2 * i]!, level[2 * i + 1]!] as const);
    level = pairs.map(([left, right]) => {
      if (left.hash === ZeroHash && right.hash === ZeroHash) return EMPTY;
      const message = concat(["0x01", left.hash, hex12(left.sum), right.hash, hex12(right.sum)]);
      return { hash: keccak256(message), sum: left.sum + right.sum };
    });
  }
  return level[0]!;
}

function randomLeaves(random: Random, count: number): (SumLeaf & { content: string })[] {
  return Array.from({ length: count }, () => ({
    content: random.bytes(32),
    sum: random.below(4n) === 0n ? 0n : random.uint(80),
  }));
}

describe("sumTree", () => {
  const { trees } = readVectors("sumTree");
  const leavesOf = (name: string, sums: readonly bigint[]): SumLeaf[] =>
    sums.map((sum, index) => ({ content: keccakHex(`${name}/${index}`), sum }));

  for (const { name, sums, root, total, proofs } of trees) {
    it(`matches the shared vectors: ${name}`, () => {
      const tree = SumTree.build(leavesOf(name, sums));
      expect([tree.root, tree.total, tree.count]).to.deep.equal([root, total, sums.length]);
      for (const { index, content, sum, offset, siblingHashes, siblingSums } of proofs) {
        expect(tree.proof(index)).to.deep.equal({ siblingHashes, siblingSums });
        expect([tree.sumAt(index), tree.offsetOf(index)]).to.deep.equal([sum, offset]);
        const proven = processSumProof({ count: sums.length, index, content, sum, siblingHashes, siblingSums });
        expect(proven).to.deep.equal({ root, total, offset });
      }
    });
  }

  it("equals a naive tree for every small size, and proves each of its leaves", () => {
    const random = new Random(7n);
    for (let count = 1; count <= 70; count += 1) {
      const leaves = randomLeaves(random, count);
      const tree = SumTree.build(leaves);
      const naive = naiveRoot(leaves);
      expect([tree.root, tree.total]).to.deep.equal([naive.hash, naive.sum]);

      let offset = 0n;
      for (const [index, leaf] of leaves.entries()) {
        const proof = tree.proof(index);
        expect(proof.siblingHashes.length).to.equal(sumTreeDepth(count));
        const proven = processSumProof({ count, index, ...leaf, ...proof });
        expect(proven).to.deep.equal({ root: tree.root, total: tree.total, offset });
        if (leaf.sum > 0n) {
          expect(tree.findLeafAt(offset)).to.equal(index);
          expect(tree.findLeafAt(offset + leaf.sum - 1n)).to.equal(index);
        }
        offset += leaf.sum;
      }
    }
  });

  it("refuses any change to a proof", () => {
    const random = new Random(8n);
    for (let round = 0; round < 40; round += 1) {
      const count = 2 + Number(random.below(40n));
      const leaves = randomLeaves(random, count);
      const tree = SumTree.build(leaves);
      const index = Number(random.below(BigInt(count)));
      const good = { count, index, ...leaves[index]!, ...tree.proof(index) };
      expect(verifySumProof(tree, good)).to.equal(true);

      const level = Number(random.below(BigInt(sumTreeDepth(count))));
      const sums = good.siblingSums;
      const other = Number(random.below(BigInt(count - 1)));
      const bad = [
        { ...good, index: other >= index ? other + 1 : other },
        { ...good, index: index + 2 ** sumTreeDepth(count) },
        { ...good, content: random.bytes(32) },
        { ...good, sum: good.sum + 1n },
        { ...good, siblingHashes: good.siblingHashes.with(level, random.bytes(32)) },
        { ...good, siblingSums: sums.with(level, sums[level]! + 1n) },
        { ...good, siblingHashes: good.siblingHashes.slice(1), siblingSums: sums.slice(1) },
        { ...good, count: 2 * count },
        { ...good, sum: good.sum + 1n, siblingSums: sums[level]! > 0n ? sums.with(level, sums[level]! - 1n) : sums },
      ];
      for (const [change, proof] of bad.entries()) {
        expect(verifySumProof(tree, proof), `change ${change} of round ${round}`).to.equal(false);
      }
      expect(verifySumProof({ root: tree.root, total: tree.total + 1n }, good)).to.equal(false);
    }
  });

  it("takes no inner node for a leaf", () => {
    const leaves = randomLeaves(new Random(9n), 4);
    const tree = SumTree.build(leaves);
    const { siblingHashes, siblingSums } = tree.proof(0);
    const left = naiveRoot(leaves.slice(0, 2));
    const forged = {
      content: left.hash,
      sum: left.sum,
      siblingHashes: [siblingHashes[1]!],
      siblingSums: [siblingSums[1]!],
    };
    expect(verifySumProof(tree, { count: 2, index: 0, ...forged })).to.equal(false);
  });

  it("says what is wrong with a proof", () => {
    const leaves = randomLeaves(new Random(10n), 5);
    const tree = SumTree.build(leaves);
    const last = { count: 5, index: 4, ...leaves[4]!, ...tree.proof(4) };
    const sums = last.siblingSums;
    expectAssayError(() => processSumProof({ ...last, index: 5 }), "LEAF_INDEX_OUT_OF_RANGE", "leaf 5");
    expectAssayError(() => processSumProof({ ...last, index: 1.5 }), "LEAF_INDEX_OUT_OF_RANGE");
    expectAssayError(() => processSumProof({ ...last, siblingSums: sums.slice(1) }), "PROOF_LENGTH", "2 siblings");
    expectAssayError(
      () => processSumProof({ ...last, siblingSums: sums.with(0, 1n) }),
      "EMPTY_SIBLING_WITH_SUM",
      "level 0",
    );
    expectAssayError(() => processSumProof({ ...last, siblingSums: sums.with(2, MAX_SUM) }), "SUM_OVERFLOW");
    expectAssayError(() => processSumProof({ ...last, siblingSums: sums.with(2, MAX_SUM + 1n) }), "VALUE_OUT_OF_RANGE");
    expectAssayError(() => processSumProof({ ...last, content: "0x12" }), "INVALID_HEX", "content");
    expect(() => verifySumProof(tree, undefined as never)).to.throw(TypeError);
  });

  it("says what is wrong with leaves and questions", () => {
    const content = keccakHex("leaf");
    expectAssayError(() => SumTree.build([]), "EMPTY_TREE");
    expectAssayError(() => SumTree.build([{ content, sum: -1n }]), "VALUE_OUT_OF_RANGE", "sum");
    expectAssayError(() => SumTree.build([{ content: new Uint8Array(31), sum: 1n }]), "INVALID_HASH", "31 bytes");
    expectAssayError(
      () =>
        SumTree.build([
          { content, sum: 1n },
          { content, sum: 1n },
          { content, sum: MAX_SUM - 1n },
        ]),
      "SUM_OVERFLOW",
    );
    const tree = SumTree.build([{ content, sum: 3n }]);
    expectAssayError(() => tree.proof(1), "LEAF_INDEX_OUT_OF_RANGE");
    expectAssayError(() => tree.findLeafAt(3n), "POINT_OUT_OF_RANGE", "Point 3");
    expectAssayError(() => tree.findLeafAt(-1n), "POINT_OUT_OF_RANGE");
  });

  it("adds sums across all their limbs", () => {
    const content = keccakHex("leaf");
    for (const [left, right] of [
      [2n ** 32n - 1n, 1n],
      [2n ** 64n - 1n, 2n ** 64n - 1n],
      [2n ** 95n, 2n ** 95n - 1n],
    ] as const) {
      expect(
        SumTree.build([
          { content, sum: left },
          { content, sum: right },
        ]).total,
      ).to.equal(left + right);
    }
  });

  it("builds the same tree with the fast hash, from bytes as from hex", async () => {
    const leaves = randomLeaves(new Random(11n), 1_000);
    const slow = SumTree.build(leaves);
    expect(await loadFastKeccak()).to.equal(true);
    const fast = SumTree.build(leaves.map(({ content, sum }) => ({ content: getBytes(content), sum })));
    expect([fast.root, fast.total]).to.deep.equal([slow.root, slow.total]);
    expect(fast.proof(999)).to.deep.equal(slow.proof(999));
    expect(keccakHex("")).to.equal(keccak256("0x"));
  });
});
