import { expect } from "chai";

import {
  bytes32,
  emptyRegistryFixture,
  ethers,
  networkHelpers,
  VERSION,
  ZeroAddress,
} from "../../helpers/deployPartial.js";

describe("ModelRegistry", () => {
  describe("registerModel", () => {
    it("mints the model to the caller with its first version", async () => {
      const { registry, owner, payout } = await networkHelpers.loadFixture(emptyRegistryFixture);
      const register = registry
        .connect(owner)
        .registerModel(payout.address, 500, "ipfs://model", VERSION, "ipfs://policy");
      await expect(register)
        .to.emit(registry, "ModelRegistered")
        .withArgs(1n, owner.address, payout.address, 500n, "ipfs://model")
        .and.to.emit(registry, "VersionPublished")
        .withArgs(1n, 1n, Object.values(VERSION), "ipfs://policy")
        .and.to.emit(registry, "Transfer")
        .withArgs(ZeroAddress, owner.address, 1n);
      expect(await registry.ownerOf(1)).to.equal(owner.address);
      expect(await registry.tokenURI(1)).to.equal("ipfs://model");
      expect(await registry.payoutOf(1)).to.equal(payout.address);
      expect(await registry.royaltyOf(1)).to.equal(500n);
      expect(await registry.latestVersion(1)).to.equal(1n);
      expect(await registry.versionOf(1, 1)).to.deep.equal(Object.values(VERSION));
    });

    it("counts ids up from 1", async () => {
      const { registry, owner, stranger } = await networkHelpers.loadFixture(emptyRegistryFixture);
      for (const [index, caller] of [owner, stranger, owner].entries()) {
        const model = [caller.address, 0, "", VERSION, ""] as const;
        expect(await registry.connect(caller).registerModel.staticCall(...model)).to.equal(BigInt(index + 1));
        await registry.connect(caller).registerModel(...model);
      }
      expect(await registry.modelCount()).to.equal(3n);
      expect(await registry.ownerOf(2)).to.equal(stranger.address);
      expect(await registry.balanceOf(owner.address)).to.equal(2n);
    });

    it("calls nobody: a contract that knows no tokens can own a model", async () => {
      const { registry, staking } = await networkHelpers.loadFixture(emptyRegistryFixture);
      const contract = await ethers.getImpersonatedSigner(await staking.getAddress());
      await networkHelpers.setBalance(contract.address, 10n ** 18n);
      await registry.connect(contract).registerModel(contract.address, 0, "", VERSION, "");
      expect(await registry.ownerOf(1)).to.equal(contract.address);
    });

    it("reverts for a zero payout", async () => {
      const { registry, owner } = await networkHelpers.loadFixture(emptyRegistryFixture);
      await expect(
        registry.connect(owner).registerModel(ZeroAddress, 500, "", VERSION, ""),
      ).to.be.revertedWithCustomError(registry, "ModelRegistry_ZeroAddress");
    });

    it("reverts above the highest royalty, and takes the highest", async () => {
      const { registry, owner, payout } = await networkHelpers.loadFixture(emptyRegistryFixture);
      await expect(registry.connect(owner).registerModel(payout.address, 2_001, "", VERSION, ""))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_RoyaltyTooHigh")
        .withArgs(2_001n, 2_000n);
      await registry.connect(owner).registerModel(payout.address, 2_000, "", VERSION, "");
      expect(await registry.royaltyOf(1)).to.equal(2_000n);
    });

    it("reverts for a version that breaks a rule", async () => {
      const { registry, owner, payout } = await networkHelpers.loadFixture(emptyRegistryFixture);
      await expect(registry.connect(owner).registerModel(payout.address, 0, "", { ...VERSION, samplePoints: 0n }, ""))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_InvalidVersion")
        .withArgs(bytes32("samplePoints"), 0n, 1n);
    });
  });
});
