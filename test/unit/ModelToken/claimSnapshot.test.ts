import { expect } from "chai";

import { DAY, ethers, networkHelpers, nextBlockAt, usd } from "../../helpers/offering/market.js";
import { deposit, PER_SECOND, streamed } from "../../helpers/offering/revenue.js";
import { launchedToken, type SaleInMarket } from "../../helpers/offering/sales.js";

const claim = ({ token }: SaleInMarket, holder: SaleInMarket["alice"], snapshotId: bigint) =>
  token.connect(holder)["claim(uint256)"](snapshotId);

/** Three epochs of revenue, each ended by a snapshot: alice earned 216, bob 108 in each. */
async function threeSnapshots(): Promise<SaleInMarket> {
  const fixture = await launchedToken();
  for (let epoch = 0; epoch < 3; ++epoch) {
    await streamed(fixture, DAY);
    await fixture.token.snapshot();
  }
  return fixture;
}

describe("ModelToken", () => {
  describe("claim(uint256)", () => {
    it("pays everything up to the snapshot and leaves the rest", async () => {
      const fixture = await networkHelpers.loadFixture(threeSnapshots);
      const { asset, token, alice } = fixture;
      const sent = claim(fixture, alice, 1n);
      await expect(sent).to.changeTokenBalances(ethers, asset, [token, alice], [-usd(216), usd(216)]);
      await expect(sent).to.emit(token, "RevenueClaimed").withArgs(alice.address, alice.address, usd(216));
      expect(await token.claimable(alice)).to.equal(usd(432));
    });

    it("is cumulative: one claim or two pay the same", async () => {
      const fixture = await networkHelpers.loadFixture(threeSnapshots);
      const { asset, alice, bob } = fixture;
      await expect(claim(fixture, alice, 3n)).to.changeTokenBalance(ethers, asset, alice, usd(648));
      await expect(claim(fixture, bob, 1n)).to.changeTokenBalance(ethers, asset, bob, usd(108));
      await expect(claim(fixture, bob, 3n)).to.changeTokenBalance(ethers, asset, bob, usd(216));
    });

    it("takes ids with gaps: 1, then 3", async () => {
      const fixture = await networkHelpers.loadFixture(threeSnapshots);
      const { asset, token, alice } = fixture;
      await claim(fixture, alice, 1n);
      expect(await token.claimableRevenue(alice, 2)).to.equal(usd(216));
      await expect(claim(fixture, alice, 3n)).to.changeTokenBalance(ethers, asset, alice, usd(432));
    });

    it("never expires", async () => {
      const fixture = await networkHelpers.loadFixture(threeSnapshots);
      const { asset, alice } = fixture;
      await networkHelpers.time.increase(1_000n * DAY);
      await streamed(fixture, DAY);
      await expect(claim(fixture, alice, 1n)).to.changeTokenBalance(ethers, asset, alice, usd(216));
    });

    it("gives 0 for ids that are in the future, and reverts to claim them, whatever else can be claimed", async () => {
      const fixture = await networkHelpers.loadFixture(threeSnapshots);
      const { token, alice, newcomer } = fixture;
      await token.connect(alice).transfer(newcomer.address, 1n);
      expect((await token.accountOf(alice)).accrued).to.equal(usd(648));
      for (const id of [0n, 4n, (1n << 256n) - 1n]) {
        expect(await token.claimableRevenue(alice, id)).to.equal(0n);
        expect(await token.snapshotIndex(id)).to.equal(0n);
        await expect(claim(fixture, alice, id))
          .to.be.revertedWithCustomError(token, "ModelToken_NothingToClaim")
          .withArgs(alice.address);
      }
    });

    it("gives 0 for ids that are claimed or older, and reverts to claim them again", async () => {
      const fixture = await networkHelpers.loadFixture(threeSnapshots);
      const { token, alice } = fixture;
      await claim(fixture, alice, 2n);
      for (const id of [1n, 2n]) {
        expect(await token.claimableRevenue(alice, id)).to.equal(0n);
        await expect(claim(fixture, alice, id))
          .to.be.revertedWithCustomError(token, "ModelToken_NothingToClaim")
          .withArgs(alice.address);
      }
      expect(await token.claimableRevenue(alice, 3)).to.equal(usd(216));
    });

    it("pays what does not depend on the balance any more, with an old id too", async () => {
      const fixture = await networkHelpers.loadFixture(threeSnapshots);
      const { asset, token, alice, newcomer } = fixture;
      await token.connect(alice).transfer(newcomer.address, await token.balanceOf(alice));
      expect(await token.claimableRevenue(alice, 1)).to.equal(usd(648));
      await expect(claim(fixture, alice, 1n)).to.changeTokenBalance(ethers, asset, alice, usd(648));
      expect(await token.claimableRevenue(newcomer, 3)).to.equal(0n);
    });

    it("follows the time of holding, not the balance at the snapshot", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, alice, newcomer } = fixture;
      const start = await deposit(fixture);
      await nextBlockAt(start + DAY - 60n);
      await token.connect(alice).transfer(newcomer.address, await token.balanceOf(alice));
      await networkHelpers.time.increaseTo(start + DAY);
      await token.snapshot();
      expect(await token.claimableRevenue(newcomer, 1)).to.equal(PER_SECOND.alice * 60n);
      expect(await token.claimableRevenue(alice, 1)).to.equal(usd(216) - PER_SECOND.alice * 60n);
    });

    it("pays to the payout address of the holder", async () => {
      const fixture = await networkHelpers.loadFixture(threeSnapshots);
      const { asset, token, alice, newcomer } = fixture;
      await token.connect(alice).setPayoutAddress(newcomer.address);
      await expect(claim(fixture, alice, 1n)).to.changeTokenBalances(ethers, asset, [alice, newcomer], [0n, usd(216)]);
    });
  });

  describe("claimableERC20", () => {
    it("is claimableRevenue of the asset, and nothing of another token", async () => {
      const fixture = await networkHelpers.loadFixture(threeSnapshots);
      const { asset, token, alice } = fixture;
      expect(await token.claimableERC20(alice, 2, asset)).to.equal(usd(432));
      expect(await token.claimableERC20(alice, 4, asset)).to.equal(0n);
      expect(await token.claimableERC20(alice, 2, token)).to.equal(0n);
    });
  });
});
