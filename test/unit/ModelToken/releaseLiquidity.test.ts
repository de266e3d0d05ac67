import { expect } from "chai";

import {
  DAY,
  deployMarket,
  impersonate,
  networkHelpers,
  nextBlockAt,
  type Signer,
} from "../../helpers/offering/market.js";
import { deposit, PER_SECOND } from "../../helpers/offering/revenue.js";
import { draftSale, ELIGIBLE, launchedToken, type SaleInMarket, SUPPLY } from "../../helpers/offering/sales.js";

const LIQUIDITY = SUPPLY / 5n;

async function launched(): Promise<SaleInMarket & { offeringSigner: Signer }> {
  const fixture = await launchedToken();
  return { ...fixture, offeringSigner: await impersonate(fixture.offering) };
}

describe("ModelToken", () => {
  describe("releaseLiquidity", () => {
    it("sends all tokens that the contract holds, and they earn from now on", async () => {
      const fixture = await networkHelpers.loadFixture(launched);
      const { token, newcomer, offeringSigner } = fixture;
      expect(await token.balanceOf(token)).to.equal(LIQUIDITY);
      expect(await token.connect(offeringSigner).releaseLiquidity.staticCall(newcomer.address)).to.equal(LIQUIDITY);
      const start = await deposit(fixture);
      await nextBlockAt(start + DAY / 2n);
      await expect(token.connect(offeringSigner).releaseLiquidity(newcomer.address))
        .to.emit(token, "LiquidityReleased")
        .withArgs(newcomer.address, LIQUIDITY)
        .and.to.emit(token, "Transfer")
        .withArgs(await token.getAddress(), newcomer.address, LIQUIDITY);
      expect(await token.balanceOf(newcomer)).to.equal(LIQUIDITY);
      expect((await token.streamState()).eligible).to.equal(SUPPLY);
      expect(await token.claimable(newcomer)).to.equal(0n);
      await networkHelpers.time.increaseTo(start + DAY);
      // A fifth of the supply; 8,000 units a second for half a day.
      expect(await token.claimable(newcomer)).to.equal((8_000n * DAY) / 2n / 5n);
    });

    it("leaves a recipient what it earned with other tokens", async () => {
      const fixture = await networkHelpers.loadFixture(launched);
      const { token, alice, offeringSigner } = fixture;
      const start = await deposit(fixture);
      await nextBlockAt(start + 50n);
      await token.connect(offeringSigner).releaseLiquidity(alice.address);
      expect(await token.claimable(alice)).to.equal(PER_SECOND.alice * 50n);
    });

    it("does not count tokens of a recipient that does not earn", async () => {
      const { token, newcomer, offeringSigner } = await networkHelpers.loadFixture(launched);
      await token.connect(newcomer).setAccruing(false);
      await token.connect(offeringSigner).releaseLiquidity(newcomer.address);
      expect((await token.streamState()).eligible).to.equal(ELIGIBLE);
    });

    it("reverts for everybody but the offering", async () => {
      const { token, offering, issuer } = await networkHelpers.loadFixture(launched);
      await expect(token.connect(issuer).releaseLiquidity(issuer.address))
        .to.be.revertedWithCustomError(token, "ModelToken_NotOffering")
        .withArgs(issuer.address, await offering.getAddress());
    });

    it("reverts before the sale has succeeded", async () => {
      const { issuer, ...market } = await deployMarket();
      const { token, offering } = await draftSale({ ...market, issuer });
      await expect(
        token.connect(await impersonate(offering)).releaseLiquidity(issuer.address),
      ).to.be.revertedWithCustomError(token, "ModelToken_NotLaunched");
    });
  });
});
