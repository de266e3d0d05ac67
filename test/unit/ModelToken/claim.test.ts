import { expect } from "chai";

import { DAY, ethers, networkHelpers, nextBlockAt, usd } from "../../helpers/offering/market.js";
import { deposit, PER_SECOND, REVENUE, streamed } from "../../helpers/offering/revenue.js";
import { launchedToken } from "../../helpers/offering/sales.js";

describe("ModelToken", () => {
  describe("claim", () => {
    it("pays to the second what the balance has earned", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice } = fixture;
      const start = await deposit(fixture);
      for (const elapsed of [1n, 100n, DAY - 1n]) {
        const before = await asset.balanceOf(alice);
        await nextBlockAt(start + elapsed);
        await token.connect(alice)["claim()"]();
        const paid = (await asset.balanceOf(alice)) - before;
        expect(before + paid).to.equal(PER_SECOND.alice * elapsed);
      }
    });

    it("moves the asset from the token to the holder and takes it from the reserves", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice } = fixture;
      const start = await deposit(fixture);
      await nextBlockAt(start + 100n);
      const sent = token.connect(alice)["claim()"]();
      await expect(sent).to.changeTokenBalances(ethers, asset, [alice, token], [250_000n, -250_000n]);
      await expect(sent).to.emit(token, "RevenueClaimed").withArgs(alice.address, alice.address, 250_000n);
      expect(await token.claimable(alice)).to.equal(0n);
      expect((await token.streamState()).reserves).to.equal(REVENUE - 250_000n);
    });

    it("changes nobody else's claim", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, vesting, alice, bob, ecosystem } = fixture;
      const start = await deposit(fixture);
      await nextBlockAt(start + 100n);
      await token.connect(alice)["claim()"]();
      expect(await token.claimable(bob)).to.equal(PER_SECOND.bob * 100n);
      expect(await token.claimable(ecosystem)).to.equal(PER_SECOND.ecosystem * 100n);
      expect(await token.claimable(vesting)).to.equal(PER_SECOND.vesting * 100n);
    });

    it("pays any number of epochs at once", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, bob } = fixture;
      for (let epoch = 0; epoch < 5; ++epoch) await streamed(fixture, 0n);
      await networkHelpers.time.increase(10n * DAY);
      await expect(token.connect(bob)["claim()"]()).to.changeTokenBalance(
        ethers,
        asset,
        bob,
        5n * DAY * PER_SECOND.bob,
      );
    });

    it("reverts while what came in has not begun to stream", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, alice } = fixture;
      const start = await deposit(fixture);
      await nextBlockAt(start);
      await expect(token.connect(alice)["claim()"]())
        .to.be.revertedWithCustomError(token, "ModelToken_NothingToClaim")
        .withArgs(alice.address);
    });

    it("reverts for who holds nothing, and the second time", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, alice, newcomer } = fixture;
      await streamed(fixture, DAY);
      await token.connect(alice)["claim()"]();
      for (const caller of [alice, newcomer]) {
        await expect(token.connect(caller)["claim()"]())
          .to.be.revertedWithCustomError(token, "ModelToken_NothingToClaim")
          .withArgs(caller.address);
      }
    });

    it("pays to the payout address of the holder", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice, newcomer } = fixture;
      await token.connect(alice).setPayoutAddress(newcomer.address);
      await streamed(fixture, DAY);
      const sent = token.connect(alice)["claim()"]();
      await expect(sent).to.changeTokenBalances(ethers, asset, [alice, newcomer], [0n, usd(216)]);
      await expect(sent).to.emit(token, "RevenueClaimed").withArgs(alice.address, newcomer.address, usd(216));
    });

    it("pays what was earned before the balance was given away", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice, newcomer } = fixture;
      const start = await deposit(fixture);
      await nextBlockAt(start + 600n);
      await token.connect(alice).transfer(newcomer.address, await token.balanceOf(alice));
      await networkHelpers.time.increaseTo(start + DAY);
      await expect(token.connect(alice)["claim()"]()).to.changeTokenBalance(ethers, asset, alice, 1_500_000n);
      await expect(token.connect(newcomer)["claim()"]()).to.changeTokenBalance(
        ethers,
        asset,
        newcomer,
        usd(216) - 1_500_000n,
      );
    });
  });
});
