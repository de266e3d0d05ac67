import { expect } from "chai";

import { deployMarket, MODEL, networkHelpers, nextBlockAt } from "../../helpers/offering/market.js";
import { draftSale, inDraft, Phase, scheduledSale } from "../../helpers/offering/sales.js";

/** Two drafts of one model. */
async function twoDrafts() {
  const market = await deployMarket();
  return { ...market, first: await draftSale(market), second: await draftSale(market) };
}

describe("ModelOffering", () => {
  describe("schedule", () => {
    it("locks the model's payout and fixes its royalty as the floor", async () => {
      const { registry, offering, issuer, config } = await networkHelpers.loadFixture(inDraft);
      const sent = offering.connect(issuer).schedule();
      await expect(sent).to.emit(offering, "OfferingScheduled").withArgs(config.opensAt, config.closesAt);
      await expect(sent)
        .to.emit(registry, "PayoutLocked")
        .withArgs(MODEL, await offering.getAddress(), 500n);
      expect(await offering.phase()).to.equal(Phase.Scheduled);
      expect(await registry.offeringOf(MODEL)).to.deep.equal([await offering.getAddress(), 500n, false]);
    });

    it("changes nothing of the terms", async () => {
      const { offering, issuer } = await networkHelpers.loadFixture(inDraft);
      const before = await offering.terms();
      await offering.connect(issuer).schedule();
      expect(await offering.terms()).to.deep.equal(before);
    });

    it("is possible in the second in which it opens, and not one later", async () => {
      const { offering, issuer, config } = await networkHelpers.loadFixture(inDraft);
      await nextBlockAt(config.opensAt + 1n);
      await expect(offering.connect(issuer).schedule())
        .to.be.revertedWithCustomError(offering, "ModelOffering_TooLate")
        .withArgs(config.opensAt);
      await nextBlockAt(config.opensAt);
      await offering.connect(issuer).schedule();
      expect(await offering.phase()).to.equal(Phase.Open);
    });

    it("reverts for who is not the issuer, the model's new owner included", async () => {
      const { registry, offering, issuer, stranger } = await networkHelpers.loadFixture(inDraft);
      await registry.connect(issuer).transferFrom(issuer.address, stranger.address, MODEL);
      await expect(offering.connect(stranger).schedule())
        .to.be.revertedWithCustomError(offering, "ModelOffering_NotIssuer")
        .withArgs(stranger.address, issuer.address);
    });

    it("reverts when the issuer has sold the model", async () => {
      const { registry, offering, issuer, stranger } = await networkHelpers.loadFixture(inDraft);
      await registry.connect(issuer).transferFrom(issuer.address, stranger.address, MODEL);
      await expect(offering.connect(issuer).schedule())
        .to.be.revertedWithCustomError(offering, "ModelOffering_ModelSold")
        .withArgs(MODEL, stranger.address, issuer.address);
    });

    it("reverts the second time, and after it was cancelled", async () => {
      const { offering, issuer } = await networkHelpers.loadFixture(inDraft);
      await offering.connect(issuer).schedule();
      await expect(offering.connect(issuer).schedule())
        .to.be.revertedWithCustomError(offering, "ModelOffering_WrongPhase")
        .withArgs(Phase.Scheduled, Phase.Draft);
      await offering.connect(issuer).cancel();
      await expect(offering.connect(issuer).schedule())
        .to.be.revertedWithCustomError(offering, "ModelOffering_WrongPhase")
        .withArgs(Phase.Cancelled, Phase.Draft);
    });

    it("reverts while another offering of the model goes on", async () => {
      const { registry, issuer, first, second } = await networkHelpers.loadFixture(twoDrafts);
      await first.offering.connect(issuer).schedule();
      await expect(second.offering.connect(issuer).schedule())
        .to.be.revertedWithCustomError(registry, "ModelRegistry_PayoutLocked")
        .withArgs(MODEL, await first.offering.getAddress());
      expect(await second.offering.phase()).to.equal(Phase.Draft);
      await first.offering.connect(issuer).cancel();
      await second.offering.connect(issuer).schedule();
      expect(await second.offering.phase()).to.equal(Phase.Scheduled);
    });

    it("a draft locks nothing", async () => {
      const { registry, issuer, stranger } = await networkHelpers.loadFixture(inDraft);
      await registry.connect(issuer).setPayout(MODEL, stranger.address);
      await registry.connect(issuer).setRoyalty(MODEL, 0);
      expect(await registry.royaltyRecipient(MODEL)).to.deep.equal([stranger.address, false]);
    });

    it("happens with the making, if the issuer wants", async () => {
      const market = await deployMarket();
      const { offering } = await scheduledSale(market);
      expect(await offering.phase()).to.equal(Phase.Scheduled);
      expect((await market.registry.offeringOf(MODEL)).offering).to.equal(await offering.getAddress());
    });
  });
});
