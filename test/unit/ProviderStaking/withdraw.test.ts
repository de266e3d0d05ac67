import { expect } from "chai";

import { ethers, networkHelpers, stakingFixture, usd, ZeroAddress } from "../../helpers/deployPartial.js";

describe("ProviderStaking", () => {
  describe("withdraw", () => {
    async function depositedFixture() {
      const actors = await stakingFixture();
      await actors.staking.connect(actors.alice).deposit(actors.alice.address, usd(100));
      await actors.staking.connect(actors.bob).deposit(actors.bob.address, usd(50));
      return actors;
    }

    it("pays free stake to whom the caller names", async () => {
      const { staking, asset, alice, stranger } = await networkHelpers.loadFixture(depositedFixture);
      const withdrawal = staking.connect(alice).withdraw(stranger.address, usd(30));
      await expect(withdrawal).to.changeTokenBalances(
        ethers,
        asset,
        [staking, stranger, alice],
        [-usd(30), usd(30), 0n],
      );
      await expect(withdrawal).to.emit(staking, "StakeWithdrawn").withArgs(alice.address, stranger.address, usd(30));
      expect(await staking.accountOf(alice.address)).to.deep.equal([usd(70), 0n]);
      expect(await staking.accountOf(stranger.address)).to.deep.equal([0n, 0n]);
    });

    it("pays all that is free while the rest is locked, and not one unit more", async () => {
      const { staking, escrow, alice } = await networkHelpers.loadFixture(depositedFixture);
      await staking.connect(escrow).lock(alice.address, usd(60));
      await expect(staking.connect(alice).withdraw(alice.address, usd(40) + 1n))
        .to.be.revertedWithCustomError(staking, "ProviderStaking_InsufficientFreeStake")
        .withArgs(alice.address, usd(40) + 1n, usd(40));
      await staking.connect(alice).withdraw(alice.address, usd(40));
      expect(await staking.accountOf(alice.address)).to.deep.equal([usd(60), usd(60)]);
      expect(await staking.freeStake(alice.address)).to.equal(0n);
    });

    it("lets nobody out before a slash: what backs an obligation stays until it is over", async () => {
      const { staking, court, escrow, alice } = await networkHelpers.loadFixture(depositedFixture);
      await staking.connect(escrow).lock(alice.address, usd(100));
      await expect(staking.connect(alice).withdraw(alice.address, 1))
        .to.be.revertedWithCustomError(staking, "ProviderStaking_InsufficientFreeStake")
        .withArgs(alice.address, 1n, 0n);
      await staking.connect(court).slash(alice.address, usd(100), []);
      expect(await staking.accountOf(alice.address)).to.deep.equal([0n, 0n]);
      expect(await staking.sinkOwed()).to.equal(usd(100));
    });

    it("never reaches into the stake of others", async () => {
      const { staking, alice } = await networkHelpers.loadFixture(depositedFixture);
      await expect(staking.connect(alice).withdraw(alice.address, usd(101)))
        .to.be.revertedWithCustomError(staking, "ProviderStaking_InsufficientFreeStake")
        .withArgs(alice.address, usd(101), usd(100));
      await expect(staking.connect(alice).withdraw(alice.address, ethers.MaxUint256))
        .to.be.revertedWithCustomError(staking, "ProviderStaking_InsufficientFreeStake")
        .withArgs(alice.address, ethers.MaxUint256, usd(100));
    });

    it("reverts for the zero address", async () => {
      const { staking, alice } = await networkHelpers.loadFixture(depositedFixture);
      await expect(staking.connect(alice).withdraw(ZeroAddress, 1)).to.be.revertedWithCustomError(
        staking,
        "ProviderStaking_ZeroAddress",
      );
    });

    it("reverts for nothing", async () => {
      const { staking, alice } = await networkHelpers.loadFixture(depositedFixture);
      await expect(staking.connect(alice).withdraw(alice.address, 0)).to.be.revertedWithCustomError(
        staking,
        "ProviderStaking_ZeroAmount",
      );
    });
  });
});
