import { expect } from "chai";

import {
  DAY,
  deployMarket,
  ethers,
  networkHelpers,
  nextBlockAt,
  usd,
  ZeroAddress,
} from "../../helpers/offering/market.js";
import { deposit, REVENUE, streamed } from "../../helpers/offering/revenue.js";
import {
  ELIGIBLE,
  endedSale,
  fullCommitments,
  launchedToken,
  type SaleInMarket,
  settledSale,
  SUPPLY,
  whollySoldToken,
} from "../../helpers/offering/sales.js";

async function unlaunched() {
  const market = await deployMarket();
  return { ...market, ...(await endedSale(market)) };
}

/** No part of the revenue goes to those who burn. */
async function withoutRedemption() {
  const market = await deployMarket();
  return { ...market, ...(await settledSale(market, fullCommitments(market), { redeemBps: 0n })) };
}

const burn = ({ token }: SaleInMarket, holder: SaleInMarket["alice"], amount: bigint, minOut = 0n) =>
  token.connect(holder)["burn(uint256,uint256)"](amount, minOut);

describe("ModelToken", () => {
  describe("burn", () => {
    it("pays the share of the redemption pool, rounded down, and takes it from pool and reserves", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice } = fixture;
      await streamed(fixture, DAY);
      const amount = SUPPLY / 8n;
      const pool = REVENUE / 5n;
      expect(await token.redeemableOnBurn(amount)).to.equal(pool / 8n);
      const sent = burn(fixture, alice, amount, pool / 8n);
      await expect(sent).to.changeTokenBalances(ethers, asset, [token, alice], [-pool / 8n, pool / 8n]);
      await expect(sent).to.changeTokenBalance(ethers, token, alice, -amount);
      await expect(sent)
        .to.emit(token, "Redeemed")
        .withArgs(alice.address, amount, pool / 8n);
      await expect(sent).to.emit(token, "Transfer").withArgs(alice.address, ZeroAddress, amount);
      expect(await token.totalSupply()).to.equal(SUPPLY - amount);
      const { eligible, redemptionPool, reserves } = await token.streamState();
      expect([eligible, redemptionPool]).to.deep.equal([ELIGIBLE - amount, pool - pool / 8n]);
      expect(reserves).to.equal(REVENUE - pool / 8n);
    });

    it("rounds down for the burner, so that what the rest would get does not fall", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, alice, bob } = fixture;
      await streamed(fixture, DAY);
      const perToken = async () => {
        const { redemptionPool } = await token.streamState();
        return [redemptionPool, await token.totalSupply()] as const;
      };
      for (const [holder, amount] of [
        [alice, 7n],
        [bob, 10n ** 18n + 1n],
        [alice, 123_456_789n * 10n ** 9n],
      ] as const) {
        const [pool, supply] = await perToken();
        await burn(fixture, holder, amount);
        const [poolAfter, supplyAfter] = await perToken();
        expect(pool - poolAfter).to.equal((pool * amount) / supply);
        expect(poolAfter * supply).to.be.at.least(pool * supplyAfter);
      }
    });

    it("fills the pool as the revenue streams, not when it arrives", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token } = fixture;
      const start = await deposit(fixture);
      expect(await token.redeemableOnBurn(SUPPLY)).to.equal(0n);
      await networkHelpers.time.increaseTo(start + 10n);
      expect(await token.redeemableOnBurn(SUPPLY)).to.equal(20_000n);
      await networkHelpers.time.increaseTo(start + 3n * DAY);
      expect(await token.redeemableOnBurn(SUPPLY)).to.equal(REVENUE / 5n);
    });

    it("burn then claim: what the tokens had earned stays claimable", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice } = fixture;
      await streamed(fixture, DAY);
      await burn(fixture, alice, await token.balanceOf(alice));
      expect(await token.balanceOf(alice)).to.equal(0n);
      expect(await token.claimable(alice)).to.equal(usd(216));
      await streamed(fixture, DAY);
      await expect(token.connect(alice)["claim()"]()).to.changeTokenBalance(ethers, asset, alice, usd(216));
    });

    it("claim then burn pays the same as burn then claim", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice } = fixture;
      const start = await streamed(fixture, DAY);
      const amount = await token.balanceOf(alice);
      const before = await networkHelpers.takeSnapshot();
      const paid: bigint[] = [];
      for (const claimFirst of [true, false]) {
        await nextBlockAt(start + 2n * DAY);
        if (claimFirst) await token.connect(alice)["claim()"]();
        await burn(fixture, alice, amount);
        if (!claimFirst) await token.connect(alice)["claim()"]();
        paid.push(await asset.balanceOf(alice));
        await before.restore();
      }
      expect(paid[0]).to.equal(usd(216) + ((REVENUE / 5n) * amount) / SUPPLY);
      expect(paid[1]).to.equal(paid[0]);
    });

    it("gives the others all later revenue", async () => {
      const fixture = await networkHelpers.loadFixture(whollySoldToken);
      const { token, alice, bob, carol } = fixture;
      await burn(fixture, alice, ELIGIBLE / 2n);
      await streamed(fixture, DAY);
      for (const holder of [bob, carol]) expect(await token.claimable(holder)).to.equal((REVENUE * 4n) / 10n);
    });

    it("does not change what earns when who burns does not", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, alice } = fixture;
      const balance = await token.balanceOf(alice);
      await token.connect(alice).setAccruing(false);
      await burn(fixture, alice, balance / 2n);
      expect((await token.streamState()).eligible).to.equal(ELIGIBLE - balance);
      await token.connect(alice).setAccruing(true);
      expect((await token.streamState()).eligible).to.equal(ELIGIBLE - balance / 2n);
    });

    it("burn all: the last burner takes what is left of the pool, and nothing earns any more", async () => {
      const fixture = await networkHelpers.loadFixture(whollySoldToken);
      const { asset, token, alice, bob, carol } = fixture;
      await streamed(fixture, DAY);
      const pool = REVENUE / 5n;
      await burn(fixture, alice, ELIGIBLE / 2n, pool / 2n);
      await burn(fixture, bob, ELIGIBLE / 4n, pool / 4n);
      expect(await token.redeemableOnBurn(ELIGIBLE / 4n)).to.equal(pool / 4n);
      await expect(burn(fixture, carol, ELIGIBLE / 4n)).to.changeTokenBalance(ethers, asset, carol, pool / 4n);
      expect(await token.totalSupply()).to.equal(0n);
      expect(await token.redeemableOnBurn(1)).to.equal(0n);
      const { eligible, redemptionPool, reserves } = await token.streamState();
      expect([eligible, redemptionPool, reserves]).to.deep.equal([0n, 0n, REVENUE - pool]);
      for (const holder of [alice, bob, carol]) await token.connect(holder)["claim()"]();
      expect(await asset.balanceOf(token)).to.equal(0n);
    });

    it("burn all: later revenue has no owner and stays inside", async () => {
      const fixture = await networkHelpers.loadFixture(whollySoldToken);
      const { token, alice, bob, carol } = fixture;
      for (const holder of [alice, bob, carol]) await burn(fixture, holder, await token.balanceOf(holder));
      await streamed(fixture, 2n * DAY);
      const { pending, unstreamed, redemptionPool, reserves } = await token.streamState();
      expect(pending + unstreamed).to.equal(REVENUE);
      expect([redemptionPool, reserves]).to.deep.equal([0n, REVENUE]);
      expect(await token.accrualRate()).to.equal(0n);
    });

    it("burns for nothing only with an explicit minimum of 0", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice } = fixture;
      await expect(token.connect(alice)["burn(uint256)"](usd(1)))
        .to.be.revertedWithCustomError(token, "ModelToken_NothingRedeemed")
        .withArgs(usd(1));
      const sent = burn(fixture, alice, usd(1), 0n);
      await expect(sent).to.changeTokenBalance(ethers, asset, alice, 0n);
      await expect(sent).to.emit(token, "Redeemed").withArgs(alice.address, usd(1), 0n);
    });

    it("burns with one argument where that pays, as ERC-7641 says", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice } = fixture;
      await streamed(fixture, DAY);
      const expected = await token.redeemableOnBurn(SUPPLY / 16n);
      expect(expected).to.equal(REVENUE / 5n / 16n);
      const sent = token.connect(alice)["burn(uint256)"](SUPPLY / 16n);
      await expect(sent).to.changeTokenBalance(ethers, asset, alice, expected);
    });

    it("reverts below the least acceptable payment", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, alice } = fixture;
      await streamed(fixture, DAY);
      const payment = REVENUE / 5n / 8n;
      await expect(burn(fixture, alice, SUPPLY / 8n, payment + 1n))
        .to.be.revertedWithCustomError(token, "ModelToken_RedemptionTooLow")
        .withArgs(payment, payment + 1n);
    });

    it("reverts for more than the caller holds, and for nothing", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, alice, newcomer } = fixture;
      await streamed(fixture, DAY);
      const balance = await token.balanceOf(alice);
      for (const [holder, held] of [
        [alice, balance],
        [newcomer, 0n],
      ] as const) {
        await expect(burn(fixture, holder, balance + 1n))
          .to.be.revertedWithCustomError(token, "ERC20InsufficientBalance")
          .withArgs(holder.address, held, balance + 1n);
      }
      await expect(burn(fixture, alice, 0n)).to.be.revertedWithCustomError(token, "ModelToken_ZeroAmount");
      await expect(token.connect(alice)["burn(uint256)"](0)).to.be.revertedWithCustomError(
        token,
        "ModelToken_ZeroAmount",
      );
    });

    it("reverts before the sale has succeeded", async () => {
      const fixture = await networkHelpers.loadFixture(unlaunched);
      const { token, ecosystem } = fixture;
      await expect(burn(fixture, ecosystem, 1n)).to.be.revertedWithCustomError(token, "ModelToken_NotLaunched");
    });

    it("pays nothing where no part of the revenue was set aside", async () => {
      const fixture = await networkHelpers.loadFixture(withoutRedemption);
      const { token, alice } = fixture;
      await streamed(fixture, DAY);
      expect(await token.redeemableOnBurn(SUPPLY)).to.equal(0n);
      expect(await token.claimable(alice)).to.equal((REVENUE * 5n) / 16n);
      await expect(token.connect(alice)["burn(uint256)"](SUPPLY / 8n))
        .to.be.revertedWithCustomError(token, "ModelToken_NothingRedeemed")
        .withArgs(SUPPLY / 8n);
    });
  });

  describe("redeemableERC20OnBurn", () => {
    it("is redeemableOnBurn of the asset, and nothing of another token", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token } = fixture;
      await streamed(fixture, DAY);
      expect(await token.redeemableERC20OnBurn(SUPPLY / 2n, asset)).to.equal(REVENUE / 10n);
      expect(await token.redeemableERC20OnBurn(SUPPLY / 2n, token)).to.equal(0n);
    });
  });
});
