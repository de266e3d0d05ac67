import { expect } from "chai";
import { dataSlice, id } from "ethers";

import { deployMarket, ethers, type Market, networkHelpers, PARAMETERS, usd } from "../../helpers/offering/market.js";
import {
  commit,
  endedSale,
  finalizedSale,
  HARD_CAP,
  openSale,
  Phase,
  SALE_SUPPLY,
  type SaleInMarket,
} from "../../helpers/offering/sales.js";

const REENTRANT = dataSlice(id("ReentrancyGuardReentrantCall()"), 0, 4);

/** A market whose asset is a mock. */
const marketOn = async (asset: { getAddress(): Promise<string> }): Promise<Market> =>
  deployMarket({ ...PARAMETERS, asset: await asset.getAddress() });

async function feeOnTransfer() {
  const hostile = await ethers.deployContract("FeeOnTransferToken");
  const market = await marketOn(hostile);
  return { ...market, ...(await openSale(market)), hostile };
}

async function falseReturning() {
  const hostile = await ethers.deployContract("FalseReturningToken");
  const market = await marketOn(hostile);
  return { ...market, ...(await endedSale(market, [[market.alice, 2n * HARD_CAP]])), hostile };
}

async function pausing() {
  const hostile = await ethers.deployContract("PausableToken");
  const market = await marketOn(hostile);
  return { ...market, ...(await openSale(market)), hostile };
}

/** Alice and bob committed the hard cap each, and the asset bars alice. */
async function barringSucceeded() {
  const hostile = await ethers.deployContract("BlacklistToken");
  const market = await marketOn(hostile);
  const { alice, bob } = market;
  const sale = await finalizedSale(market, [
    [alice, HARD_CAP],
    [bob, HARD_CAP],
  ]);
  await hostile.setBlacklisted(alice.address, true);
  return { ...market, ...sale, hostile };
}

/** Alice and bob committed 10 each, which was not enough, and the asset bars alice. */
async function barringFailed() {
  const hostile = await ethers.deployContract("BlacklistToken");
  const market = await marketOn(hostile);
  const { alice, bob } = market;
  const sale = await finalizedSale(market, [
    [alice, usd(10)],
    [bob, usd(10)],
  ]);
  await hostile.setBlacklisted(alice.address, true);
  return { ...market, ...sale, hostile };
}

async function reentrant() {
  const hostile = await ethers.deployContract("ReentrantToken");
  const market = await marketOn(hostile);
  return { ...market, ...(await openSale(market)), hostile };
}

/** Calls of everything that moves money or tokens, as the asset would make them. */
function guardedCalls({ offering, bob, stranger }: SaleInMarket): string[] {
  const { interface: api } = offering;
  const zero = ethers.ZeroHash;
  return [
    api.encodeFunctionData("commit", [1n, 0n, []]),
    api.encodeFunctionData("commitWithPermit", [1n, 0n, [], 0n, 27, zero, zero]),
    api.encodeFunctionData("withdraw", [1n]),
    api.encodeFunctionData("finalize"),
    api.encodeFunctionData("settleFor", [bob.address]),
    api.encodeFunctionData("settleTo", [stranger.address]),
    api.encodeFunctionData("refundFor", [bob.address]),
    api.encodeFunctionData("refundTo", [stranger.address]),
    api.encodeFunctionData("withdrawProceeds", [stranger.address]),
    api.encodeFunctionData("releaseLiquidity"),
  ];
}

describe("ModelOffering", () => {
  describe("with a fee on transfer", () => {
    it("refuses a commitment of which less arrives", async () => {
      const fixture = await networkHelpers.loadFixture(feeOnTransfer);
      const { hostile, offering, alice, bob } = fixture;
      await hostile.setFee(0);
      await commit(fixture, fixture, alice, usd(10));
      await hostile.setFee(100);
      await expect(commit(fixture, fixture, bob, usd(100)))
        .to.be.revertedWithCustomError(offering, "ModelOffering_AssetTakesFee")
        .withArgs(usd(109), usd(110));
      expect(await offering.totalCommitted()).to.equal(usd(10));
      await hostile.setFee(0);
      await offering.connect(alice).withdraw(usd(10));
      expect(await hostile.balanceOf(alice)).to.equal(usd(10));
    });
  });

  describe("with an asset that returns false", () => {
    it("neither takes nor pays for a transfer that failed, and loses no commitment", async () => {
      const fixture = await networkHelpers.loadFixture(falseReturning);
      const { hostile, offering, issuer, alice } = fixture;
      await offering.finalize();
      await hostile.setFailing(true);
      for (const call of [
        () => offering.settleFor(alice.address),
        () => offering.connect(alice).settleTo(alice.address),
        () => offering.connect(issuer).withdrawProceeds(issuer.address),
      ]) {
        await expect(call())
          .to.be.revertedWithCustomError(offering, "SafeERC20FailedOperation")
          .withArgs(await hostile.getAddress());
      }
      expect(await offering.commitmentOf(alice)).to.equal(2n * HARD_CAP);
      await hostile.setFailing(false);
      await offering.settleFor(alice.address);
      await offering.connect(issuer).withdrawProceeds(issuer.address);
      expect(await hostile.balanceOf(offering)).to.equal(0n);
    });
  });

  describe("with an asset that returns nothing", () => {
    it("commits, withdraws, settles and pays", async () => {
      const asset = await ethers.deployContract("NoReturnToken");
      const market = await marketOn(asset);
      const { alice, issuer } = market;
      const sale = await openSale(market);
      const { offering, token } = sale;
      await commit(market, sale, alice, 3n * HARD_CAP);
      await offering.connect(alice).withdraw(HARD_CAP);
      await networkHelpers.time.increaseTo(sale.config.closesAt);
      await offering.finalize();
      await offering.settleFor(alice.address);
      await offering.connect(issuer).withdrawProceeds(issuer.address);
      expect(await asset.balanceOf(alice)).to.equal(2n * HARD_CAP);
      expect(await asset.balanceOf(issuer)).to.equal(HARD_CAP);
      expect(await token.balanceOf(alice)).to.equal(SALE_SUPPLY);
    });
  });

  describe("with a paused asset", () => {
    it("waits for it: nothing is lost, and the sale ends as it would have", async () => {
      const fixture = await networkHelpers.loadFixture(pausing);
      const { hostile, offering, token, alice, config } = fixture;
      await commit(fixture, fixture, alice, 2n * HARD_CAP);
      await hostile.setPaused(true);
      await expect(offering.connect(alice).withdraw(1n)).to.be.revertedWithCustomError(hostile, "PausableToken_Paused");
      await networkHelpers.time.increaseTo(config.closesAt);
      await offering.finalize();
      expect(await token.launched()).to.equal(true);
      await expect(offering.settleFor(alice.address)).to.be.revertedWithCustomError(hostile, "PausableToken_Paused");
      await hostile.setPaused(false);
      await expect(offering.settleFor(alice.address)).to.changeTokenBalance(ethers, hostile, alice, HARD_CAP);
    });
  });

  describe("with an asset that bars accounts", () => {
    it("keeps only the barred buyer from its refund above the hard cap; settleTo sends it elsewhere", async () => {
      const { hostile, offering, token, alice, bob, newcomer } = await networkHelpers.loadFixture(barringSucceeded);
      await expect(offering.settleFor(alice.address))
        .to.be.revertedWithCustomError(hostile, "BlacklistToken_Blacklisted")
        .withArgs(alice.address);
      await expect(offering.settleFor(bob.address)).to.changeTokenBalance(ethers, hostile, bob, HARD_CAP / 2n);
      await expect(offering.connect(alice).settleTo(newcomer.address)).to.changeTokenBalance(
        ethers,
        hostile,
        newcomer,
        HARD_CAP / 2n,
      );
      expect(await token.balanceOf(alice)).to.equal(SALE_SUPPLY / 2n);
    });

    it("keeps only the barred buyer from its refund of a failed sale; refundTo sends it elsewhere", async () => {
      const { hostile, offering, alice, bob, newcomer } = await networkHelpers.loadFixture(barringFailed);
      await expect(offering.refundFor(alice.address))
        .to.be.revertedWithCustomError(hostile, "BlacklistToken_Blacklisted")
        .withArgs(alice.address);
      await expect(offering.refundFor(bob.address)).to.changeTokenBalance(ethers, hostile, bob, usd(10));
      await expect(offering.connect(alice).refundTo(newcomer.address)).to.changeTokenBalance(
        ethers,
        hostile,
        newcomer,
        usd(10),
      );
    });

    it("lets the issuer send the proceeds to an address that is not barred", async () => {
      const { hostile, offering, issuer, newcomer } = await networkHelpers.loadFixture(barringSucceeded);
      await hostile.setBlacklisted(issuer.address, true);
      await offering.connect(issuer).withdrawProceeds(newcomer.address);
      expect(await hostile.balanceOf(newcomer)).to.equal(HARD_CAP);
    });
  });

  describe("with an asset that calls back", () => {
    it("refuses everything in the middle of a commitment and of a withdrawal", async () => {
      const fixture = await networkHelpers.loadFixture(reentrant);
      const { asset, hostile, offering, alice } = fixture;
      await asset.mint(alice.address, usd(1_000));
      await asset.connect(alice).approve(offering, usd(1_000));
      for (const data of guardedCalls(fixture)) {
        for (const call of [
          () => offering.connect(alice).commit(usd(10), 0, []),
          () => offering.connect(alice).withdraw(usd(10)),
        ]) {
          await hostile.arm(offering, data);
          await call();
          expect([await hostile.called(), await hostile.succeeded()]).to.deep.equal([true, false]);
          expect(await hostile.result()).to.equal(REENTRANT);
        }
      }
      expect(await offering.totalCommitted()).to.equal(0n);
      expect(await asset.balanceOf(alice)).to.equal(usd(1_000));
    });

    it("refuses everything in the middle of a settlement and of the payment of the proceeds", async () => {
      const fixture = await networkHelpers.loadFixture(reentrant);
      const { hostile, offering, issuer, alice, bob, config } = fixture;
      for (const buyer of [alice, bob]) await commit(fixture, fixture, buyer, HARD_CAP);
      await networkHelpers.time.increaseTo(config.closesAt);
      await offering.finalize();
      const before = await networkHelpers.takeSnapshot();
      for (const data of guardedCalls(fixture)) {
        for (const call of [
          () => offering.settleFor(alice.address),
          () => offering.connect(alice).settleTo(alice.address),
          () => offering.connect(issuer).withdrawProceeds(issuer.address),
        ]) {
          await hostile.arm(offering, data);
          await call();
          expect([await hostile.called(), await hostile.succeeded()]).to.deep.equal([true, false]);
          expect(await hostile.result()).to.equal(REENTRANT);
          await before.restore();
        }
      }
    });

    it("refuses everything in the middle of a refund", async () => {
      const fixture = await networkHelpers.loadFixture(reentrant);
      const { hostile, offering, alice, bob, config } = fixture;
      for (const buyer of [alice, bob]) await commit(fixture, fixture, buyer, usd(1));
      await networkHelpers.time.increaseTo(config.closesAt);
      await offering.finalize();
      expect(await offering.phase()).to.equal(Phase.Failed);
      const before = await networkHelpers.takeSnapshot();
      for (const data of guardedCalls(fixture)) {
        for (const call of [
          () => offering.refundFor(alice.address),
          () => offering.connect(alice).refundTo(alice.address),
        ]) {
          await hostile.arm(offering, data);
          await call();
          expect([await hostile.called(), await hostile.succeeded()]).to.deep.equal([true, false]);
          expect(await hostile.result()).to.equal(REENTRANT);
          await before.restore();
        }
      }
    });
  });
});
