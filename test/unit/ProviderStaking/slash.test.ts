import { expect } from "chai";

import { ethers, networkHelpers, stakingFixture, usd, ZeroAddress } from "../../helpers/deployPartial.js";

describe("ProviderStaking", () => {
  describe("slash", () => {
    async function lockedFixture() {
      const actors = await stakingFixture();
      await actors.staking.connect(actors.alice).deposit(actors.alice.address, usd(100));
      await actors.staking.connect(actors.escrow).lock(actors.alice.address, usd(80));
      return actors;
    }

    it("credits the payments and owes the rest to the sink, without moving a token", async () => {
      const { staking, asset, court, alice, bob, carol } = await networkHelpers.loadFixture(lockedFixture);
      const slash = staking.connect(court).slash(alice.address, usd(50), [
        { to: bob.address, amount: usd(10) },
        { to: carol.address, amount: usd(15) },
      ]);
      await expect(slash).to.changeTokenBalances(ethers, asset, [staking, alice, bob, carol], [0n, 0n, 0n, 0n]);
      await expect(slash)
        .to.emit(staking, "StakeSlashed")
        .withArgs(alice.address, court.address, usd(50), usd(25))
        .and.to.emit(staking, "StakeCompensated")
        .withArgs(bob.address, alice.address, usd(10))
        .and.to.emit(staking, "StakeCompensated")
        .withArgs(carol.address, alice.address, usd(15));
      expect(await staking.accountOf(alice.address)).to.deep.equal([usd(50), usd(30)]);
      expect(await staking.accountOf(bob.address)).to.deep.equal([usd(10), 0n]);
      expect(await staking.accountOf(carol.address)).to.deep.equal([usd(15), 0n]);
      expect(await staking.sinkOwed()).to.equal(usd(25));
    });

    for (const role of ["registry", "escrow", "court"] as const) {
      it(`lets the ${role} slash`, async () => {
        const { staking, alice, ...actors } = await networkHelpers.loadFixture(lockedFixture);
        await expect(staking.connect(actors[role]).slash(alice.address, usd(80), []))
          .to.emit(staking, "StakeSlashed")
          .withArgs(alice.address, actors[role].address, usd(80), usd(80));
        expect(await staking.accountOf(alice.address)).to.deep.equal([usd(20), 0n]);
        expect(await staking.sinkOwed()).to.equal(usd(80));
      });
    }

    it("makes compensation withdrawable at once, by who never registered", async () => {
      const { staking, asset, court, alice, carol } = await networkHelpers.loadFixture(lockedFixture);
      await staking.connect(court).slash(alice.address, usd(80), [{ to: carol.address, amount: usd(16) }]);
      await expect(staking.connect(carol).withdraw(carol.address, usd(16))).to.changeTokenBalances(
        ethers,
        asset,
        [staking, carol],
        [-usd(16), usd(16)],
      );
      expect(await asset.balanceOf(staking)).to.equal(usd(20) + usd(64));
    });

    it("can pay everything out, twice to the same account, and to the slashed provider", async () => {
      const { staking, court, alice, bob } = await networkHelpers.loadFixture(lockedFixture);
      await staking.connect(court).slash(alice.address, usd(80), [
        { to: bob.address, amount: usd(30) },
        { to: bob.address, amount: usd(20) },
        { to: alice.address, amount: usd(30) },
      ]);
      expect(await staking.accountOf(bob.address)).to.deep.equal([usd(50), 0n]);
      expect(await staking.accountOf(alice.address)).to.deep.equal([usd(50), 0n]);
      expect(await staking.sinkOwed()).to.equal(0n);
    });

    it("adds up what the sink is owed", async () => {
      const { staking, court, alice } = await networkHelpers.loadFixture(lockedFixture);
      await staking.connect(court).slash(alice.address, usd(3), []);
      await staking.connect(court).slash(alice.address, usd(4), []);
      expect(await staking.sinkOwed()).to.equal(usd(7));
    });

    it("never takes free stake: reverts for more than is locked", async () => {
      const { staking, court, alice } = await networkHelpers.loadFixture(lockedFixture);
      for (const amount of [usd(80) + 1n, 1n << 128n, ethers.MaxUint256]) {
        await expect(staking.connect(court).slash(alice.address, amount, []))
          .to.be.revertedWithCustomError(staking, "ProviderStaking_InsufficientLocked")
          .withArgs(alice.address, amount, usd(80));
      }
    });

    it("mints nothing: reverts when the payments exceed the slash", async () => {
      const { staking, court, alice, bob, carol } = await networkHelpers.loadFixture(lockedFixture);
      const payments = [
        { to: bob.address, amount: usd(10) },
        { to: carol.address, amount: usd(10) + 1n },
      ];
      await expect(staking.connect(court).slash(alice.address, usd(20), payments))
        .to.be.revertedWithCustomError(staking, "ProviderStaking_PaymentsExceedSlash")
        .withArgs(usd(20) + 1n, usd(20));
    });

    it("reverts for a payment to the zero address", async () => {
      const { staking, court, alice } = await networkHelpers.loadFixture(lockedFixture);
      await expect(
        staking.connect(court).slash(alice.address, usd(20), [{ to: ZeroAddress, amount: 1 }]),
      ).to.be.revertedWithCustomError(staking, "ProviderStaking_ZeroAddress");
    });

    it("reverts for everybody else, the sink included", async () => {
      const { staking, sink, alice, bob } = await networkHelpers.loadFixture(lockedFixture);
      for (const caller of [alice, bob, sink]) {
        await expect(staking.connect(caller).slash(alice.address, 1, []))
          .to.be.revertedWithCustomError(staking, "ProviderStaking_UnauthorizedCaller")
          .withArgs(caller.address);
      }
    });
  });
});
