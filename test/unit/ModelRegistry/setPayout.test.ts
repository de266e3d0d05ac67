import { expect } from "chai";

import { networkHelpers, registryFixture, ZeroAddress } from "../../helpers/deployPartial.js";

describe("ModelRegistry", () => {
  describe("setPayout", () => {
    it("changes who receives the royalty, and nothing else of the model", async () => {
      const { registry, owner, stranger } = await networkHelpers.loadFixture(registryFixture);
      await registry.connect(owner).setRoyalty(1, 600);
      await expect(registry.connect(owner).setPayout(1, stranger.address))
        .to.emit(registry, "PayoutSet")
        .withArgs(1n, stranger.address);
      expect(await registry.payoutOf(1)).to.equal(stranger.address);
      expect(await registry.royaltyOf(1)).to.equal(500n);
      expect(await registry.latestVersion(1)).to.equal(1n);
    });

    it("reverts while an offering goes on and after one that succeeded, and works after one that failed", async () => {
      const { registry, owner, offerings, court, stranger } = await networkHelpers.loadFixture(registryFixture);
      const locked = async () => {
        await expect(registry.connect(owner).setPayout(1, owner.address))
          .to.be.revertedWithCustomError(registry, "ModelRegistry_PayoutLocked")
          .withArgs(1n, stranger.address);
      };
      await registry.connect(offerings).lockPayout(1, stranger.address);
      await locked();
      await registry.connect(stranger).releasePayout(1);
      await registry.connect(owner).setPayout(1, owner.address);
      expect(await registry.payoutOf(1)).to.equal(owner.address);
      await registry.connect(offerings).lockPayout(1, stranger.address);
      await registry.connect(stranger).assignPayout(1, court.address);
      await locked();
      expect(await registry.payoutOf(1)).to.equal(court.address);
    });

    it("reverts for the zero address", async () => {
      const { registry, owner } = await networkHelpers.loadFixture(registryFixture);
      await expect(registry.connect(owner).setPayout(1, ZeroAddress)).to.be.revertedWithCustomError(
        registry,
        "ModelRegistry_ZeroAddress",
      );
    });

    it("reverts for who does not own the model", async () => {
      const { registry, payout } = await networkHelpers.loadFixture(registryFixture);
      await expect(registry.connect(payout).setPayout(1, payout.address))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_NotModelOwner")
        .withArgs(1n, payout.address);
    });

    it("reverts for an unknown model", async () => {
      const { registry, owner } = await networkHelpers.loadFixture(registryFixture);
      await expect(registry.connect(owner).setPayout(7, owner.address))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_UnknownModel")
        .withArgs(7n);
    });
  });
});
