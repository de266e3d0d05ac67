import { expect } from "chai";

import {
  DAY,
  ethers,
  networkHelpers,
  nextBlockAt,
  type Signer,
  usd,
  ZeroAddress,
} from "../../helpers/offering/market.js";
import { deposit, PER_SECOND, streamed } from "../../helpers/offering/revenue.js";
import { launchedToken, type SaleInMarket } from "../../helpers/offering/sales.js";

/** Alice's tokens are in a contract that holds them and earns. */
async function heldBy(fixture: SaleInMarket, holder: { getAddress(): Promise<string> }): Promise<void> {
  const { token, alice } = fixture;
  await token.connect(alice).transfer(await holder.getAddress(), await token.balanceOf(alice));
}

async function walletOf({ alice }: { alice: Signer }) {
  return ethers.deployContract("ContractWallet", [alice.address]);
}

describe("ModelToken", () => {
  describe("claimFor", () => {
    it("pays an account without code what it earned; anyone may", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice, newcomer } = fixture;
      const start = await deposit(fixture);
      await nextBlockAt(start + 4n);
      const sent = token.connect(newcomer).claimFor(alice.address);
      await expect(sent).to.changeTokenBalances(ethers, asset, [token, alice, newcomer], [-10_000n, 10_000n, 0n]);
      await expect(sent).to.emit(token, "RevenueClaimed").withArgs(alice.address, alice.address, 10_000n);
    });

    it("returns what it paid", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      await streamed(fixture, DAY);
      expect(await fixture.token.claimFor.staticCall(fixture.alice.address)).to.equal(usd(216));
    });

    it("pays to the payout address of the account", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice, newcomer, stranger } = fixture;
      await token.connect(alice).setPayoutAddress(newcomer.address);
      await streamed(fixture, DAY);
      const sent = token.connect(stranger).claimFor(alice.address);
      await expect(sent).to.changeTokenBalances(ethers, asset, [alice, newcomer], [0n, usd(216)]);
      await expect(sent).to.emit(token, "RevenueClaimed").withArgs(alice.address, newcomer.address, usd(216));
    });

    it("pays the vesting wallet, which the factory opted in", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, vesting, stranger } = fixture;
      await streamed(fixture, DAY);
      await expect(token.connect(stranger).claimFor(vesting)).to.changeTokenBalances(
        ethers,
        asset,
        [token, vesting],
        [-DAY * PER_SECOND.vesting, DAY * PER_SECOND.vesting],
      );
    });

    it("pays a contract after its own opt-in, and no more after it took that back", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice, stranger } = fixture;
      const wallet = await walletOf(fixture);
      await heldBy(fixture, wallet);
      const setPayout = (payout: string) =>
        wallet.connect(alice).execute(token, token.interface.encodeFunctionData("setPayoutAddress", [payout]));
      const refused = async () => {
        await expect(token.connect(stranger).claimFor(wallet))
          .to.be.revertedWithCustomError(token, "ModelToken_NotPushable")
          .withArgs(await wallet.getAddress());
      };
      await streamed(fixture, DAY);
      await refused();
      await setPayout(await wallet.getAddress());
      await expect(token.connect(stranger).claimFor(wallet)).to.changeTokenBalance(ethers, asset, wallet, usd(216));
      await setPayout(ZeroAddress);
      await streamed(fixture, DAY);
      await refused();
    });

    it("refuses claimFor(pair) + skim: a pair's revenue goes to nobody who asks", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, stranger } = fixture;
      const factory = await ethers.deployContract("PairFactory");
      const pairAddress = await factory.createPair.staticCall(token, asset);
      await factory.createPair(token, asset);
      const pair = await ethers.getContractAt("Pair", pairAddress);
      await heldBy(fixture, pair);
      await pair.sync();
      await streamed(fixture, DAY);
      expect(await token.claimable(pair)).to.equal(usd(216));

      await expect(token.connect(stranger).claimFor(pair))
        .to.be.revertedWithCustomError(token, "ModelToken_NotPushable")
        .withArgs(pairAddress);
      expect(await token.connect(stranger).claimMany.staticCall([pairAddress])).to.deep.equal([0n]);
      await token.connect(stranger).claimMany([pairAddress]);
      const skim = pair.connect(stranger).skim(stranger.address);
      await expect(skim).to.changeTokenBalances(ethers, asset, [stranger, token], [0n, 0n]);
      expect(await token.claimable(pair)).to.equal(usd(216));
    });

    it("refuses sync, claimFor, settle on a singleton AMM", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, stranger } = fixture;
      const singleton = await ethers.deployContract("SingletonPool");
      await heldBy(fixture, singleton);
      await streamed(fixture, DAY);

      await singleton.connect(stranger).sync(asset);
      await expect(token.connect(stranger).claimFor(singleton))
        .to.be.revertedWithCustomError(token, "ModelToken_NotPushable")
        .withArgs(await singleton.getAddress());
      await singleton.connect(stranger).settle(asset);
      expect(await singleton.creditOf(stranger, asset)).to.equal(0n);
      expect(await token.claimable(singleton)).to.equal(usd(216));
    });

    it("reverts for the offering and the token, whose tokens are not theirs", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, offering } = fixture;
      await streamed(fixture, DAY);
      for (const account of [offering, token]) {
        await expect(token.claimFor(account))
          .to.be.revertedWithCustomError(token, "ModelToken_NotPushable")
          .withArgs(await account.getAddress());
      }
    });

    it("reverts when there is nothing", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, newcomer } = fixture;
      await streamed(fixture, DAY);
      for (const account of [newcomer.address, ZeroAddress]) {
        await expect(token.claimFor(account))
          .to.be.revertedWithCustomError(token, "ModelToken_NothingToClaim")
          .withArgs(account);
      }
    });
  });
});
