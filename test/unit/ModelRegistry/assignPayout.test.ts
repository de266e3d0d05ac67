import { expect } from "chai";

import { networkHelpers, registryFixture, VERSION, ZeroAddress } from "../../helpers/deployPartial.js";

/** The stranger plays an offering that has locked the payout of model 1, the court its token. */
async function lockedFixture() {
  const deployment = await registryFixture();
  await deployment.registry.connect(deployment.offerings).lockPayout(1, deployment.stranger.address);
  return { ...deployment, offering: deployment.stranger, token: deployment.court };
}

describe("ModelRegistry", () => {
  describe("assignPayout", () => {
    it("makes the token the payout", async () => {
      const { registry, offering, token } = await networkHelpers.loadFixture(lockedFixture);
      await expect(registry.connect(offering).assignPayout(1, token.address))
        .to.emit(registry, "PayoutAssigned")
        .withArgs(1n, offering.address, token.address);
      expect(await registry.payoutOf(1)).to.equal(token.address);
      expect(await registry.offeringOf(1)).to.deep.equal([offering.address, 500n, true]);
      expect(await registry.royaltyRecipient(1)).to.deep.equal([token.address, true]);
    });

    it("for ever, for all versions, whoever owns the model", async () => {
      const { registry, owner, offering, token, escrow } = await networkHelpers.loadFixture(lockedFixture);
      await registry.connect(offering).assignPayout(1, token.address);
      await registry.connect(owner).publishVersion(1, VERSION, "ipfs://next");
      await registry.connect(owner).transferFrom(owner.address, escrow.address, 1);
      await expect(registry.connect(escrow).setPayout(1, escrow.address))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_PayoutLocked")
        .withArgs(1n, offering.address);
      expect(await registry.royaltyRecipient(1)).to.deep.equal([token.address, true]);
    });

    it("reverts the second time", async () => {
      const { registry, offering, token, escrow } = await networkHelpers.loadFixture(lockedFixture);
      await registry.connect(offering).assignPayout(1, token.address);
      await expect(registry.connect(offering).assignPayout(1, escrow.address))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_PayoutLocked")
        .withArgs(1n, offering.address);
    });

    it("reverts for everybody but the model's offering", async () => {
      const { registry, owner, offerings, offering, token } = await networkHelpers.loadFixture(lockedFixture);
      for (const caller of [owner, offerings, token]) {
        await expect(registry.connect(caller).assignPayout(1, token.address))
          .to.be.revertedWithCustomError(registry, "ModelRegistry_NotOffering")
          .withArgs(1n, caller.address, offering.address);
      }
    });

    it("reverts after it was released", async () => {
      const { registry, offering, token } = await networkHelpers.loadFixture(lockedFixture);
      await registry.connect(offering).releasePayout(1);
      await expect(registry.connect(offering).assignPayout(1, token.address))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_NotOffering")
        .withArgs(1n, offering.address, ZeroAddress);
    });

    it("reverts for a zero token and an unknown model", async () => {
      const { registry, offering, token } = await networkHelpers.loadFixture(lockedFixture);
      await expect(registry.connect(offering).assignPayout(1, ZeroAddress)).to.be.revertedWithCustomError(
        registry,
        "ModelRegistry_ZeroAddress",
      );
      await expect(registry.connect(offering).assignPayout(7, token.address))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_UnknownModel")
        .withArgs(7n);
    });
  });
});
