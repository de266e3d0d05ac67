import { expect } from "chai";

import { networkHelpers, registryFixture } from "../../helpers/deployPartial.js";

describe("ModelRegistry", () => {
  describe("royaltyRecipient", () => {
    it("is the payout of the moment without an offering", async () => {
      const { registry, owner, payout, stranger } = await networkHelpers.loadFixture(registryFixture);
      expect(await registry.royaltyRecipient(1)).to.deep.equal([payout.address, false]);
      await registry.connect(owner).setPayout(1, stranger.address);
      expect(await registry.royaltyRecipient(1)).to.deep.equal([stranger.address, false]);
    });

    it("reverts while an offering goes on, and is the payout again when it is released", async () => {
      const { registry, offerings, payout, stranger } = await networkHelpers.loadFixture(registryFixture);
      await registry.connect(offerings).lockPayout(1, stranger.address);
      await expect(registry.royaltyRecipient(1))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_PayoutLocked")
        .withArgs(1n, stranger.address);
      await registry.connect(stranger).releasePayout(1);
      expect(await registry.royaltyRecipient(1)).to.deep.equal([payout.address, false]);
    });

    it("is the token after one that succeeded", async () => {
      const { registry, offerings, court, stranger } = await networkHelpers.loadFixture(registryFixture);
      await registry.connect(offerings).lockPayout(1, stranger.address);
      await registry.connect(stranger).assignPayout(1, court.address);
      expect(await registry.royaltyRecipient(1)).to.deep.equal([court.address, true]);
    });

    it("reverts for an unknown model, as offeringOf does", async () => {
      const { registry } = await networkHelpers.loadFixture(registryFixture);
      for (const call of [() => registry.royaltyRecipient(7), () => registry.offeringOf(7)]) {
        await expect(call()).to.be.revertedWithCustomError(registry, "ModelRegistry_UnknownModel").withArgs(7n);
      }
    });
  });
});
