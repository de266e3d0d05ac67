import { expect } from "chai";

import { networkHelpers, stakingFixture } from "../../helpers/deployPartial.js";

describe("ProviderStaking", () => {
  describe("setMetadata", () => {
    it("announces the new metadata", async () => {
      const { staking, alice, carol } = await networkHelpers.loadFixture(stakingFixture);
      await staking.connect(alice).register(carol.address, "ipfs://old");
      await expect(staking.connect(alice).setMetadata("ipfs://new"))
        .to.emit(staking, "MetadataChanged")
        .withArgs(alice.address, "ipfs://new");
    });

    it("reverts for a caller that is not a provider", async () => {
      const { staking, alice } = await networkHelpers.loadFixture(stakingFixture);
      await expect(staking.connect(alice).setMetadata("ipfs://new"))
        .to.be.revertedWithCustomError(staking, "ProviderStaking_NotRegistered")
        .withArgs(alice.address);
    });
  });
});
