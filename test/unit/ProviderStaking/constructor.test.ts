import { expect } from "chai";

import { ethers, networkHelpers, stakingFixture, ZeroAddress } from "../../helpers/deployPartial.js";

describe("ProviderStaking", () => {
  describe("constructor", () => {
    it("fixes the asset, the sink and the three protocol contracts", async () => {
      const { staking, asset, sink, registry, escrow, court } = await networkHelpers.loadFixture(stakingFixture);
      expect(await staking.asset()).to.equal(await asset.getAddress());
      expect(await staking.sink()).to.equal(sink.address);
      expect(await staking.registry()).to.equal(registry.address);
      expect(await staking.escrow()).to.equal(escrow.address);
      expect(await staking.court()).to.equal(court.address);
      expect(await staking.sinkOwed()).to.equal(0n);
    });

    for (const [position, name] of ["asset", "sink", "registry", "escrow", "court"].entries()) {
      it(`reverts for a zero ${name}`, async () => {
        const { staking, asset, sink, registry, escrow, court } = await networkHelpers.loadFixture(stakingFixture);
        const addresses = [await asset.getAddress(), sink.address, registry.address, escrow.address, court.address];
        addresses[position] = ZeroAddress;
        await expect(ethers.deployContract("ProviderStaking", addresses)).to.be.revertedWithCustomError(
          staking,
          "ProviderStaking_ZeroAddress",
        );
      });
    }
  });
});
