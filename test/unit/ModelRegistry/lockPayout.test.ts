import { expect } from "chai";

import { networkHelpers, registryFixture, REGISTRY_PARAMS, ZeroAddress } from "../../helpers/deployPartial.js";

describe("ModelRegistry", () => {
  describe("lockPayout", () => {
    it("locks the payout for an offering and makes the rate in force the royalty's floor", async () => {
      const { registry, offerings, stranger, payout } = await networkHelpers.loadFixture(registryFixture);
      expect(await registry.offeringOf(1)).to.deep.equal([ZeroAddress, 0n, false]);
      await expect(registry.connect(offerings).lockPayout(1, stranger.address))
        .to.emit(registry, "PayoutLocked")
        .withArgs(1n, stranger.address, 500n);
      expect(await registry.offeringOf(1)).to.deep.equal([stranger.address, 500n, false]);
      expect(await registry.payoutOf(1)).to.equal(payout.address);
      expect(await registry.royaltyOf(1)).to.equal(500n);
    });

    it("takes a raise that counts already, and not one that waits", async () => {
      for (const [waited, floor] of [
        [REGISTRY_PARAMS.royaltyDelay, 900n],
        [REGISTRY_PARAMS.royaltyDelay / 2n, 500n],
      ] as const) {
        const { registry, owner, offerings, stranger } = await networkHelpers.loadFixture(registryFixture);
        await registry.connect(owner).setRoyalty(1, 900);
        await networkHelpers.time.increase(waited);
        await registry.connect(offerings).lockPayout(1, stranger.address);
        expect((await registry.offeringOf(1)).floorBps).to.equal(floor);
      }
    });

    it("leaves versions and a waiting raise as they are", async () => {
      const { registry, owner, offerings, stranger } = await networkHelpers.loadFixture(registryFixture);
      await registry.connect(owner).setRoyalty(1, 900);
      await registry.connect(offerings).lockPayout(1, stranger.address);
      await networkHelpers.time.increase(REGISTRY_PARAMS.royaltyDelay);
      expect(await registry.royaltyOf(1)).to.equal(900n);
      expect(await registry.latestVersion(1)).to.equal(1n);
    });

    it("reverts while an offering goes on, for the same one and another", async () => {
      const { registry, offerings, stranger, court } = await networkHelpers.loadFixture(registryFixture);
      await registry.connect(offerings).lockPayout(1, stranger.address);
      for (const offering of [stranger, court]) {
        await expect(registry.connect(offerings).lockPayout(1, offering.address))
          .to.be.revertedWithCustomError(registry, "ModelRegistry_PayoutLocked")
          .withArgs(1n, stranger.address);
      }
    });

    it("reverts for ever after an offering that succeeded", async () => {
      const { registry, offerings, stranger, court, payout } = await networkHelpers.loadFixture(registryFixture);
      await registry.connect(offerings).lockPayout(1, stranger.address);
      await registry.connect(stranger).assignPayout(1, payout.address);
      await expect(registry.connect(offerings).lockPayout(1, court.address))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_PayoutLocked")
        .withArgs(1n, stranger.address);
    });

    it("reverts for everybody but the offering factory, the model's owner included", async () => {
      const { registry, owner, stranger, escrow } = await networkHelpers.loadFixture(registryFixture);
      for (const caller of [owner, stranger, escrow]) {
        await expect(registry.connect(caller).lockPayout(1, stranger.address))
          .to.be.revertedWithCustomError(registry, "ModelRegistry_UnauthorizedCaller")
          .withArgs(caller.address);
      }
    });

    it("reverts for an unknown model", async () => {
      const { registry, offerings, stranger } = await networkHelpers.loadFixture(registryFixture);
      await expect(registry.connect(offerings).lockPayout(7, stranger.address))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_UnknownModel")
        .withArgs(7n);
    });
  });
});
