import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { getBytes, hexlify } from "ethers";

import { DiskSumTree, loadFastKeccak, SumTree, sumTreeDepth, verifySumProof } from "../../src/node/index.js";
import { expectRejection } from "../helpers/expectAssayError.js";
import { expectAssayError } from "../protocol/expectAssayError.js";
import { Random } from "../protocol/fixtures.js";

interface Leaf {
  readonly content: Uint8Array;
  readonly sum: bigint;
}

/** Leaves that all tests share: a quarter of them without a fee. */
function makeLeaves(count: number, seed = 1n): Leaf[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => ({
    content: getBytes(random.bytes(32)),
    sum: random.below(4n) === 0n ? 0n : random.uint(70),
  }));
}

describe("DiskSumTree", () => {
  const leaves = makeLeaves(20_000);
  const others = makeLeaves(5_000, 2n);
  let folder: string;
  const opened: DiskSumTree[] = [];

  before(async () => {
    await loadFastKeccak();
  });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "assay-tree-"));
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((tree) => tree.close().catch(() => undefined)));
    await rm(folder, { recursive: true, force: true });
  });

  async function openTree(): Promise<DiskSumTree> {
    const tree = await DiskSumTree.open({ folder });
    opened.push(tree);
    return tree;
  }

  function fill(tree: DiskSumTree, from: readonly Leaf[]): void {
    for (const { content, sum } of from) tree.append(content, sum);
  }

  function expectSame(tree: DiskSumTree, expected: readonly Leaf[]): SumTree {
    const memory = SumTree.build(expected);
    expect([tree.count, tree.root(), tree.total]).to.deep.equal([memory.count, memory.root, memory.total]);
    return memory;
  }

  async function expectProofs(tree: DiskSumTree, memory: SumTree, indices: Iterable<number>): Promise<void> {
    for (const index of indices) {
      expect(await tree.proof(index, memory.count)).to.deep.equal(memory.proof(index));
      expect(await tree.sumAt(index)).to.equal(memory.sumAt(index));
    }
  }

  const spread = (count: number, random: Random): Set<number> =>
    new Set([0, count - 1, count >> 1, ...Array.from({ length: 3 }, () => Number(random.below(BigInt(count))))]);

  describe("append", () => {
    it("gives the root and the proofs of SumTree for every count from 1 to 600", async () => {
      const random = new Random(3n);
      const tree = await openTree();
      for (let count = 1; count <= 600; count += 1) {
        fill(tree, leaves.slice(count - 1, count));
        const memory = expectSame(tree, leaves.slice(0, count));
        await expectProofs(
          tree,
          memory,
          count <= 40 ? Array.from({ length: count }, (_, i) => i) : spread(count, random),
        );
      }
    });

    it("does so around powers of two, in memory and on disk", async () => {
      const random = new Random(4n);
      const tree = await openTree();
      for (const power of [1024, 2048, 4096, 8192, 16384]) {
        for (const count of [power - 1, power, power + 1]) {
          fill(tree, leaves.slice(tree.count, count));
          const memory = expectSame(tree, leaves.slice(0, count));
          await expectProofs(tree, memory, spread(count, random));
          await tree.flush();
          await expectProofs(tree, memory, spread(count, random));
        }
      }
    });

    it("gives proofs that the verifier takes", async () => {
      const tree = await openTree();
      fill(tree, leaves.slice(0, 777));
      for (let index = 0; index < 777; index += 37) {
        const proof = await tree.proof(index);
        const leaf = { content: hexlify(leaves[index]!.content), sum: leaves[index]!.sum };
        expect(
          verifySumProof({ root: tree.root(), total: tree.total }, { count: 777, index, ...leaf, ...proof }),
        ).to.equal(true);
      }
    });

    it("keeps all levels on disk, 88 bytes a leaf", async () => {
      const tree = await openTree();
      fill(tree, leaves);
      await tree.flush();
      const sizes = await Promise.all(
        Array.from(
          { length: sumTreeDepth(leaves.length) },
          async (_, level) => (await stat(join(folder, `level-${level}`))).size,
        ),
      );
      expect(sizes).to.deep.equal(sizes.map((_, level) => 44 * Math.floor(leaves.length / 2 ** level)));
    });

    it("refuses what does not fit and changes nothing", async () => {
      const tree = await openTree();
      const content = leaves[0]!.content;
      tree.append(content, 2n ** 96n - 2n);
      const root = tree.root();
      expectAssayError(() => {
        tree.append(content, 2n);
      }, "SUM_OVERFLOW");
      expectAssayError(() => {
        tree.append(content, -1n);
      }, "VALUE_OUT_OF_RANGE");
      expectAssayError(() => {
        tree.append(content, 2n ** 96n);
      }, "VALUE_OUT_OF_RANGE");
      expectAssayError(() => {
        tree.append(content.subarray(1), 1n);
      }, "INVALID_HASH");
      expect([tree.root(), tree.count, tree.total]).to.deep.equal([root, 1, 2n ** 96n - 2n]);
      tree.append(content, 1n);
      expectSame(tree, [
        { content, sum: 2n ** 96n - 2n },
        { content, sum: 1n },
      ]);
    });

    it("says when the disk refuses, keeps its leaves, and goes on when it is well again", async () => {
      const tree = await openTree();
      await rm(folder, { recursive: true });
      fill(tree, leaves.slice(0, 4096));
      const error = await expectRejection(tree.flush(), "TREE_UNUSABLE");
      expect(error.message).to.include("ENOENT");
      expectAssayError(() => {
        fill(tree, leaves.slice(4096, 4097));
      }, "TREE_UNUSABLE");
      expect(tree.count).to.equal(4096);
      await mkdir(folder);
      fill(tree, leaves.slice(4096, 5000));
      await expectProofs(tree, expectSame(tree, leaves.slice(0, 5000)), [0, 4095, 4096, 4999]);
    });
  });

  describe("root, proof, sumAt, findLeafAt", () => {
    it("answer for the first leaves alone, too", async () => {
      const random = new Random(5n);
      const tree = await openTree();
      fill(tree, leaves.slice(0, 9000));
      for (const count of [1, 2, 3, 600, 4095, 4096, 4097, 8191, 8192, 8999, 9000]) {
        const memory = SumTree.build(leaves.slice(0, count));
        expect(tree.root(count)).to.equal(memory.root);
        for (const index of spread(count, random)) {
          expect(await tree.proof(index, count)).to.deep.equal(memory.proof(index));
        }
        for (let i = 0; i < 10 && memory.total > 0n; i += 1) {
          const point = random.below(memory.total);
          expect(await tree.findLeafAt(point, count)).to.equal(memory.findLeafAt(point));
        }
      }
    });

    it("find the leaf at every point of a small tree", async () => {
      const tree = await openTree();
      const small = [3n, 0n, 1n, 0n, 0n, 5n, 2n].map((sum, index) => ({ content: leaves[index]!.content, sum }));
      fill(tree, small);
      const memory = SumTree.build(small);
      for (let point = 0n; point < memory.total; point += 1n) {
        expect(await tree.findLeafAt(point)).to.equal(memory.findLeafAt(point));
      }
      for (const point of [-1n, memory.total]) await expectRejection(tree.findLeafAt(point), "POINT_OUT_OF_RANGE");
    });

    it("refuse what is not there", async () => {
      const tree = await openTree();
      expect([tree.count, tree.total]).to.deep.equal([0, 0n]);
      expectAssayError(() => tree.root(), "EMPTY_TREE");
      await expectRejection(tree.proof(0), "LEAF_INDEX_OUT_OF_RANGE");
      await expectRejection(tree.findLeafAt(0n), "EMPTY_TREE");
      fill(tree, leaves.slice(0, 3));
      for (const index of [-1, 3, 0.5]) {
        await expectRejection(tree.proof(index), "LEAF_INDEX_OUT_OF_RANGE");
        await expectRejection(tree.sumAt(index), "LEAF_INDEX_OUT_OF_RANGE");
      }
      await expectRejection(tree.proof(1, 1), "LEAF_INDEX_OUT_OF_RANGE");
      await expectRejection(tree.proof(1, 4), "LEAF_INDEX_OUT_OF_RANGE");
      expectAssayError(() => tree.root(4), "LEAF_INDEX_OUT_OF_RANGE");
    });

    it("give no proof from a node that changed on the disk", async () => {
      const tree = await openTree();
      fill(tree, leaves.slice(0, 1000));
      await tree.flush();
      const file = join(folder, "level-3");
      const bytes = await readFile(file);
      bytes[5 * 44 + 40]! ^= 1;
      await writeFile(file, bytes);
      await expectRejection(tree.proof(4 * 8), "TREE_CORRUPT");
      await tree.truncate(0);
      fill(tree, leaves.slice(0, 1000));
      await expectProofs(tree, expectSame(tree, leaves.slice(0, 1000)), [32]);
    });
  });

  describe("truncate", () => {
    it("leaves the tree of the first leaves, to which others can be appended", async () => {
      const tree = await openTree();
      for (const [from, to] of [
        [9000, 8191],
        [8191, 8190],
        [8190, 4097],
        [4097, 4096],
        [4096, 4095],
        [4095, 3],
        [3, 1],
      ] as const) {
        fill(tree, leaves.slice(tree.count, from));
        if (from % 2 === 0) await tree.flush();
        await tree.truncate(to);
        await expectProofs(tree, expectSame(tree, leaves.slice(0, to)), [0, to - 1]);
        fill(tree, others.slice(0, 20));
        expectSame(tree, [...leaves.slice(0, to), ...others.slice(0, 20)]);
        await tree.truncate(to);
      }
      await tree.truncate(0);
      expect([tree.count, tree.total]).to.deep.equal([0, 0n]);
      fill(tree, others);
      expectSame(tree, others);
    });

    it("equals a new tree after any order of appends, truncations and reopenings", async () => {
      const random = new Random(6n);
      let tree = await openTree();
      let expected: Leaf[] = [];
      for (let step = 0; step < 150; step += 1) {
        const added = others.slice(0, Number(random.uint(9)));
        fill(tree, added);
        expected = [...expected, ...added];
        const kept = Number(random.below(BigInt(expected.length + 1)));
        const choice = random.below(4n);
        if (choice === 0n) {
          await tree.truncate(kept);
          expected = expected.slice(0, kept);
        } else if (choice === 1n) {
          await tree.close();
          tree = await openTree();
        } else if (choice === 2n) {
          await tree.flush();
          tree = await openTree();
        }
        if (expected.length > 0)
          await expectProofs(tree, expectSame(tree, expected), [Math.min(kept, expected.length - 1)]);
      }
    });

    it("closes a tree of which a level lost its nodes, which then opens with the leaves that are whole", async () => {
      const tree = await openTree();
      fill(tree, leaves.slice(0, 1000));
      await tree.flush();
      await truncate(join(folder, "level-3"), 0);
      await expectRejection(tree.truncate(600), "TREE_CORRUPT");
      await expectRejection(tree.proof(0), "TREE_CLOSED");
      const again = await openTree();
      await expectProofs(again, expectSame(again, leaves.slice(0, 600)), [0, 599]);
    });

    it("refuses more leaves than there are", async () => {
      const tree = await openTree();
      fill(tree, leaves.slice(0, 5));
      await tree.truncate(5);
      for (const count of [6, -1, 0.5]) await expectRejection(tree.truncate(count), "LEAF_INDEX_OUT_OF_RANGE");
      expectSame(tree, leaves.slice(0, 5));
    });
  });

  describe("open", () => {
    it("goes on where a closed tree ended", async () => {
      for (const count of [0, 1, 2, 3, 7, 8, 9, 4095, 4096, 4097, 9000]) {
        const tree = await openTree();
        fill(tree, leaves.slice(tree.count, count));
        await tree.close();
        expectAssayError(() => {
          fill(tree, leaves.slice(0, 1));
        }, "TREE_CLOSED");
        await expectRejection(tree.proof(0), "TREE_CLOSED");
        const again = await openTree();
        expect(again.count).to.equal(count);
        if (count > 0) await expectProofs(again, expectSame(again, leaves.slice(0, count)), [0, count - 1]);
        await again.close();
      }
    });

    it("has what was flushed when the process died", async () => {
      const first = await openTree();
      fill(first, leaves.slice(0, 6000));
      await first.flush();
      fill(first, leaves.slice(6000, 6100));
      const tree = await openTree();
      expectSame(tree, leaves.slice(0, 6000));
      fill(tree, others);
      expectSame(tree, [...leaves.slice(0, 6000), ...others]);
    });

    it("rebuilds levels that are torn, lost, too long or full of something else", async () => {
      const tree = await openTree();
      fill(tree, leaves.slice(0, 3000));
      await tree.close();
      const names = (await readdir(folder)).filter((name) => name.startsWith("level-") && name !== "level-0");
      expect(names).to.have.length(11);
      const seal = await readFile(join(folder, "closed.json"));
      for (const [at, name] of names.entries()) {
        const file = join(folder, name);
        const bytes = await readFile(file);
        const damage: Uint8Array[] = [
          bytes.subarray(0, bytes.length - 1),
          Buffer.concat([bytes, bytes]),
          Buffer.alloc(bytes.length),
        ];
        await writeFile(file, damage[at % 3]!);
        if (at % 4 === 0) await rm(file);
        // Zeros of the right length are only seen where no close promised that they are none.
        if (at % 3 === 2) await rm(join(folder, "closed.json"));
        const again = await openTree();
        await expectProofs(again, expectSame(again, leaves.slice(0, 3000)), [0, 1500, 2999]);
        await again.close();
        expect(await readFile(file)).to.deep.equal(bytes);
        expect(await readFile(join(folder, "closed.json"))).to.deep.equal(seal);
      }
    });

    it("keeps the leaves before the first one that is torn or never arrived", async () => {
      const file = join(folder, "level-0");
      const build = async (): Promise<Buffer> => {
        const tree = await openTree();
        await tree.truncate(0);
        fill(tree, leaves.slice(0, 5000));
        await tree.close();
        return readFile(file);
      };

      await build();
      await truncate(file, 44 * 4200 + 43);
      expectSame(await openTree(), leaves.slice(0, 4200));

      const bytes = await build();
      bytes.fill(0, 44 * 1000, 44 * 4096);
      await writeFile(file, bytes);
      await rm(join(folder, "closed.json"));
      const tree = await openTree();
      expectSame(tree, leaves.slice(0, 1000));
      fill(tree, leaves.slice(1000, 1010));
      await expectProofs(tree, expectSame(tree, leaves.slice(0, 1010)), [999, 1000, 1009]);

      await build();
      await rm(file);
      expect((await openTree()).count).to.equal(0);
    });

    it("does not trust a seal that cannot be read or that says something else", async () => {
      const seals = [
        "",
        "{",
        '{"version":2}',
        `{"version":1,"count":100,"root":"0x${"00".repeat(32)}"}`,
        '{"version":1,"count":-1,"root":""}',
      ];
      for (const seal of seals) {
        const tree = await openTree();
        fill(tree, leaves.slice(tree.count, 100));
        await tree.close();
        await writeFile(join(folder, "closed.json"), seal);
        const again = await openTree();
        expectSame(again, leaves.slice(0, 100));
        await again.close();
      }
    });

    it("says what is wrong with a folder that cannot be used", async () => {
      await writeFile(join(folder, "file"), "");
      await expectRejection(DiskSumTree.open({ folder: join(folder, "file") }), "TREE_UNUSABLE");
      await mkdir(join(folder, "level-2"));
      await expectRejection(DiskSumTree.open({ folder }), "TREE_UNUSABLE");
    });
  });
});
