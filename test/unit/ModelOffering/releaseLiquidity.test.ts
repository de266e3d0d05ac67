import { expect } from "chai";

import { deployMarket, ethers, networkHelpers, ZeroAddress } from "../../helpers/offering/market.js";
import {
  ALL_ON_SALE,
  finalizedSale,
  fullCommitments,
  SALE_SUPPLY,
  succeeded,
  SUPPLY,
} from "../../helpers/offering/sales.js";

const LIQUIDITY = SUPPLY / 5n;

async function withoutRecipient() {
  const market = await deployMarket();
  const changes = { ...ALL_ON_SALE, liquidityRecipient: ZeroAddress };
  return { ...market, ...(await finalizedSale(market, fullCommitments(market), changes)) };
}

describe("ModelOffering", () => {
  describe("releaseLiquidity", () => {
    it("sends the liquidity tokens to their recipient", async () => {
      const { offering, token, issuer, liquidity } = await networkHelpers.loadFixture(succeeded);
      expect(await offering.connect(issuer).releaseLiquidity.staticCall()).to.equal(LIQUIDITY);
      const sent = offering.connect(issuer).releaseLiquidity();
      await expect(sent).to.changeTokenBalances(ethers, token, [token, liquidity], [-LIQUIDITY, LIQUIDITY]);
      await expect(sent).to.emit(token, "LiquidityReleased").withArgs(liquidity.address, LIQUIDITY);
    });

    it("is a call of its own: nothing waits for it", async () => {
      const { offering, token, issuer, alice } = await networkHelpers.loadFixture(succeeded);
      await offering.settleFor(alice.address);
      await offering.connect(issuer).withdrawProceeds(issuer.address);
      expect(await token.balanceOf(alice)).to.equal(SALE_SUPPLY / 2n);
      expect(await token.balanceOf(token)).to.equal(LIQUIDITY);
    });

    it("reverts the second time, whatever was sent to the token meanwhile", async () => {
      const { offering, token, issuer, alice } = await networkHelpers.loadFixture(succeeded);
      await offering.connect(issuer).releaseLiquidity();
      await offering.settleFor(alice.address);
      await token.connect(alice).transfer(token, 5n);
      await expect(offering.connect(issuer).releaseLiquidity()).to.be.revertedWithCustomError(
        offering,
        "ModelOffering_AlreadyTaken",
      );
    });

    it("reverts without a recipient", async () => {
      const { offering, issuer } = await networkHelpers.loadFixture(withoutRecipient);
      await expect(offering.connect(issuer).releaseLiquidity()).to.be.revertedWithCustomError(
        offering,
        "ModelOffering_ZeroAddress",
      );
    });

    it("reverts for who is not the issuer", async () => {
      const { offering, issuer, liquidity } = await networkHelpers.loadFixture(succeeded);
      await expect(offering.connect(liquidity).releaseLiquidity())
        .to.be.revertedWithCustomError(offering, "ModelOffering_NotIssuer")
        .withArgs(liquidity.address, issuer.address);
    });
  });
});
