import { expect } from "chai";

import { networkHelpers, registryFixture, ZeroAddress } from "../../helpers/deployPartial.js";

/** The stranger plays an offering that has locked the payout of model 1. */
async function lockedFixture() {
  const deployment = await registryFixture();
  await deployment.registry.connect(deployment.offerings).lockPayout(1, deployment.stranger.address);
  return { ...deployment, offering: deployment.stranger };
}

describe("ModelRegistry", () => {
  describe("releasePayout", () => {
    it("gives payout and royalty back to the model's owner", async () => {
      const { registry, owner, offering, court, payout } = await networkHelpers.loadFixture(lockedFixture);
      await expect(registry.connect(offering).releasePayout(1))
        .to.emit(registry, "PayoutReleased")
        .withArgs(1n, offering.address);
      expect(await registry.offeringOf(1)).to.deep.equal([ZeroAddress, 0n, false]);
      expect(await registry.royaltyRecipient(1)).to.deep.equal([payout.address, false]);
      await registry.connect(owner).setPayout(1, court.address);
      await registry.connect(owner).setRoyalty(1, 0);
      expect(await registry.royaltyOf(1)).to.equal(0n);
    });

    it("lets another offering begin", async () => {
      const { registry, offerings, offering, court } = await networkHelpers.loadFixture(lockedFixture);
      await registry.connect(offering).releasePayout(1);
      await registry.connect(offerings).lockPayout(1, court.address);
      expect((await registry.offeringOf(1)).offering).to.equal(court.address);
    });

    it("reverts for everybody but the model's offering", async () => {
      const { registry, owner, offerings, offering, escrow } = await networkHelpers.loadFixture(lockedFixture);
      for (const caller of [owner, offerings, escrow]) {
        await expect(registry.connect(caller).releasePayout(1))
          .to.be.revertedWithCustomError(registry, "ModelRegistry_NotOffering")
          .withArgs(1n, caller.address, offering.address);
      }
    });

    it("reverts the second time, and without an offering", async () => {
      const { registry, offering } = await networkHelpers.loadFixture(lockedFixture);
      await registry.connect(offering).releasePayout(1);
      await expect(registry.connect(offering).releasePayout(1))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_NotOffering")
        .withArgs(1n, offering.address, ZeroAddress);
    });

    it("reverts after the offering has assigned the payout", async () => {
      const { registry, offering, court } = await networkHelpers.loadFixture(lockedFixture);
      await registry.connect(offering).assignPayout(1, court.address);
      await expect(registry.connect(offering).releasePayout(1))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_PayoutLocked")
        .withArgs(1n, offering.address);
    });

    it("reverts for an unknown model", async () => {
      const { registry, offering } = await networkHelpers.loadFixture(lockedFixture);
      await expect(registry.connect(offering).releasePayout(7))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_UnknownModel")
        .withArgs(7n);
    });
  });
});
