import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { expect } from "chai";
import { parseEther } from "ethers";

import { ethers, networkHelpers } from "../../helpers/deployPartial.js";

const LEAF = ["address", "uint256"];

async function fixture() {
  const [owner, alice, bob, stranger] = await ethers.getSigners();
  const asset = await ethers.deployContract("TestAsset");
  const distributor = await ethers.deployContract("MerkleDistributor", [await asset.getAddress(), owner!.address]);
  await asset.mint(await distributor.getAddress(), 1_000n);
  const list = (alices: bigint, bobs: bigint) =>
    StandardMerkleTree.of(
      [
        [alice!.address, alices],
        [bob!.address, bobs],
      ],
      LEAF,
    );
  return { owner: owner!, alice: alice!, bob: bob!, stranger: stranger!, asset, distributor, list };
}

describe("MerkleDistributor", () => {
  describe("claimFor", () => {
    it("pays what is listed, and from a later list the difference", async () => {
      const { distributor, asset, alice, bob, stranger, list } = await networkHelpers.loadFixture(fixture);
      const first = list(100n, 50n);
      await expect(distributor.setRoot(first.root, "ipfs://1"))
        .to.emit(distributor, "RootSet")
        .withArgs(first.root, "ipfs://1");
      await expect(distributor.connect(stranger).claimFor(alice.address, 100n, first.getProof([alice.address, 100n])))
        .to.emit(distributor, "Paid")
        .withArgs(alice.address, 100n);
      expect(await asset.balanceOf(alice.address)).to.equal(100n);

      const second = list(130n, 70n);
      await distributor.setRoot(second.root, "");
      await distributor.claimFor(alice.address, 130n, second.getProof([alice.address, 130n]));
      await distributor.claimFor(bob.address, 70n, second.getProof([bob.address, 70n]));
      expect(await asset.balanceOf(alice.address)).to.equal(130n);
      expect(await asset.balanceOf(bob.address)).to.equal(70n);
      expect(await distributor.paid(bob.address)).to.equal(70n);
    });

    it("reverts for a second claim, an old list, another's proof and another amount", async () => {
      const { distributor, alice, bob, list } = await networkHelpers.loadFixture(fixture);
      const first = list(100n, 50n);
      const proof = first.getProof([alice.address, 100n]);
      await distributor.setRoot(first.root, "");
      await distributor.claimFor(alice.address, 100n, proof);
      await expect(distributor.claimFor(alice.address, 100n, proof))
        .to.be.revertedWithCustomError(distributor, "MerkleDistributor_NothingOwed")
        .withArgs(alice.address, 100n, 100n);
      for (const [account, amount] of [
        [bob.address, 100n],
        [alice.address, 101n],
      ] as const) {
        await expect(distributor.claimFor(account, amount, proof))
          .to.be.revertedWithCustomError(distributor, "MerkleDistributor_NotListed")
          .withArgs(account, amount);
      }
      await distributor.setRoot(list(200n, 50n).root, "");
      await expect(distributor.claimFor(alice.address, 100n, proof))
        .to.be.revertedWithCustomError(distributor, "MerkleDistributor_NotListed")
        .withArgs(alice.address, 100n);
    });

    it("reverts without its proof", async () => {
      const { distributor, alice, list } = await networkHelpers.loadFixture(fixture);
      const tree = list(100n, 50n);
      await distributor.setRoot(tree.root, "");
      await expect(distributor.claimFor(alice.address, 100n, []))
        .to.be.revertedWithCustomError(distributor, "MerkleDistributor_NotListed")
        .withArgs(alice.address, 100n);
    });

    it("reverts when it holds less than it owes, and pays when it holds enough", async () => {
      const { distributor, asset, alice, list } = await networkHelpers.loadFixture(fixture);
      const tree = list(2_000n, 0n);
      const proof = tree.getProof([alice.address, 2_000n]);
      await distributor.setRoot(tree.root, "");
      await expect(distributor.claimFor(alice.address, 2_000n, proof)).to.be.revertedWithCustomError(
        asset,
        "ERC20InsufficientBalance",
      );
      await asset.mint(await distributor.getAddress(), parseEther("1"));
      await distributor.claimFor(alice.address, 2_000n, proof);
      expect(await asset.balanceOf(alice.address)).to.equal(2_000n);
    });
  });

  describe("setRoot", () => {
    it("reverts for anyone but the owner", async () => {
      const { distributor, stranger, list } = await networkHelpers.loadFixture(fixture);
      await expect(distributor.connect(stranger).setRoot(list(1n, 1n).root, ""))
        .to.be.revertedWithCustomError(distributor, "OwnableUnauthorizedAccount")
        .withArgs(stranger.address);
    });
  });
});
