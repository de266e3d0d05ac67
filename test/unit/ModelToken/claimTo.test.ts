import { expect } from "chai";

import { DAY, ethers, networkHelpers, nextBlockAt, usd, ZeroAddress } from "../../helpers/offering/market.js";
import { deposit, REVENUE, streamed } from "../../helpers/offering/revenue.js";
import { launchedToken } from "../../helpers/offering/sales.js";

describe("ModelToken", () => {
  describe("claimTo", () => {
    it("pays the caller's revenue to another address", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice, newcomer } = fixture;
      const start = await deposit(fixture);
      await nextBlockAt(start + 8n);
      const sent = token.connect(alice).claimTo(newcomer.address);
      await expect(sent).to.changeTokenBalances(ethers, asset, [token, alice, newcomer], [-20_000n, 0n, 20_000n]);
      await expect(sent).to.emit(token, "RevenueClaimed").withArgs(alice.address, newcomer.address, 20_000n);
      expect((await token.streamState()).reserves).to.equal(REVENUE - 20_000n);
    });

    it("returns what it paid", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, alice, newcomer } = fixture;
      await streamed(fixture, DAY);
      expect(await token.connect(alice).claimTo.staticCall(newcomer.address)).to.equal(usd(216));
    });

    it("heeds the address of the call, not the one that the holder has set", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice, bob, newcomer } = fixture;
      await token.connect(alice).setPayoutAddress(bob.address);
      await streamed(fixture, DAY);
      await expect(token.connect(alice).claimTo(newcomer.address)).to.changeTokenBalances(
        ethers,
        asset,
        [bob, newcomer],
        [0n, usd(216)],
      );
    });

    it("gives the revenue to all holders if the recipient is the token itself", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice } = fixture;
      await streamed(fixture, DAY);
      await expect(token.connect(alice).claimTo(token)).to.changeTokenBalance(ethers, asset, token, 0n);
      expect(await token.absorb.staticCall()).to.equal(usd(216));
    });

    it("reverts for the zero address", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      await streamed(fixture, DAY);
      await expect(fixture.token.connect(fixture.alice).claimTo(ZeroAddress)).to.be.revertedWithCustomError(
        fixture.token,
        "ModelToken_ZeroAddress",
      );
    });

    it("reverts when there is nothing", async () => {
      const { token, alice, newcomer } = await networkHelpers.loadFixture(launchedToken);
      await expect(token.connect(alice).claimTo(newcomer.address))
        .to.be.revertedWithCustomError(token, "ModelToken_NothingToClaim")
        .withArgs(alice.address);
    });
  });
});
