import { expect } from "chai";
import { dataSlice, id } from "ethers";

import {
  DAY,
  deployMarket,
  ethers,
  networkHelpers,
  nextBlockAt,
  PARAMETERS,
  usd,
} from "../../helpers/offering/market.js";
import { deposit, REVENUE, streamed } from "../../helpers/offering/revenue.js";
import { settledSale, SUPPLY } from "../../helpers/offering/sales.js";

const REENTRANT = dataSlice(id("ReentrancyGuardReentrantCall()"), 0, 4);

/** The usual launched token, with revenue in a mock of an asset. */
async function on(asset: { getAddress(): Promise<string> }) {
  const market = await deployMarket({ ...PARAMETERS, asset: await asset.getAddress() });
  return { ...market, ...(await settledSale(market)) };
}

async function feeOnTransfer() {
  const hostile = await ethers.deployContract("FeeOnTransferToken");
  await hostile.setFee(0);
  const fixture = await on(hostile);
  await hostile.setFee(100);
  return { ...fixture, hostile };
}

async function falseReturning() {
  const hostile = await ethers.deployContract("FalseReturningToken");
  return { ...(await on(hostile)), hostile };
}

async function noReturn() {
  return on(await ethers.deployContract("NoReturnToken"));
}

async function pausing() {
  const hostile = await ethers.deployContract("PausableToken");
  return { ...(await on(hostile)), hostile };
}

async function barring() {
  const hostile = await ethers.deployContract("BlacklistToken");
  return { ...(await on(hostile)), hostile };
}

async function reentrant() {
  const hostile = await ethers.deployContract("ReentrantToken");
  return { ...(await on(hostile)), hostile };
}

/** What the asset may do without anybody losing what is theirs. */
describe("ModelToken", () => {
  describe("with a fee on transfer", () => {
    it("credits what arrived, and stays able to pay everybody", async () => {
      const fixture = await networkHelpers.loadFixture(feeOnTransfer);
      const { asset, token, vesting, alice, bob, carol, ecosystem, stranger } = fixture;
      await asset.mint(stranger.address, REVENUE);
      await asset.connect(stranger).approve(token, REVENUE);
      const arrived = (REVENUE * 99n) / 100n;
      expect(await token.connect(stranger).depositRevenue.staticCall(REVENUE)).to.equal(arrived);
      await token.connect(stranger).depositRevenue(REVENUE);
      expect((await token.streamState()).pending).to.equal(arrived);
      await networkHelpers.time.increase(2n * DAY);
      const owed = (arrived * 4n) / 5n / 4n;
      expect(await token.claimable(alice)).to.equal((owed * 5n) / 4n);
      await token.claimMany([alice, bob, carol, ecosystem, vesting]);
      // The fee on the way out is the recipient's.
      expect(await asset.balanceOf(alice)).to.equal((((owed * 5n) / 4n) * 99n) / 100n);
      expect(await asset.balanceOf(token)).to.equal(arrived / 5n);
      expect(await token.redeemableOnBurn(await token.totalSupply())).to.equal(arrived / 5n);
    });
  });

  describe("with an asset that returns false", () => {
    it("neither credits nor debits for a transfer that failed", async () => {
      const fixture = await networkHelpers.loadFixture(falseReturning);
      const { asset, hostile, token, alice, stranger } = fixture;
      await streamed(fixture, DAY);
      await asset.mint(stranger.address, usd(1));
      await asset.connect(stranger).approve(token, usd(1));
      await hostile.setFailing(true);
      for (const call of [
        () => token.connect(stranger).depositRevenue(usd(1)),
        () => token.connect(alice)["claim()"](),
        () => token.connect(alice).claimTo(stranger.address),
        () => token.claimFor(alice.address),
        () => token.connect(alice)["burn(uint256)"](SUPPLY / 8n),
      ]) {
        await expect(call())
          .to.be.revertedWithCustomError(token, "SafeERC20FailedOperation")
          .withArgs(await asset.getAddress());
      }
      await expect(token.claimMany([alice.address]))
        .to.emit(token, "ClaimFailed")
        .withArgs(alice.address, alice.address, usd(216));
      expect(await token.claimable(alice)).to.equal(usd(216));
      expect((await token.streamState()).reserves).to.equal(REVENUE);
      await hostile.setFailing(false);
      await expect(token.claimMany([alice.address])).to.changeTokenBalance(ethers, asset, alice, usd(216));
    });
  });

  describe("with an asset that returns nothing", () => {
    it("takes revenue, pays claims, one and many, and redeems", async () => {
      const fixture = await networkHelpers.loadFixture(noReturn);
      const { asset, token, alice, bob, carol } = fixture;
      await streamed(fixture, DAY);
      await token.connect(alice)["claim()"]();
      await token.claimMany([bob.address]);
      await token.connect(carol)["burn(uint256)"](SUPPLY / 16n);
      expect(await asset.balanceOf(alice)).to.equal(usd(216));
      expect(await asset.balanceOf(bob)).to.equal(usd(108));
      expect(await asset.balanceOf(carol)).to.equal(REVENUE / 5n / 16n);
    });
  });

  describe("with a paused asset", () => {
    it("moves tokens and keeps all revenue until the asset moves again", async () => {
      const fixture = await networkHelpers.loadFixture(pausing);
      const { hostile, token, alice, bob, newcomer } = fixture;
      const start = await deposit(fixture);
      await hostile.setPaused(true);
      await nextBlockAt(start + DAY / 2n);
      await token.connect(alice).transfer(newcomer.address, await token.balanceOf(alice));
      await token.connect(bob).setAccruing(false);
      await networkHelpers.time.increaseTo(start + DAY);
      await token.snapshot();
      await expect(token.connect(alice)["claim()"]()).to.be.revertedWithCustomError(hostile, "PausableToken_Paused");
      expect(await token.claimMany.staticCall([alice, newcomer])).to.deep.equal([0n, 0n]);
      const rest = await token.claimable(newcomer);
      const failed = await token.claimMany([alice, newcomer]);
      await expect(failed).to.emit(token, "ClaimFailed").withArgs(alice.address, alice.address, usd(108));
      await expect(failed).to.emit(token, "ClaimFailed").withArgs(newcomer.address, newcomer.address, rest);
      await hostile.setPaused(false);
      await expect(token.claimMany([alice, newcomer])).to.changeTokenBalances(
        ethers,
        hostile,
        [alice, newcomer],
        [usd(108), rest],
      );
    });

    it("lets burn tokens whose share is nothing, and no others", async () => {
      const fixture = await networkHelpers.loadFixture(pausing);
      const { hostile, token, alice } = fixture;
      await hostile.setPaused(true);
      await token.connect(alice)["burn(uint256,uint256)"](5n, 0n);
      await hostile.setPaused(false);
      await streamed(fixture, DAY);
      await hostile.setPaused(true);
      const supply = await token.totalSupply();
      await expect(token.connect(alice)["burn(uint256)"](SUPPLY / 8n)).to.be.revertedWithCustomError(
        hostile,
        "PausableToken_Paused",
      );
      expect(await token.totalSupply()).to.equal(supply);
    });
  });

  describe("with an asset that bars accounts", () => {
    it("keeps only the barred holder from its own address; it claims to another", async () => {
      const fixture = await networkHelpers.loadFixture(barring);
      const { hostile, token, alice, bob, newcomer } = fixture;
      await streamed(fixture, DAY);
      await hostile.setBlacklisted(bob.address, true);
      for (const call of [() => token.connect(bob)["claim()"](), () => token.claimFor(bob.address)]) {
        await expect(call()).to.be.revertedWithCustomError(hostile, "BlacklistToken_Blacklisted").withArgs(bob.address);
      }
      await expect(token.connect(alice)["claim()"]()).to.changeTokenBalance(ethers, hostile, alice, usd(216));
      await token.connect(bob).transfer(newcomer.address, 1n);
      await expect(token.connect(bob).claimTo(newcomer.address)).to.changeTokenBalance(
        ethers,
        hostile,
        newcomer,
        usd(108),
      );
    });

    it("keeps the books when the token itself is barred", async () => {
      const fixture = await networkHelpers.loadFixture(barring);
      const { asset, hostile, token, alice, bob, newcomer } = fixture;
      await streamed(fixture, DAY);
      const barred = await token.getAddress();
      await hostile.setBlacklisted(barred, true);
      await token.connect(alice).transfer(newcomer.address, await token.balanceOf(alice));
      await expect(token.connect(alice)["claim()"]())
        .to.be.revertedWithCustomError(hostile, "BlacklistToken_Blacklisted")
        .withArgs(barred);
      await token.claimMany([alice.address, bob.address]);
      expect(await token.claimable(alice)).to.equal(usd(216));
      expect(await token.claimable(bob)).to.equal(usd(108));
      await hostile.setBlacklisted(barred, false);
      await expect(token.connect(alice)["claim()"]()).to.changeTokenBalance(ethers, asset, alice, usd(216));
    });
  });

  describe("with an asset that calls back", () => {
    it("refuses every function that moves the asset in the middle of every other", async () => {
      const fixture = await networkHelpers.loadFixture(reentrant);
      const { asset, hostile, token, alice, bob, carol, ecosystem, stranger } = fixture;
      await streamed(fixture, DAY);
      await token.snapshot();
      const { interface: api } = token;
      const inner = [
        api.encodeFunctionData("depositRevenue", [1n]),
        api.encodeFunctionData("absorb"),
        api.encodeFunctionData("claim()"),
        api.encodeFunctionData("claim(uint256)", [1n]),
        api.encodeFunctionData("claimTo", [stranger.address]),
        api.encodeFunctionData("claimFor", [bob.address]),
        api.encodeFunctionData("claimMany", [[bob.address]]),
        api.encodeFunctionData("burn(uint256)", [1n]),
        api.encodeFunctionData("burn(uint256,uint256)", [1n, 0n]),
      ];
      const outer = [
        () => token.connect(stranger).depositRevenue(1n),
        () => token.connect(alice)["claim()"](),
        () => token.connect(carol)["claim(uint256)"](1n),
        () => token.connect(alice).claimTo(stranger.address),
        () => token.claimFor(ecosystem.address),
        () => token.claimMany([ecosystem.address]),
        () => token.connect(alice)["burn(uint256)"](SUPPLY / 64n),
      ];
      await asset.mint(stranger.address, 100n);
      await asset.connect(stranger).approve(token, 100n);
      const before = await networkHelpers.takeSnapshot();
      for (const call of outer) {
        for (const data of inner) {
          await hostile.arm(token, data);
          await call();
          expect([await hostile.called(), await hostile.succeeded()]).to.deep.equal([true, false]);
          expect(await hostile.result()).to.equal(REENTRANT);
          await before.restore();
        }
      }
    });

    it("pays a holder that gives its tokens away in the middle of its claim once", async () => {
      const fixture = await networkHelpers.loadFixture(reentrant);
      const { asset, hostile, token, alice, newcomer, stranger } = fixture;
      const wallet = await ethers.deployContract("ContractWallet", [await hostile.getAddress()]);
      const order = (data: string) =>
        hostile.arm(wallet, wallet.interface.encodeFunctionData("execute", [token.target, data]));
      const { interface: api } = token;
      await order(api.encodeFunctionData("setPayoutAddress", [await wallet.getAddress()]));
      await asset.connect(stranger).transfer(stranger.address, 0n);
      expect((await token.accountOf(wallet)).pushable).to.equal(true);

      const held = await token.balanceOf(alice);
      await token.connect(alice).transfer(wallet, held);
      await streamed(fixture, DAY);
      await order(api.encodeFunctionData("transfer", [newcomer.address, held]));
      await expect(token.claimFor(wallet)).to.changeTokenBalance(ethers, asset, wallet, usd(216));
      expect(await token.balanceOf(newcomer)).to.equal(held);
      for (const account of [wallet, newcomer]) expect(await token.claimable(account)).to.equal(0n);
      expect((await token.streamState()).reserves).to.equal(REVENUE - usd(216));
    });
  });
});
