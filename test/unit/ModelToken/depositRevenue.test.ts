import { expect } from "chai";
import { MaxUint256 } from "ethers";

import { allocation, launchedBareToken } from "../../helpers/offering/bareToken.js";
import { DAY, deployMarket, ethers, networkHelpers, nextBlockAt, now, usd } from "../../helpers/offering/market.js";
import { nextEpoch, REVENUE } from "../../helpers/offering/revenue.js";
import { endedSale, launchedToken } from "../../helpers/offering/sales.js";

const MAX_REVENUE = (1n << 96n) - 1n;
/** Fewest tokens that earn. */
const MIN_ELIGIBLE = 1n << 57n;

const smallestSupply = () => launchedBareToken(({ alice }) => ({ allocations: [allocation(alice, MIN_ELIGIBLE)] }));

async function unlaunched() {
  const market = await deployMarket();
  return { ...market, ...(await endedSale(market)) };
}

describe("ModelToken", () => {
  describe("depositRevenue", () => {
    async function funded() {
      const fixture = await launchedToken();
      await fixture.asset.mint(fixture.stranger.address, usd(10_000));
      await fixture.asset.connect(fixture.stranger).approve(fixture.token, MaxUint256);
      return fixture;
    }

    it("takes the amount from the caller and keeps it for the next epoch", async () => {
      const { asset, token, stranger } = await networkHelpers.loadFixture(funded);
      const start = await nextEpoch(token);
      await nextBlockAt(start + 5n);
      const sent = token.connect(stranger).depositRevenue(REVENUE);
      await expect(sent).to.changeTokenBalances(ethers, asset, [stranger, token], [-REVENUE, REVENUE]);
      await expect(sent)
        .to.emit(token, "RevenueDeposited")
        .withArgs(stranger.address, REVENUE, start / DAY);
      const { index, pending, unstreamed, redemptionPool, reserves } = await token.streamState();
      expect([index, pending, unstreamed, redemptionPool, reserves]).to.deep.equal([0n, REVENUE, 0n, 0n, REVENUE]);
    });

    it("adds to what came in before in the same epoch", async () => {
      const { token, stranger } = await networkHelpers.loadFixture(funded);
      await token.connect(stranger).depositRevenue(usd(1));
      await token.connect(stranger).depositRevenue(usd(2));
      expect((await token.streamState()).pending).to.equal(usd(3));
    });

    it("streams in the next epoch what came in in the last second of an epoch, one later what came in in the first", async () => {
      const { token, stranger } = await networkHelpers.loadFixture(funded);
      const start = await nextEpoch(token);
      await nextBlockAt(start - 1n);
      await token.connect(stranger).depositRevenue(usd(1));
      await nextBlockAt(start);
      await token.connect(stranger).depositRevenue(usd(2));
      let state = await token.streamState();
      expect([state.unstreamed, state.pending]).to.deep.equal([usd(1), usd(2)]);
      await networkHelpers.time.increaseTo(start + DAY);
      state = await token.streamState();
      expect([state.unstreamed, state.pending]).to.deep.equal([usd(2), 0n]);
      expect(state.redemptionPool).to.equal(usd("0.2"));
    });

    it("credits what arrived, with what was sent before without a call", async () => {
      const { asset, token, stranger } = await networkHelpers.loadFixture(funded);
      await asset.connect(stranger).transfer(token, usd(5));
      expect(await token.connect(stranger).depositRevenue.staticCall(usd(2))).to.equal(usd(7));
      const sent = await token.connect(stranger).depositRevenue(usd(2));
      await expect(sent)
        .to.emit(token, "RevenueDeposited")
        .withArgs(stranger.address, usd(7), (await now()) / DAY);
      expect((await token.streamState()).pending).to.equal(usd(7));
    });

    it("reverts for nothing", async () => {
      const { token, stranger } = await networkHelpers.loadFixture(funded);
      await expect(token.connect(stranger).depositRevenue(0)).to.be.revertedWithCustomError(
        token,
        "ModelToken_ZeroAmount",
      );
    });

    it("reverts without an allowance", async () => {
      const { asset, token, alice } = await networkHelpers.loadFixture(funded);
      await expect(token.connect(alice).depositRevenue(1))
        .to.be.revertedWithCustomError(asset, "ERC20InsufficientAllowance")
        .withArgs(await token.getAddress(), 0n, 1n);
    });

    it("reverts before the sale has succeeded", async () => {
      const { token, stranger } = await networkHelpers.loadFixture(unlaunched);
      await expect(token.connect(stranger).depositRevenue(1)).to.be.revertedWithCustomError(
        token,
        "ModelToken_NotLaunched",
      );
    });

    it("reverts for more than the reserves can hold, and takes exactly that", async () => {
      const { asset, token, stranger } = await networkHelpers.loadFixture(smallestSupply);
      await asset.mint(stranger.address, MAX_REVENUE + 1n);
      await token.connect(stranger).depositRevenue(10n);
      await expect(token.connect(stranger).depositRevenue(MAX_REVENUE - 9n))
        .to.be.revertedWithCustomError(token, "ModelToken_RevenueTooLarge")
        .withArgs(MAX_REVENUE - 9n, MAX_REVENUE - 10n);
      await token.connect(stranger).depositRevenue(MAX_REVENUE - 10n);
      expect((await token.streamState()).reserves).to.equal(MAX_REVENUE);
    });

    it("reverts for more than the index has room for, after the largest revenue on the smallest supply", async () => {
      const { asset, token, alice, stranger } = await networkHelpers.loadFixture(smallestSupply);
      await asset.mint(stranger.address, MAX_REVENUE * 3n);
      for (let round = 0; round < 2; ++round) {
        await token.connect(stranger).depositRevenue(MAX_REVENUE);
        await networkHelpers.time.increase(2n * DAY);
        await expect(token.connect(alice)["claim()"]()).to.changeTokenBalance(ethers, asset, alice, MAX_REVENUE);
      }
      // A = 2 · (2^96 − 1) · 2^112 / 2^57 leaves room for two units more: 2^56 − 1 below the largest index.
      expect((await token.streamState()).index).to.equal((MAX_REVENUE * 2n) << 55n);
      await expect(token.connect(stranger).depositRevenue(2n))
        .to.be.revertedWithCustomError(token, "ModelToken_RevenueTooLarge")
        .withArgs(2n, 1n);
      await token.connect(stranger).depositRevenue(1n);
      await expect(token.connect(stranger).depositRevenue(1n))
        .to.be.revertedWithCustomError(token, "ModelToken_RevenueTooLarge")
        .withArgs(2n, 1n);
    });
  });
});
