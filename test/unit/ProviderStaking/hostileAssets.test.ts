import { expect } from "chai";

import { deployStaking, ethers, networkHelpers, usd } from "../../helpers/deployPartial.js";

/** What an asset may do without anybody losing what is theirs. */
describe("ProviderStaking", () => {
  describe("with a fee on transfer", () => {
    async function fixture() {
      const token = await ethers.deployContract("FeeOnTransferToken");
      const actors = await deployStaking(token);
      for (const holder of [actors.alice, actors.bob]) {
        await token.mint(holder.address, usd(1_000));
        await token.connect(holder).approve(actors.staking, usd(1_000));
      }
      return { token, ...actors };
    }

    it("credits what arrived, so that everybody can leave", async () => {
      const { token, staking, alice, bob } = await networkHelpers.loadFixture(fixture);
      await expect(staking.connect(alice).deposit(alice.address, usd(100)))
        .to.emit(staking, "StakeDeposited")
        .withArgs(alice.address, alice.address, usd(99));
      await staking.connect(bob).deposit(bob.address, usd(200));
      expect(await staking.accountOf(alice.address)).to.deep.equal([usd(99), 0n]);
      expect(await token.balanceOf(staking)).to.equal(usd(99) + usd(198));
      await staking.connect(alice).withdraw(alice.address, usd(99));
      await staking.connect(bob).withdraw(bob.address, usd(198));
      expect(await token.balanceOf(staking)).to.equal(0n);
    });

    it("reverts when nothing arrives", async () => {
      const { token, staking, alice } = await networkHelpers.loadFixture(fixture);
      await token.setFee(10_000);
      await expect(staking.connect(alice).deposit(alice.address, usd(100))).to.be.revertedWithCustomError(
        staking,
        "ProviderStaking_ZeroAmount",
      );
    });
  });

  describe("with an asset that returns false", () => {
    async function fixture() {
      const token = await ethers.deployContract("FalseReturningToken");
      const actors = await deployStaking(token);
      await token.mint(actors.alice.address, usd(100));
      await token.connect(actors.alice).approve(actors.staking, usd(100));
      return { token, ...actors };
    }

    it("credits nothing for a transfer that failed", async () => {
      const { token, staking, alice } = await networkHelpers.loadFixture(fixture);
      await token.setFailing(true);
      await expect(staking.connect(alice).deposit(alice.address, usd(100)))
        .to.be.revertedWithCustomError(staking, "SafeERC20FailedOperation")
        .withArgs(await token.getAddress());
      expect(await staking.accountOf(alice.address)).to.deep.equal([0n, 0n]);
    });

    it("debits nothing for a transfer that failed", async () => {
      const { token, staking, court, alice } = await networkHelpers.loadFixture(fixture);
      await staking.connect(alice).deposit(alice.address, usd(100));
      await staking.connect(court).lock(alice.address, usd(10));
      await staking.connect(court).slash(alice.address, usd(10), []);
      await token.setFailing(true);
      for (const call of [() => staking.connect(alice).withdraw(alice.address, usd(90)), () => staking.flushSink()]) {
        await expect(call())
          .to.be.revertedWithCustomError(staking, "SafeERC20FailedOperation")
          .withArgs(await token.getAddress());
      }
      expect(await staking.accountOf(alice.address)).to.deep.equal([usd(90), 0n]);
      expect(await staking.sinkOwed()).to.equal(usd(10));
    });
  });

  describe("with an asset that returns nothing", () => {
    it("moves in and out", async () => {
      const token = await ethers.deployContract("NoReturnToken");
      const { staking, sink, court, alice } = await deployStaking(token);
      await token.mint(alice.address, usd(100));
      await token.connect(alice).approve(staking, usd(100));
      await staking.connect(alice).deposit(alice.address, usd(100));
      await staking.connect(court).lock(alice.address, usd(40));
      await staking.connect(court).slash(alice.address, usd(40), []);
      await staking.flushSink();
      await staking.connect(alice).withdraw(alice.address, usd(60));
      expect(await token.balanceOf(alice.address)).to.equal(usd(60));
      expect(await token.balanceOf(sink.address)).to.equal(usd(40));
      expect(await token.balanceOf(staking)).to.equal(0n);
    });
  });

  describe("with a blacklist", () => {
    async function fixture() {
      const token = await ethers.deployContract("BlacklistToken");
      const actors = await deployStaking(token);
      for (const holder of [actors.alice, actors.bob]) {
        await token.mint(holder.address, usd(100));
        await token.connect(holder).approve(actors.staking, usd(100));
        await actors.staking.connect(holder).deposit(holder.address, usd(100));
      }
      return { token, ...actors };
    }

    it("slashes a barred provider, and lets it pay its free stake to somewhere else", async () => {
      const { token, staking, court, alice, bob, stranger } = await networkHelpers.loadFixture(fixture);
      await token.setBlacklisted(alice.address, true);
      await staking.connect(court).lock(alice.address, usd(60));
      await staking.connect(court).slash(alice.address, usd(60), [{ to: bob.address, amount: usd(12) }]);
      await expect(staking.connect(alice).withdraw(alice.address, usd(40)))
        .to.be.revertedWithCustomError(token, "BlacklistToken_Blacklisted")
        .withArgs(alice.address);
      await staking.connect(alice).withdraw(stranger.address, usd(40));
      expect(await token.balanceOf(stranger.address)).to.equal(usd(40));
    });

    it("compensates a barred account and keeps a barred sink's part, without blocking anybody", async () => {
      const { token, staking, sink, court, alice, bob } = await networkHelpers.loadFixture(fixture);
      await token.setBlacklisted(bob.address, true);
      await token.setBlacklisted(sink.address, true);
      await staking.connect(court).lock(alice.address, usd(60));
      await staking.connect(court).slash(alice.address, usd(60), [{ to: bob.address, amount: usd(12) }]);
      expect(await staking.accountOf(bob.address)).to.deep.equal([usd(112), 0n]);
      await expect(staking.flushSink())
        .to.be.revertedWithCustomError(token, "BlacklistToken_Blacklisted")
        .withArgs(sink.address);
      expect(await staking.sinkOwed()).to.equal(usd(48));
      await staking.connect(alice).withdraw(alice.address, usd(40));
      expect(await token.balanceOf(alice.address)).to.equal(usd(40));
    });
  });

  describe("with an asset that calls back", () => {
    const REENTRANT_CALL = ethers.id("ReentrancyGuardReentrantCall()").slice(0, 10);

    async function fixture() {
      const token = await ethers.deployContract("ReentrantToken");
      const actors = await deployStaking(token);
      const { staking, court, alice, bob } = actors;
      for (const holder of [alice, bob]) {
        await token.mint(holder.address, usd(1_000));
        await token.connect(holder).approve(staking, usd(1_000));
        await staking.connect(holder).deposit(holder.address, usd(100));
      }
      // The token has stake of its own, so that a call of its own could take something.
      await staking.connect(alice).deposit(token, usd(50));
      await staking.connect(court).lock(bob.address, usd(10));
      await staking.connect(court).slash(bob.address, usd(10), []);
      const { interface: api } = staking;
      const tokenAddress = await token.getAddress();
      const { v, r, s } = { v: 27, r: ethers.ZeroHash, s: ethers.ZeroHash };
      const inner = {
        deposit: api.encodeFunctionData("deposit", [tokenAddress, 1n]),
        depositWithPermit: api.encodeFunctionData("depositWithPermit", [tokenAddress, 1n, 0n, v, r, s]),
        withdraw: api.encodeFunctionData("withdraw", [tokenAddress, usd(50)]),
        flushSink: api.encodeFunctionData("flushSink"),
      };
      return { token, inner, ...actors };
    }

    for (const name of ["deposit", "depositWithPermit", "withdraw", "flushSink"] as const) {
      it(`refuses ${name} in the middle of deposit, withdraw and flushSink`, async () => {
        const { token, inner, staking, alice } = await networkHelpers.loadFixture(fixture);
        const outer = [
          () => staking.connect(alice).deposit(alice.address, usd(7)),
          () => staking.connect(alice).withdraw(alice.address, usd(20)),
          () => staking.flushSink(),
        ];
        for (const call of outer) {
          await token.arm(staking, inner[name]);
          await call();
          expect(await token.called()).to.equal(true);
          expect(await token.succeeded()).to.equal(false);
          expect(await token.result()).to.equal(REENTRANT_CALL);
        }
        expect(await staking.accountOf(alice.address)).to.deep.equal([usd(87), 0n]);
        expect(await staking.accountOf(await token.getAddress())).to.deep.equal([usd(50), 0n]);
        expect(await token.balanceOf(staking)).to.equal(usd(87) + usd(50) + usd(90));
      });
    }

    it("gives it no protocol rights", async () => {
      const { token, staking, alice, bob } = await networkHelpers.loadFixture(fixture);
      const slash = staking.interface.encodeFunctionData("slash", [bob.address, usd(90), []]);
      await token.arm(staking, slash);
      await staking.connect(alice).deposit(alice.address, usd(7));
      expect(await token.succeeded()).to.equal(false);
      expect(await token.result()).to.equal(
        staking.interface.encodeErrorResult("ProviderStaking_UnauthorizedCaller", [await token.getAddress()]),
      );
      expect(await staking.accountOf(bob.address)).to.deep.equal([usd(90), 0n]);
    });
  });
});
