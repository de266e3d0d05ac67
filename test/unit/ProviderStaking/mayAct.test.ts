import { expect } from "chai";

import { networkHelpers, stakingFixture, ZeroAddress } from "../../helpers/deployPartial.js";

describe("ProviderStaking", () => {
  describe("mayAct", () => {
    it("is true for a provider and its operator, and nobody else", async () => {
      const { staking, alice, bob, carol, stranger } = await networkHelpers.loadFixture(stakingFixture);
      await staking.connect(alice).register(carol.address, "");
      await staking.connect(bob).register(stranger.address, "");
      expect(await staking.mayAct(alice.address, alice.address)).to.equal(true);
      expect(await staking.mayAct(alice.address, carol.address)).to.equal(true);
      expect(await staking.mayAct(alice.address, bob.address)).to.equal(false);
      expect(await staking.mayAct(alice.address, stranger.address)).to.equal(false);
      expect(await staking.mayAct(alice.address, ZeroAddress)).to.equal(false);
      expect(await staking.mayAct(carol.address, alice.address)).to.equal(false);
    });

    it("is false for who is not a provider, even for itself and the zero address", async () => {
      const { staking, alice } = await networkHelpers.loadFixture(stakingFixture);
      expect(await staking.mayAct(alice.address, alice.address)).to.equal(false);
      expect(await staking.mayAct(alice.address, ZeroAddress)).to.equal(false);
      expect(await staking.mayAct(ZeroAddress, ZeroAddress)).to.equal(false);
    });
  });
});
