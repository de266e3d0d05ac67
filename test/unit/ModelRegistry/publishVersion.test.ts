import { expect } from "chai";

import { bytes32, ethers, networkHelpers, registryFixture, usd, VERSION } from "../../helpers/deployPartial.js";

const WAD = 10n ** 18n;

describe("ModelRegistry", () => {
  describe("publishVersion", () => {
    const next = { policyId: ethers.id("next"), verifierFee: usd(1), detection: (6n * WAD) / 10n, samplePoints: 16n };

    it("adds a version and leaves the earlier ones as they are", async () => {
      const { registry, owner } = await networkHelpers.loadFixture(registryFixture);
      expect(await registry.connect(owner).publishVersion.staticCall(1, next, "ipfs://next")).to.equal(2n);
      await expect(registry.connect(owner).publishVersion(1, next, "ipfs://next"))
        .to.emit(registry, "VersionPublished")
        .withArgs(1n, 2n, Object.values(next), "ipfs://next");
      expect(await registry.latestVersion(1)).to.equal(2n);
      expect(await registry.versionOf(1, 1)).to.deep.equal(Object.values(VERSION));
      expect(await registry.versionOf(1, 2)).to.deep.equal(Object.values(next));
      expect(await registry.jobTerms(1, 1)).to.deep.equal([500n, VERSION.verifierFee, 8n, WAD]);
      expect(await registry.jobTerms(1, 2)).to.deep.equal([500n, usd(1), 16n, next.detection]);
    });

    const refused: [field: keyof typeof VERSION, value: bigint | string, actual: bigint, limit: bigint][] = [
      ["policyId", ethers.ZeroHash, 0n, 1n],
      ["detection", 0n, 0n, 1n],
      ["detection", WAD + 1n, WAD + 1n, WAD],
      ["samplePoints", 0n, 0n, 1n],
      ["samplePoints", 17n, 17n, 16n],
    ];
    for (const [field, value, actual, limit] of refused) {
      it(`reverts for ${field} ${value}`, async () => {
        const { registry, owner } = await networkHelpers.loadFixture(registryFixture);
        await expect(registry.connect(owner).publishVersion(1, { ...next, [field]: value }, ""))
          .to.be.revertedWithCustomError(registry, "ModelRegistry_InvalidVersion")
          .withArgs(bytes32(field), actual, limit);
      });
    }

    it("takes the smallest and the greatest of everything", async () => {
      const { registry, owner } = await networkHelpers.loadFixture(registryFixture);
      const least = { policyId: bytes32("p"), verifierFee: 0n, detection: 1n, samplePoints: 1n };
      const most = { policyId: ethers.MaxUint256, verifierFee: (1n << 96n) - 1n, detection: WAD, samplePoints: 16n };
      const top = { ...most, policyId: ethers.toBeHex(most.policyId, 32) };
      await registry.connect(owner).publishVersion(1, least, "");
      await registry.connect(owner).publishVersion(1, top, "");
      expect(await registry.versionOf(1, 2)).to.deep.equal(Object.values(least));
      expect(await registry.versionOf(1, 3)).to.deep.equal(Object.values(top));
    });

    it("belongs to the owner of the token, wherever it goes", async () => {
      const { registry, owner, stranger } = await networkHelpers.loadFixture(registryFixture);
      await expect(registry.connect(stranger).publishVersion(1, next, ""))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_NotModelOwner")
        .withArgs(1n, stranger.address);
      await registry.connect(owner).transferFrom(owner.address, stranger.address, 1);
      await registry.connect(stranger).publishVersion(1, next, "");
      await expect(registry.connect(owner).publishVersion(1, next, ""))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_NotModelOwner")
        .withArgs(1n, owner.address);
    });

    it("reverts for an unknown model", async () => {
      const { registry, owner } = await networkHelpers.loadFixture(registryFixture);
      await expect(registry.connect(owner).publishVersion(2, next, ""))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_UnknownModel")
        .withArgs(2n);
    });
  });
});
