import { expect } from "chai";
import { ZeroHash } from "ethers";
import { network } from "hardhat";

import type { LibraryHarness } from "../../../packages/sdk/src/typechain/mocks/LibraryHarness.js";
import { readVectors, type ProofVector } from "../../helpers/vectors.js";

const MAX_SUM = 2n ** 96n - 1n;

// What a tenfold proof may cost, so that opening a leaf stays far below its 15,000 gas.
const DEPTH_10_GAS = 6_000n;

describe("MerkleSumTree", () => {
  const { trees } = readVectors("sumTree");
  const five = trees.find(({ name }) => name === "count 5")!;
  let library: LibraryHarness;

  const process = (count: number, proof: ProofVector, changes: Partial<ProofVector> = {}) => {
    const { index, content, sum, siblingHashes, siblingSums } = { ...proof, ...changes };
    return library.process(count, index, content, sum, [...siblingHashes], [...siblingSums]);
  };

  before(async () => {
    const { ethers } = await network.create();
    library = await ethers.deployContract("LibraryHarness");
  });

  describe("depth", () => {
    it("is ⌈log₂ count⌉ up to the largest count", async () => {
      const depths = { 0: 0n, 1: 0n, 2: 1n, 3: 2n, 4: 2n, 5: 3n, 8: 3n, 9: 4n, 1024: 10n, 1025: 11n };
      for (const [count, depth] of Object.entries(depths)) expect(await library.depth(count)).to.equal(depth);
      expect(await library.depth(2n ** 255n)).to.equal(255n);
      expect(await library.depth(2n ** 256n - 1n)).to.equal(256n);
    });
  });

  describe("process", () => {
    for (const { name, sums, root, total, proofs } of trees) {
      it(`leads every proof to the root: ${name}`, async () => {
        for (const proof of proofs) {
          expect(await process(sums.length, proof)).to.deep.equal([root, total, proof.offset]);
        }
      });
    }

    it("reverts for an index outside the tree", async () => {
      const [proof] = five.proofs;
      await expect(process(5, proof!, { index: 5 }))
        .to.be.revertedWithCustomError(library, "MerkleSumTree_IndexOutOfRange")
        .withArgs(5n, 5n);
      await expect(process(0, proof!))
        .to.be.revertedWithCustomError(library, "MerkleSumTree_IndexOutOfRange")
        .withArgs(0n, 0n);
    });

    it("reverts for a proof of the wrong length", async () => {
      const [proof] = five.proofs;
      const { siblingHashes, siblingSums } = proof!;
      for (const changes of [
        { siblingHashes: siblingHashes.slice(1) },
        { siblingSums: siblingSums.slice(1) },
        { siblingHashes: siblingHashes.slice(1), siblingSums: siblingSums.slice(1) },
      ]) {
        await expect(process(5, proof!, changes))
          .to.be.revertedWithCustomError(library, "MerkleSumTree_ProofLength")
          .withArgs(2n, 3n);
      }
      await expect(process(5, proof!, { siblingHashes: [...siblingHashes, ZeroHash] }))
        .to.be.revertedWithCustomError(library, "MerkleSumTree_ProofLength")
        .withArgs(4n, 3n);
    });

    it("reverts when the sums do not fit 96 bits, at any level", async () => {
      const [proof] = five.proofs;
      const { siblingSums, sum } = proof!;
      for (const [level, below] of siblingSums.entries()) {
        const before = siblingSums.slice(0, level).reduce((left, right) => left + right, sum);
        expect(below).to.not.equal(MAX_SUM - before);
        const overflowing = siblingSums.with(level, MAX_SUM - before + 1n);
        await expect(process(5, proof!, { siblingSums: overflowing })).to.be.revertedWithCustomError(
          library,
          "MerkleSumTree_SumOverflow",
        );
      }
    });

    it("reverts for a sum beyond 96 bits in the calldata", async () => {
      const [proof] = five.proofs;
      const clean = library.interface.encodeFunctionData("process", [
        5,
        0,
        proof!.content,
        proof!.sum,
        [...proof!.siblingHashes],
        [...proof!.siblingSums],
      ]);
      // The last word is the last sibling's sum: give it the highest bit.
      const dirty = `${clean.slice(0, -64)}8${clean.slice(-63)}`;
      await expect(
        library.runner!.call!({ to: await library.getAddress(), data: dirty }),
      ).to.be.revertedWithCustomError(library, "MerkleSumTree_SumOverflow");
    });

    it("reverts for an empty sibling with a sum", async () => {
      const { siblingHashes, siblingSums } = five.proofs[4]!;
      expect(siblingHashes.slice(0, 2)).to.deep.equal([ZeroHash, ZeroHash]);
      for (const level of [0, 1]) {
        await expect(process(5, five.proofs[4]!, { siblingSums: siblingSums.with(level, 1n) }))
          .to.be.revertedWithCustomError(library, "MerkleSumTree_EmptySiblingWithSum")
          .withArgs(BigInt(level));
      }
    });

    it("stays far below the gas of an opened leaf at depth 10", async () => {
      const large = trees.find(({ name }) => name === "1000 leaves")!;
      for (const { index, content, sum, siblingHashes, siblingSums } of large.proofs) {
        const gas = await library.processGas(1000, index, content, sum, [...siblingHashes], [...siblingSums]);
        expect(gas < DEPTH_10_GAS, `${gas} gas for leaf ${index}`).to.equal(true);
      }
    });
  });
});
