import { expect } from "chai";

import { MODEL, networkHelpers, nextBlockAt } from "../../helpers/offering/market.js";
import { ended, failed, HARD_CAP, inDraft, open, Phase, SOFT_CAP, succeeded } from "../../helpers/offering/sales.js";

describe("ModelOffering", () => {
  describe("expire", () => {
    it("records that nobody finalized in time and gives the payout back; anyone may", async () => {
      const { registry, offering, payout, stranger } = await networkHelpers.loadFixture(ended);
      const { finalizableUntil } = await offering.terms();
      await nextBlockAt(finalizableUntil);
      const sent = offering.connect(stranger).expire();
      await expect(sent).to.emit(offering, "OfferingFailed").withArgs(HARD_CAP, SOFT_CAP);
      await expect(sent)
        .to.emit(registry, "PayoutReleased")
        .withArgs(MODEL, await offering.getAddress());
      expect(await offering.phase()).to.equal(Phase.Failed);
      expect(await registry.royaltyRecipient(MODEL)).to.deep.equal([payout.address, false]);
    });

    it("reverts before the grace is over", async () => {
      const { offering } = await networkHelpers.loadFixture(ended);
      const { finalizableUntil } = await offering.terms();
      await nextBlockAt(finalizableUntil - 1n);
      await expect(offering.expire())
        .to.be.revertedWithCustomError(offering, "ModelOffering_WrongPhase")
        .withArgs(Phase.Ended, Phase.Failed);
    });

    it("reverts the second time, and after a finalize that failed", async () => {
      const fixture = await networkHelpers.loadFixture(ended);
      await networkHelpers.time.increaseTo((await fixture.offering.terms()).finalizableUntil);
      await fixture.offering.expire();
      await expect(fixture.offering.expire()).to.be.revertedWithCustomError(
        fixture.offering,
        "ModelOffering_AlreadyTaken",
      );
      const { offering } = await networkHelpers.loadFixture(failed);
      await expect(offering.expire()).to.be.revertedWithCustomError(offering, "ModelOffering_AlreadyTaken");
    });

    for (const [name, fixture, phase] of [
      ["a draft", inDraft, Phase.Draft],
      ["one that is open", open, Phase.Open],
      ["one that succeeded", succeeded, Phase.Succeeded],
    ] as const) {
      it(`reverts for ${name}`, async () => {
        const { offering } = await networkHelpers.loadFixture(fixture);
        await expect(offering.expire())
          .to.be.revertedWithCustomError(offering, "ModelOffering_WrongPhase")
          .withArgs(phase, Phase.Failed);
      });
    }

    it("a draft whose time has passed stays a draft for ever", async () => {
      const { offering, config } = await networkHelpers.loadFixture(inDraft);
      await networkHelpers.time.increaseTo(config.closesAt * 2n);
      expect(await offering.phase()).to.equal(Phase.Draft);
    });
  });
});
