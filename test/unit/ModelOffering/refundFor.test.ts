import { expect } from "chai";

import { ethers, networkHelpers, usd } from "../../helpers/offering/market.js";
import { ended, failed, HARD_CAP, open, Phase, scheduled, succeeded } from "../../helpers/offering/sales.js";

describe("ModelOffering", () => {
  describe("refundFor", () => {
    it("pays everything back when the sale failed; anyone may, without the issuer", async () => {
      const { asset, offering, alice, bob, stranger } = await networkHelpers.loadFixture(failed);
      expect(await offering.refundFor.staticCall(alice.address)).to.equal(usd(60_000));
      const sent = offering.connect(stranger).refundFor(alice.address);
      await expect(sent).to.changeTokenBalances(
        ethers,
        asset,
        [offering, alice, stranger],
        [-usd(60_000), usd(60_000), 0n],
      );
      await expect(sent).to.emit(offering, "Refunded").withArgs(alice.address, alice.address, usd(60_000));
      expect(await offering.commitmentOf(alice)).to.equal(0n);
      await offering.refundFor(bob.address);
      expect(await asset.balanceOf(offering)).to.equal(0n);
    });

    it("waits for nobody when the grace is over, not even for expire", async () => {
      const { asset, offering, alice } = await networkHelpers.loadFixture(ended);
      await networkHelpers.time.increaseTo((await offering.terms()).finalizableUntil);
      await expect(offering.refundFor(alice.address)).to.changeTokenBalance(ethers, asset, alice, HARD_CAP / 2n);
      await offering.expire();
      expect(await offering.phase()).to.equal(Phase.Failed);
    });

    it("reverts the second time, and for who committed nothing", async () => {
      const { offering, alice, stranger } = await networkHelpers.loadFixture(failed);
      await offering.refundFor(alice.address);
      for (const { address } of [alice, stranger]) {
        await expect(offering.refundFor(address))
          .to.be.revertedWithCustomError(offering, "ModelOffering_NothingCommitted")
          .withArgs(address);
      }
    });

    for (const [name, fixture, phase] of [
      ["before it opens", scheduled, Phase.Scheduled],
      ["while it is open", open, Phase.Open],
      ["before it is finalized", ended, Phase.Ended],
      ["when it succeeded", succeeded, Phase.Succeeded],
    ] as const) {
      it(`reverts ${name}`, async () => {
        const { offering, alice } = await networkHelpers.loadFixture(fixture);
        await expect(offering.refundFor(alice.address))
          .to.be.revertedWithCustomError(offering, "ModelOffering_WrongPhase")
          .withArgs(phase, Phase.Failed);
      });
    }

    it("the token of a failed sale never moves", async () => {
      const { offering, token, ecosystem, alice } = await networkHelpers.loadFixture(failed);
      await offering.refundFor(alice.address);
      await expect(token.connect(ecosystem).transfer(alice.address, 1n)).to.be.revertedWithCustomError(
        token,
        "ModelToken_NotLaunched",
      );
    });
  });
});
