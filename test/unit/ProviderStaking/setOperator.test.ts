import { expect } from "chai";

import { networkHelpers, stakingFixture, ZeroAddress } from "../../helpers/deployPartial.js";

describe("ProviderStaking", () => {
  describe("setOperator", () => {
    async function registeredFixture() {
      const actors = await stakingFixture();
      await actors.staking.connect(actors.alice).register(actors.carol.address, "");
      return actors;
    }

    it("replaces the operator at once and frees the old key", async () => {
      const { staking, alice, bob, carol, stranger } = await networkHelpers.loadFixture(registeredFixture);
      await expect(staking.connect(alice).setOperator(stranger.address))
        .to.emit(staking, "OperatorChanged")
        .withArgs(alice.address, stranger.address);
      expect(await staking.operatorOf(alice.address)).to.equal(stranger.address);
      expect(await staking.providerOf(stranger.address)).to.equal(alice.address);
      expect(await staking.providerOf(carol.address)).to.equal(ZeroAddress);
      expect(await staking.mayAct(alice.address, carol.address)).to.equal(false);
      await staking.connect(bob).register(carol.address, "");
      expect(await staking.providerOf(carol.address)).to.equal(bob.address);
    });

    it("takes the present operator again", async () => {
      const { staking, alice, carol } = await networkHelpers.loadFixture(registeredFixture);
      await staking.connect(alice).setOperator(carol.address);
      expect(await staking.operatorOf(alice.address)).to.equal(carol.address);
      expect(await staking.providerOf(carol.address)).to.equal(alice.address);
    });

    it("reverts for a caller that is not a provider, its operator included", async () => {
      const { staking, bob, carol } = await networkHelpers.loadFixture(registeredFixture);
      for (const caller of [bob, carol]) {
        await expect(staking.connect(caller).setOperator(bob.address))
          .to.be.revertedWithCustomError(staking, "ProviderStaking_NotRegistered")
          .withArgs(caller.address);
      }
    });

    it("reverts for the operator of another provider", async () => {
      const { staking, alice, bob, carol, stranger } = await networkHelpers.loadFixture(registeredFixture);
      await staking.connect(bob).register(stranger.address, "");
      await expect(staking.connect(bob).setOperator(carol.address))
        .to.be.revertedWithCustomError(staking, "ProviderStaking_OperatorTaken")
        .withArgs(carol.address, alice.address);
    });

    it("reverts for the zero operator", async () => {
      const { staking, alice } = await networkHelpers.loadFixture(registeredFixture);
      await expect(staking.connect(alice).setOperator(ZeroAddress))
        .to.be.revertedWithCustomError(staking, "ProviderStaking_InvalidOperator")
        .withArgs(ZeroAddress);
    });
  });
});
