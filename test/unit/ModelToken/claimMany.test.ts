import { expect } from "chai";

import { DAY, deployMarket, ethers, networkHelpers, PARAMETERS, usd } from "../../helpers/offering/market.js";
import { PER_SECOND, REVENUE, streamed } from "../../helpers/offering/revenue.js";
import { launchedToken, settledSale } from "../../helpers/offering/sales.js";

async function barring() {
  const blacklist = await ethers.deployContract("BlacklistToken");
  const market = await deployMarket({ ...PARAMETERS, asset: await blacklist.getAddress() });
  return { ...market, ...(await settledSale(market)), blacklist };
}

describe("ModelToken", () => {
  describe("claimMany", () => {
    it("pays each account what it earned; anyone may", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, vesting, alice, bob, ecosystem, stranger } = fixture;
      await streamed(fixture, DAY);
      const accounts = [alice.address, await vesting.getAddress(), bob.address, ecosystem.address];
      const amounts = [usd(216), DAY * PER_SECOND.vesting, usd(108), DAY * PER_SECOND.ecosystem];
      expect(await token.claimMany.staticCall(accounts)).to.deep.equal(amounts);
      const sent = token.connect(stranger).claimMany(accounts);
      const sum = amounts.reduce((a, b) => a + b);
      await expect(sent).to.changeTokenBalances(ethers, asset, [token, ...accounts], [-sum, ...amounts]);
      for (const [i, account] of accounts.entries()) {
        await expect(sent).to.emit(token, "RevenueClaimed").withArgs(account, account, amounts[i]);
      }
      expect((await token.streamState()).reserves).to.equal(REVENUE - sum);
    });

    it("skips accounts that have nothing, come twice or did not opt in", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice, bob, newcomer } = fixture;
      const wallet = await ethers.deployContract("ContractWallet", [bob.address]);
      await token.connect(bob).transfer(wallet, await token.balanceOf(bob));
      await streamed(fixture, DAY);
      const accounts = [newcomer.address, await wallet.getAddress(), alice.address, alice.address];
      expect(await token.claimMany.staticCall(accounts)).to.deep.equal([0n, 0n, usd(216), 0n]);
      const sent = token.claimMany(accounts);
      await expect(sent).to.changeTokenBalances(ethers, asset, accounts, [0n, 0n, usd(216), usd(216)]);
      await expect(sent).not.to.emit(token, "ClaimFailed");
      expect(await token.claimable(wallet)).to.equal(usd(108));
    });

    it("pays to the payout addresses", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice, bob, newcomer } = fixture;
      for (const holder of [alice, bob]) await token.connect(holder).setPayoutAddress(newcomer.address);
      await streamed(fixture, DAY);
      await expect(token.claimMany([alice.address, bob.address])).to.changeTokenBalances(
        ethers,
        asset,
        [alice, bob, newcomer],
        [0n, 0n, usd(324)],
      );
    });

    it("lets one victim of the asset's blacklist block no others, and keeps its revenue for it", async () => {
      const fixture = await networkHelpers.loadFixture(barring);
      const { blacklist, token, alice, bob, carol, newcomer } = fixture;
      await streamed(fixture, DAY);
      await blacklist.setBlacklisted(bob.address, true);
      const accounts = [alice.address, bob.address, carol.address];
      expect(await token.claimMany.staticCall(accounts)).to.deep.equal([usd(216), 0n, usd(108)]);
      const sent = token.claimMany(accounts);
      await expect(sent).to.changeTokenBalances(
        ethers,
        blacklist,
        [token, ...accounts],
        [-usd(324), usd(216), 0n, usd(108)],
      );
      await expect(sent).to.emit(token, "ClaimFailed").withArgs(bob.address, bob.address, usd(108));
      expect(await token.claimable(bob)).to.equal(usd(108));
      expect((await token.streamState()).reserves).to.equal(REVENUE - usd(324));
      await expect(token.connect(bob).claimTo(newcomer.address)).to.changeTokenBalance(
        ethers,
        blacklist,
        newcomer,
        usd(108),
      );
    });

    it("pays nobody when there is nobody", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      expect(await fixture.token.claimMany.staticCall([])).to.deep.equal([]);
      await expect(fixture.token.claimMany([])).not.to.emit(fixture.token, "RevenueClaimed");
    });
  });
});
