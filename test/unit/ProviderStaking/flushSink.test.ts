import { expect } from "chai";

import { ethers, networkHelpers, stakingFixture, usd } from "../../helpers/deployPartial.js";

describe("ProviderStaking", () => {
  describe("flushSink", () => {
    it("pays all that is owed to the sink, whoever calls", async () => {
      const { staking, asset, sink, court, alice, stranger } = await networkHelpers.loadFixture(stakingFixture);
      await staking.connect(alice).deposit(alice.address, usd(100));
      await staking.connect(court).lock(alice.address, usd(60));
      await staking.connect(court).slash(alice.address, usd(60), []);
      expect(await staking.connect(stranger).flushSink.staticCall()).to.equal(usd(60));
      const flush = staking.connect(stranger).flushSink();
      await expect(flush).to.changeTokenBalances(ethers, asset, [staking, sink, stranger], [-usd(60), usd(60), 0n]);
      await expect(flush).to.emit(staking, "SinkFlushed").withArgs(sink.address, usd(60));
      expect(await staking.sinkOwed()).to.equal(0n);
      expect(await asset.balanceOf(staking)).to.equal(usd(40));
    });

    it("reverts while nothing is owed", async () => {
      const { staking, alice } = await networkHelpers.loadFixture(stakingFixture);
      await staking.connect(alice).deposit(alice.address, usd(100));
      await expect(staking.flushSink()).to.be.revertedWithCustomError(staking, "ProviderStaking_ZeroAmount");
    });
  });
});
