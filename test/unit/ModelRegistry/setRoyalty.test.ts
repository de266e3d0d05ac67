import { expect } from "chai";

import { networkHelpers, registryFixture, REGISTRY_PARAMS, timeOf } from "../../helpers/deployPartial.js";

const { time } = networkHelpers;
const DELAY = REGISTRY_PARAMS.royaltyDelay;

describe("ModelRegistry", () => {
  describe("setRoyalty", () => {
    it("cuts at once", async () => {
      const { registry, owner } = await networkHelpers.loadFixture(registryFixture);
      const cut = await registry.connect(owner).setRoyalty(1, 100);
      await expect(cut)
        .to.emit(registry, "RoyaltySet")
        .withArgs(1n, 100n, await timeOf(cut));
      expect(await registry.royaltyOf(1)).to.equal(100n);
    });

    it("raises after the delay, to the second, without another call", async () => {
      const { registry, owner } = await networkHelpers.loadFixture(registryFixture);
      const raise = await registry.connect(owner).setRoyalty(1, 900);
      const effectiveAt = (await timeOf(raise)) + DELAY;
      await expect(raise).to.emit(registry, "RoyaltySet").withArgs(1n, 900n, effectiveAt);
      await time.increaseTo(effectiveAt - 1n);
      expect(await registry.royaltyOf(1)).to.equal(500n);
      expect((await registry.jobTerms(1, 1)).royaltyBps).to.equal(500n);
      await time.increaseTo(effectiveAt);
      expect(await registry.royaltyOf(1)).to.equal(900n);
      expect((await registry.jobTerms(1, 1)).royaltyBps).to.equal(900n);
    });

    it("replaces a waiting raise by another, which waits from its own call", async () => {
      const { registry, owner } = await networkHelpers.loadFixture(registryFixture);
      const first = await timeOf(await registry.connect(owner).setRoyalty(1, 900));
      await time.increaseTo(first + DELAY - 10n);
      const second = await timeOf(await registry.connect(owner).setRoyalty(1, 700));
      await time.increaseTo(second + DELAY - 1n);
      expect(await registry.royaltyOf(1)).to.equal(500n);
      await time.increaseTo(second + DELAY);
      expect(await registry.royaltyOf(1)).to.equal(700n);
    });

    it("drops a waiting raise with a cut, and with the present rate", async () => {
      for (const rate of [400n, 500n]) {
        const { registry, owner } = await networkHelpers.loadFixture(registryFixture);
        await registry.connect(owner).setRoyalty(1, 900);
        await registry.connect(owner).setRoyalty(1, rate);
        await time.increase(DELAY * 2n);
        expect(await registry.royaltyOf(1)).to.equal(rate);
      }
    });

    it("keeps a raise that already counts when the next one waits", async () => {
      const { registry, owner } = await networkHelpers.loadFixture(registryFixture);
      await registry.connect(owner).setRoyalty(1, 900);
      await time.increase(DELAY);
      await registry.connect(owner).setRoyalty(1, 1_000);
      expect(await registry.royaltyOf(1)).to.equal(900n);
      await time.increase(DELAY);
      expect(await registry.royaltyOf(1)).to.equal(1_000n);
    });

    for (const assigned of [false, true]) {
      const when = assigned ? "after an offering that succeeded" : "while an offering goes on";
      it(`reverts below the rate at which the offering began, ${when}`, async () => {
        const { registry, owner, offerings, court, stranger } = await networkHelpers.loadFixture(registryFixture);
        await registry.connect(offerings).lockPayout(1, stranger.address);
        if (assigned) await registry.connect(stranger).assignPayout(1, court.address);
        for (const rate of [0n, 499n]) {
          await expect(registry.connect(owner).setRoyalty(1, rate))
            .to.be.revertedWithCustomError(registry, "ModelRegistry_RoyaltyBelowFloor")
            .withArgs(1n, rate, 500n);
        }
        await registry.connect(owner).setRoyalty(1, 900);
        await time.increase(DELAY);
        expect(await registry.royaltyOf(1)).to.equal(900n);
        await registry.connect(owner).setRoyalty(1, 500);
        expect(await registry.royaltyOf(1)).to.equal(500n);
      });
    }

    it("has no floor any more when the offering was cancelled or failed", async () => {
      const { registry, owner, offerings, stranger } = await networkHelpers.loadFixture(registryFixture);
      await registry.connect(offerings).lockPayout(1, stranger.address);
      await registry.connect(stranger).releasePayout(1);
      await registry.connect(owner).setRoyalty(1, 0);
      expect(await registry.royaltyOf(1)).to.equal(0n);
    });

    it("reverts above the highest royalty", async () => {
      const { registry, owner } = await networkHelpers.loadFixture(registryFixture);
      await expect(registry.connect(owner).setRoyalty(1, 2_001))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_RoyaltyTooHigh")
        .withArgs(2_001n, 2_000n);
    });

    it("reverts for who does not own the model, the payout address included", async () => {
      const { registry, payout } = await networkHelpers.loadFixture(registryFixture);
      await expect(registry.connect(payout).setRoyalty(1, 100))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_NotModelOwner")
        .withArgs(1n, payout.address);
    });

    it("reverts for an unknown model", async () => {
      const { registry, owner } = await networkHelpers.loadFixture(registryFixture);
      await expect(registry.connect(owner).setRoyalty(0, 100))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_UnknownModel")
        .withArgs(0n);
    });
  });
});
