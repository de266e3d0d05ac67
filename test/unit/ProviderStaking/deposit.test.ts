import { expect } from "chai";

import { ethers, networkHelpers, stakingFixture, usd, ZeroAddress } from "../../helpers/deployPartial.js";

describe("ProviderStaking", () => {
  describe("deposit", () => {
    it("credits the account and takes the asset from the caller", async () => {
      const { staking, asset, alice } = await networkHelpers.loadFixture(stakingFixture);
      const deposit = staking.connect(alice).deposit(alice.address, usd(100));
      await expect(deposit).to.changeTokenBalances(ethers, asset, [alice, staking], [-usd(100), usd(100)]);
      await expect(deposit).to.emit(staking, "StakeDeposited").withArgs(alice.address, alice.address, usd(100));
      expect(await staking.accountOf(alice.address)).to.deep.equal([usd(100), 0n]);
      expect(await staking.freeStake(alice.address)).to.equal(usd(100));
    });

    it("adds to what is there, for any account", async () => {
      const { staking, alice, bob, stranger } = await networkHelpers.loadFixture(stakingFixture);
      await staking.connect(alice).deposit(stranger.address, usd(100));
      await expect(staking.connect(bob).deposit(stranger.address, usd(11)))
        .to.emit(staking, "StakeDeposited")
        .withArgs(stranger.address, bob.address, usd(11));
      expect(await staking.accountOf(stranger.address)).to.deep.equal([usd(111), 0n]);
      expect(await staking.accountOf(alice.address)).to.deep.equal([0n, 0n]);
    });

    it("leaves what is locked alone", async () => {
      const { staking, escrow, alice } = await networkHelpers.loadFixture(stakingFixture);
      await staking.connect(alice).deposit(alice.address, usd(100));
      await staking.connect(escrow).lock(alice.address, usd(100));
      await staking.connect(alice).deposit(alice.address, usd(1));
      expect(await staking.accountOf(alice.address)).to.deep.equal([usd(101), usd(100)]);
      expect(await staking.freeStake(alice.address)).to.equal(usd(1));
    });

    it("reverts for the zero account", async () => {
      const { staking, alice } = await networkHelpers.loadFixture(stakingFixture);
      await expect(staking.connect(alice).deposit(ZeroAddress, 1)).to.be.revertedWithCustomError(
        staking,
        "ProviderStaking_ZeroAddress",
      );
    });

    it("reverts for nothing", async () => {
      const { staking, alice } = await networkHelpers.loadFixture(stakingFixture);
      await expect(staking.connect(alice).deposit(alice.address, 0)).to.be.revertedWithCustomError(
        staking,
        "ProviderStaking_ZeroAmount",
      );
    });

    it("reverts without the allowance", async () => {
      const { staking, asset, carol } = await networkHelpers.loadFixture(stakingFixture);
      await asset.mint(carol.address, usd(1));
      await expect(staking.connect(carol).deposit(carol.address, usd(1)))
        .to.be.revertedWithCustomError(asset, "ERC20InsufficientAllowance")
        .withArgs(await staking.getAddress(), 0n, usd(1));
    });

    it("reverts for a sum that an account cannot hold", async () => {
      const { staking, asset, alice } = await networkHelpers.loadFixture(stakingFixture);
      const tooMuch = 1n << 128n;
      await asset.mint(alice.address, tooMuch);
      await expect(staking.connect(alice).deposit(alice.address, tooMuch))
        .to.be.revertedWithCustomError(staking, "SafeCastOverflowedUintDowncast")
        .withArgs(128n, tooMuch);
    });
  });
});
