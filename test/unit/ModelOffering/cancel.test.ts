import { expect } from "chai";

import { MODEL, networkHelpers, nextBlockAt, usd } from "../../helpers/offering/market.js";
import {
  commit,
  ended,
  failed,
  inDraft,
  open,
  Phase,
  scheduled,
  scheduledSale,
  succeeded,
} from "../../helpers/offering/sales.js";

describe("ModelOffering", () => {
  describe("cancel", () => {
    it("gives a scheduled offering up and unlocks payout and royalty", async () => {
      const { registry, offering, issuer, stranger } = await networkHelpers.loadFixture(scheduled);
      const sent = offering.connect(issuer).cancel();
      await expect(sent).to.emit(offering, "OfferingCancelled").withArgs();
      await expect(sent)
        .to.emit(registry, "PayoutReleased")
        .withArgs(MODEL, await offering.getAddress());
      expect(await offering.phase()).to.equal(Phase.Cancelled);
      await registry.connect(issuer).setPayout(MODEL, stranger.address);
      await registry.connect(issuer).setRoyalty(MODEL, 0);
      expect(await registry.royaltyRecipient(MODEL)).to.deep.equal([stranger.address, false]);
    });

    it("gives a draft up, without a word to the registry", async () => {
      const { registry, offering, issuer } = await networkHelpers.loadFixture(inDraft);
      const sent = offering.connect(issuer).cancel();
      await expect(sent).to.emit(offering, "OfferingCancelled");
      await expect(sent).not.to.emit(registry, "PayoutReleased");
      expect(await offering.phase()).to.equal(Phase.Cancelled);
    });

    it("does not touch another offering of the model when a draft is given up", async () => {
      const fixture = await networkHelpers.loadFixture(inDraft);
      const { registry, offering, issuer } = fixture;
      const other = await scheduledSale(fixture);
      await offering.connect(issuer).cancel();
      expect((await registry.offeringOf(MODEL)).offering).to.equal(await other.offering.getAddress());
    });

    it("is possible until the last second before it opens, also after the model was sold", async () => {
      const { registry, offering, issuer, stranger, config } = await networkHelpers.loadFixture(scheduled);
      await registry.connect(issuer).transferFrom(issuer.address, stranger.address, MODEL);
      await nextBlockAt(config.opensAt);
      await expect(offering.connect(issuer).cancel())
        .to.be.revertedWithCustomError(offering, "ModelOffering_WrongPhase")
        .withArgs(Phase.Open, Phase.Scheduled);
      await nextBlockAt(config.opensAt - 1n);
      await offering.connect(issuer).cancel();
      expect(await offering.phase()).to.equal(Phase.Cancelled);
    });

    it("lets the model be offered again", async () => {
      const fixture = await networkHelpers.loadFixture(scheduled);
      await fixture.offering.connect(fixture.issuer).cancel();
      const again = await scheduledSale(fixture);
      expect(await again.offering.phase()).to.equal(Phase.Scheduled);
    });

    it("ends it for good: it takes no commitments when its time comes", async () => {
      const fixture = await networkHelpers.loadFixture(scheduled);
      const { offering, issuer, alice, config } = fixture;
      await offering.connect(issuer).cancel();
      await networkHelpers.time.increaseTo(config.opensAt);
      await expect(commit(fixture, fixture, alice, usd(1)))
        .to.be.revertedWithCustomError(offering, "ModelOffering_WrongPhase")
        .withArgs(Phase.Cancelled, Phase.Open);
    });

    it("reverts for who is not the issuer", async () => {
      const { offering, issuer, stranger } = await networkHelpers.loadFixture(scheduled);
      await expect(offering.connect(stranger).cancel())
        .to.be.revertedWithCustomError(offering, "ModelOffering_NotIssuer")
        .withArgs(stranger.address, issuer.address);
    });

    for (const [name, fixture, phase] of [
      ["Open", open, Phase.Open],
      ["Ended", ended, Phase.Ended],
      ["Succeeded", succeeded, Phase.Succeeded],
      ["Failed", failed, Phase.Failed],
    ] as const) {
      it(`reverts when it is ${name}`, async () => {
        const { offering, issuer } = await networkHelpers.loadFixture(fixture);
        await expect(offering.connect(issuer).cancel())
          .to.be.revertedWithCustomError(offering, "ModelOffering_WrongPhase")
          .withArgs(phase, Phase.Scheduled);
      });
    }

    it("reverts the second time", async () => {
      const { offering, issuer } = await networkHelpers.loadFixture(scheduled);
      await offering.connect(issuer).cancel();
      await expect(offering.connect(issuer).cancel())
        .to.be.revertedWithCustomError(offering, "ModelOffering_WrongPhase")
        .withArgs(Phase.Cancelled, Phase.Scheduled);
    });
  });
});
