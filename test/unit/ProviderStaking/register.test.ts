import { expect } from "chai";

import { networkHelpers, stakingFixture, ZeroAddress } from "../../helpers/deployPartial.js";

describe("ProviderStaking", () => {
  describe("register", () => {
    it("makes the caller a provider with an operator", async () => {
      const { staking, alice, carol } = await networkHelpers.loadFixture(stakingFixture);
      await expect(staking.connect(alice).register(carol.address, "ipfs://alice"))
        .to.emit(staking, "ProviderRegistered")
        .withArgs(alice.address, carol.address, "ipfs://alice");
      expect(await staking.operatorOf(alice.address)).to.equal(carol.address);
      expect(await staking.providerOf(carol.address)).to.equal(alice.address);
    });

    it("takes the owner key as its own operator", async () => {
      const { staking, alice } = await networkHelpers.loadFixture(stakingFixture);
      await staking.connect(alice).register(alice.address, "");
      expect(await staking.operatorOf(alice.address)).to.equal(alice.address);
      expect(await staking.mayAct(alice.address, alice.address)).to.equal(true);
    });

    it("reverts for a caller that is a provider already", async () => {
      const { staking, alice, bob, carol } = await networkHelpers.loadFixture(stakingFixture);
      await staking.connect(alice).register(carol.address, "");
      await expect(staking.connect(alice).register(bob.address, ""))
        .to.be.revertedWithCustomError(staking, "ProviderStaking_AlreadyRegistered")
        .withArgs(alice.address);
    });

    it("reverts for the operator of another provider", async () => {
      const { staking, alice, bob, carol } = await networkHelpers.loadFixture(stakingFixture);
      await staking.connect(alice).register(carol.address, "");
      await expect(staking.connect(bob).register(carol.address, ""))
        .to.be.revertedWithCustomError(staking, "ProviderStaking_OperatorTaken")
        .withArgs(carol.address, alice.address);
    });

    it("reverts for the zero operator", async () => {
      const { staking, alice } = await networkHelpers.loadFixture(stakingFixture);
      await expect(staking.connect(alice).register(ZeroAddress, ""))
        .to.be.revertedWithCustomError(staking, "ProviderStaking_InvalidOperator")
        .withArgs(ZeroAddress);
    });
  });
});
