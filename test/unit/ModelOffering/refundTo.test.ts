import { expect } from "chai";

import { ethers, networkHelpers, usd, ZeroAddress } from "../../helpers/offering/market.js";
import { ended, failed, Phase } from "../../helpers/offering/sales.js";

describe("ModelOffering", () => {
  describe("refundTo", () => {
    it("pays the caller's commitment to another address", async () => {
      const { asset, offering, alice, newcomer } = await networkHelpers.loadFixture(failed);
      expect(await offering.connect(alice).refundTo.staticCall(newcomer.address)).to.equal(usd(60_000));
      const sent = offering.connect(alice).refundTo(newcomer.address);
      await expect(sent).to.changeTokenBalances(
        ethers,
        asset,
        [offering, alice, newcomer],
        [-usd(60_000), 0n, usd(60_000)],
      );
      await expect(sent).to.emit(offering, "Refunded").withArgs(alice.address, newcomer.address, usd(60_000));
    });

    it("refunds the caller only, once", async () => {
      const { offering, alice, stranger } = await networkHelpers.loadFixture(failed);
      await offering.connect(alice).refundTo(alice.address);
      for (const caller of [alice, stranger]) {
        await expect(offering.connect(caller).refundTo(stranger.address))
          .to.be.revertedWithCustomError(offering, "ModelOffering_NothingCommitted")
          .withArgs(caller.address);
      }
    });

    it("reverts for the zero address", async () => {
      const { offering, alice } = await networkHelpers.loadFixture(failed);
      await expect(offering.connect(alice).refundTo(ZeroAddress)).to.be.revertedWithCustomError(
        offering,
        "ModelOffering_ZeroAddress",
      );
    });

    it("reverts unless the sale failed", async () => {
      const { offering, alice } = await networkHelpers.loadFixture(ended);
      await expect(offering.connect(alice).refundTo(alice.address))
        .to.be.revertedWithCustomError(offering, "ModelOffering_WrongPhase")
        .withArgs(Phase.Ended, Phase.Failed);
    });
  });
});
