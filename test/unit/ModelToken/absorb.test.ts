import { expect } from "chai";

import { DAY, deployMarket, ethers, networkHelpers, nextBlockAt, usd } from "../../helpers/offering/market.js";
import { deposit, nextEpoch, PER_SECOND, REVENUE, streamed } from "../../helpers/offering/revenue.js";
import { endedSale, launchedToken } from "../../helpers/offering/sales.js";

async function unlaunched() {
  const market = await deployMarket();
  return { ...market, ...(await endedSale(market)) };
}

describe("ModelToken", () => {
  describe("absorb", () => {
    it("credits a donation as revenue of the epoch of the call, for anyone", async () => {
      const { asset, token, alice, stranger } = await networkHelpers.loadFixture(launchedToken);
      await asset.mint(token, REVENUE);
      expect((await token.streamState()).pending).to.equal(0n);
      expect(await token.connect(stranger).absorb.staticCall()).to.equal(REVENUE);
      const start = await nextEpoch(token);
      await nextBlockAt(start);
      const sent = token.connect(stranger).absorb();
      await expect(sent)
        .to.emit(token, "RevenueDeposited")
        .withArgs(stranger.address, REVENUE, start / DAY);
      await expect(sent).to.changeTokenBalance(ethers, asset, token, 0n);
      await networkHelpers.time.increaseTo(start + DAY + 10n);
      expect(await token.claimable(alice)).to.equal(PER_SECOND.alice * 10n);
    });

    it("gives a donation to nobody before the call", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice } = fixture;
      await asset.mint(token, REVENUE);
      await networkHelpers.time.increase(3n * DAY);
      expect(await token.claimable(alice)).to.equal(0n);
      expect(await token.redeemableOnBurn(await token.totalSupply())).to.equal(0n);
    });

    it("credits nothing when nothing came, and says nothing", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, stranger } = fixture;
      const start = await deposit(fixture);
      await nextBlockAt(start + 50n);
      expect(await token.absorb.staticCall()).to.equal(0n);
      await expect(token.connect(stranger).absorb()).not.to.emit(token, "RevenueDeposited");
      expect((await token.streamState()).reserves).to.equal(REVENUE);
    });

    it("does not take for a donation what is owed, streaming or dust", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice } = fixture;
      await streamed(fixture, DAY / 2n, REVENUE - 1n);
      await token.connect(alice)["claim()"]();
      await asset.mint(token, usd(3));
      expect(await token.absorb.staticCall()).to.equal(usd(3));
    });

    it("reverts before the sale has succeeded", async () => {
      const { asset, token } = await networkHelpers.loadFixture(unlaunched);
      await asset.mint(token, 1n);
      await expect(token.absorb()).to.be.revertedWithCustomError(token, "ModelToken_NotLaunched");
    });
  });
});
