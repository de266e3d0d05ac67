import { expect } from "chai";

import { ethers, networkHelpers, stakingFixture, usd } from "../../helpers/deployPartial.js";

describe("ProviderStaking", () => {
  describe("lock", () => {
    async function depositedFixture() {
      const actors = await stakingFixture();
      await actors.staking.connect(actors.alice).deposit(actors.alice.address, usd(100));
      return actors;
    }

    for (const role of ["registry", "escrow", "court"] as const) {
      it(`lets the ${role} lock free stake`, async () => {
        const { staking, asset, alice, ...actors } = await networkHelpers.loadFixture(depositedFixture);
        const lock = staking.connect(actors[role]).lock(alice.address, usd(40));
        await expect(lock).to.changeTokenBalances(ethers, asset, [staking, alice], [0n, 0n]);
        expect(await staking.accountOf(alice.address)).to.deep.equal([usd(100), usd(40)]);
        expect(await staking.freeStake(alice.address)).to.equal(usd(60));
      });
    }

    it("adds locks up, and refuses the one that goes over the stake", async () => {
      const { staking, registry, escrow, court, alice } = await networkHelpers.loadFixture(depositedFixture);
      await staking.connect(registry).lock(alice.address, usd(40));
      await staking.connect(escrow).lock(alice.address, usd(59));
      await expect(staking.connect(court).lock(alice.address, usd(1) + 1n))
        .to.be.revertedWithCustomError(staking, "ProviderStaking_InsufficientFreeStake")
        .withArgs(alice.address, usd(1) + 1n, usd(1));
      await staking.connect(court).lock(alice.address, usd(1));
      expect(await staking.accountOf(alice.address)).to.deep.equal([usd(100), usd(100)]);
    });

    it("reverts for more than an account can hold", async () => {
      const { staking, escrow, alice } = await networkHelpers.loadFixture(depositedFixture);
      for (const amount of [1n << 128n, ethers.MaxUint256]) {
        await expect(staking.connect(escrow).lock(alice.address, amount))
          .to.be.revertedWithCustomError(staking, "ProviderStaking_InsufficientFreeStake")
          .withArgs(alice.address, amount, usd(100));
      }
    });

    it("reverts for everybody else, the provider and the sink included", async () => {
      const { staking, sink, alice, stranger } = await networkHelpers.loadFixture(depositedFixture);
      for (const caller of [alice, sink, stranger]) {
        await expect(staking.connect(caller).lock(alice.address, 1))
          .to.be.revertedWithCustomError(staking, "ProviderStaking_UnauthorizedCaller")
          .withArgs(caller.address);
      }
    });
  });
});
