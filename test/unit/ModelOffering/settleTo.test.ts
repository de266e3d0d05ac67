import { expect } from "chai";

import { deployMarket, ethers, networkHelpers, ZeroAddress } from "../../helpers/offering/market.js";
import {
  ended,
  finalizedSale,
  HARD_CAP,
  Phase,
  SALE_SUPPLY,
  type SaleInMarket,
  succeeded,
} from "../../helpers/offering/sales.js";

/** Alice alone committed four times the hard cap. */
async function fourfold(): Promise<SaleInMarket> {
  const market = await deployMarket();
  return { ...market, ...(await finalizedSale(market, [[market.alice, 4n * HARD_CAP]])) };
}

describe("ModelOffering", () => {
  describe("settleTo", () => {
    it("gives the caller its tokens and pays what is above the hard cap to another address", async () => {
      const { asset, offering, token, alice, newcomer } = await networkHelpers.loadFixture(fourfold);
      expect(await offering.connect(alice).settleTo.staticCall(newcomer.address)).to.deep.equal([
        SALE_SUPPLY,
        3n * HARD_CAP,
      ]);
      const sent = offering.connect(alice).settleTo(newcomer.address);
      await expect(sent).to.changeTokenBalances(
        ethers,
        asset,
        [offering, alice, newcomer],
        [-3n * HARD_CAP, 0n, 3n * HARD_CAP],
      );
      await expect(sent).to.changeTokenBalances(ethers, token, [alice, newcomer], [SALE_SUPPLY, 0n]);
      await expect(sent)
        .to.emit(offering, "Settled")
        .withArgs(alice.address, newcomer.address, SALE_SUPPLY, 3n * HARD_CAP);
    });

    it("settles the caller only", async () => {
      const { offering, alice, stranger } = await networkHelpers.loadFixture(fourfold);
      await expect(offering.connect(stranger).settleTo(stranger.address))
        .to.be.revertedWithCustomError(offering, "ModelOffering_NothingCommitted")
        .withArgs(stranger.address);
      expect(await offering.commitmentOf(alice)).to.equal(4n * HARD_CAP);
    });

    it("reverts the second time", async () => {
      const { offering, alice, newcomer } = await networkHelpers.loadFixture(fourfold);
      await offering.connect(alice).settleTo(newcomer.address);
      await expect(offering.connect(alice).settleTo(newcomer.address))
        .to.be.revertedWithCustomError(offering, "ModelOffering_NothingCommitted")
        .withArgs(alice.address);
    });

    it("reverts for the zero address, even without a refund", async () => {
      const { offering, alice } = await networkHelpers.loadFixture(succeeded);
      await expect(offering.connect(alice).settleTo(ZeroAddress)).to.be.revertedWithCustomError(
        offering,
        "ModelOffering_ZeroAddress",
      );
    });

    it("reverts before the sale has succeeded", async () => {
      const { offering, alice } = await networkHelpers.loadFixture(ended);
      await expect(offering.connect(alice).settleTo(alice.address))
        .to.be.revertedWithCustomError(offering, "ModelOffering_WrongPhase")
        .withArgs(Phase.Ended, Phase.Succeeded);
    });
  });
});
