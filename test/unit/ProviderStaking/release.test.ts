import { expect } from "chai";

import { ethers, networkHelpers, stakingFixture, usd } from "../../helpers/deployPartial.js";

describe("ProviderStaking", () => {
  describe("release", () => {
    async function lockedFixture() {
      const actors = await stakingFixture();
      await actors.staking.connect(actors.alice).deposit(actors.alice.address, usd(100));
      await actors.staking.connect(actors.escrow).lock(actors.alice.address, usd(60));
      return actors;
    }

    for (const role of ["registry", "escrow", "court"] as const) {
      it(`lets the ${role} release locked stake`, async () => {
        const { staking, asset, alice, ...actors } = await networkHelpers.loadFixture(lockedFixture);
        const release = staking.connect(actors[role]).release(alice.address, usd(25));
        await expect(release).to.changeTokenBalances(ethers, asset, [staking, alice], [0n, 0n]);
        expect(await staking.accountOf(alice.address)).to.deep.equal([usd(100), usd(35)]);
      });
    }

    it("makes what it releases withdrawable at once", async () => {
      const { staking, asset, escrow, alice } = await networkHelpers.loadFixture(lockedFixture);
      await staking.connect(escrow).release(alice.address, usd(60));
      await expect(staking.connect(alice).withdraw(alice.address, usd(100))).to.changeTokenBalances(
        ethers,
        asset,
        [staking, alice],
        [-usd(100), usd(100)],
      );
      expect(await staking.accountOf(alice.address)).to.deep.equal([0n, 0n]);
    });

    it("reverts for more than is locked", async () => {
      const { staking, escrow, alice } = await networkHelpers.loadFixture(lockedFixture);
      for (const amount of [usd(60) + 1n, 1n << 128n, ethers.MaxUint256]) {
        await expect(staking.connect(escrow).release(alice.address, amount))
          .to.be.revertedWithCustomError(staking, "ProviderStaking_InsufficientLocked")
          .withArgs(alice.address, amount, usd(60));
      }
    });

    it("reverts for everybody else, the provider and the sink included", async () => {
      const { staking, sink, alice, stranger } = await networkHelpers.loadFixture(lockedFixture);
      for (const caller of [alice, sink, stranger]) {
        await expect(staking.connect(caller).release(alice.address, 1))
          .to.be.revertedWithCustomError(staking, "ProviderStaking_UnauthorizedCaller")
          .withArgs(caller.address);
      }
    });
  });
});
