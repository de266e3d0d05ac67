import { expect } from "chai";

import { DAY, ethers, networkHelpers, nextBlockAt, usd, YEAR } from "../../helpers/offering/market.js";
import { PER_SECOND, streamed } from "../../helpers/offering/revenue.js";
import { launchedToken, SUPPLY } from "../../helpers/offering/sales.js";

const TEAM = (SUPPLY * 15n) / 100n;
/** What the team's tokens earn with `REVENUE`. */
const EARNED = PER_SECOND.vesting * DAY;

/** The revenue of one epoch has been pushed to the wallet. The schedule began at `start`: cliff a year, end three years later. */
async function vestingRevenue() {
  const fixture = await launchedToken();
  await streamed(fixture, DAY);
  await fixture.token.claimFor(fixture.vesting);
  return { ...fixture, start: await fixture.vesting.start() };
}

describe("ModelVesting", () => {
  describe("release", () => {
    it("before the cliff pays nothing, neither tokens nor their revenue", async () => {
      const { asset, token, vesting, team, start } = await networkHelpers.loadFixture(vestingRevenue);
      expect(await asset.balanceOf(vesting)).to.equal(EARNED);
      for (const paid of [token, asset]) {
        await nextBlockAt(paid === token ? start + YEAR - 2n : start + YEAR - 1n);
        await expect(vesting["release(address)"](paid)).to.changeTokenBalance(ethers, paid, team, 0n);
      }
      expect(await vesting["releasable(address)"](token)).to.equal(0n);
    });

    it("at the cliff pays the first year's third at once", async () => {
      const { asset, token, vesting, team, stranger, start } = await networkHelpers.loadFixture(vestingRevenue);
      await nextBlockAt(start + YEAR);
      const sent = vesting.connect(stranger)["release(address)"](token);
      await expect(sent).to.changeTokenBalances(ethers, token, [vesting, team], [-TEAM / 3n, TEAM / 3n]);
      await expect(sent)
        .to.emit(vesting, "ERC20Released")
        .withArgs(await token.getAddress(), TEAM / 3n);
      await nextBlockAt(start + YEAR + 10n);
      const earned = (EARNED * (YEAR + 10n)) / (3n * YEAR);
      await expect(vesting["release(address)"](asset)).to.changeTokenBalance(ethers, asset, team, earned);
    });

    it("mid-way pays what vested since the last release", async () => {
      const { token, vesting, team, start } = await networkHelpers.loadFixture(vestingRevenue);
      await nextBlockAt(start + YEAR);
      await vesting["release(address)"](token);
      await nextBlockAt(start + 2n * YEAR);
      await expect(vesting["release(address)"](token)).to.changeTokenBalance(ethers, token, team, TEAM / 3n);
      expect(await token.balanceOf(vesting)).to.equal(TEAM / 3n);
    });

    it("at the end pays everything", async () => {
      const { asset, token, vesting, team, start } = await networkHelpers.loadFixture(vestingRevenue);
      await nextBlockAt(start + 3n * YEAR);
      await expect(vesting["release(address)"](token)).to.changeTokenBalance(ethers, token, team, TEAM);
      await expect(vesting["release(address)"](asset)).to.changeTokenBalance(ethers, asset, team, EARNED);
      expect(await asset.balanceOf(vesting)).to.equal(0n);
    });

    it("sold: pays the new owner all that the wallet holds, vested under the old one or not", async () => {
      const { asset, token, vesting, team, newcomer, start } = await networkHelpers.loadFixture(vestingRevenue);
      await networkHelpers.time.increaseTo(start + 2n * YEAR);
      await vesting.connect(team).transferOwnership(newcomer.address);
      await nextBlockAt(start + 3n * YEAR);
      await expect(vesting["release(address)"](token)).to.changeTokenBalances(
        ethers,
        token,
        [team, newcomer],
        [0n, TEAM],
      );
      await expect(vesting["release(address)"](asset)).to.changeTokenBalances(
        ethers,
        asset,
        [team, newcomer],
        [0n, EARNED],
      );
    });

    it("leaves the revenue that the released tokens earned in the wallet to the wallet", async () => {
      const fixture = await networkHelpers.loadFixture(vestingRevenue);
      const { token, vesting, team, start } = fixture;
      await networkHelpers.time.increaseTo(start + 3n * YEAR - 5n * DAY);
      await streamed(fixture, DAY);
      await nextBlockAt(start + 3n * YEAR);
      await vesting["release(address)"](token);
      expect(await token.claimable(vesting)).to.equal(EARNED);
      expect(await token.claimable(team)).to.equal(0n);
      await streamed(fixture, DAY);
      expect(await token.claimable(vesting)).to.equal(EARNED);
      expect(await token.claimable(team)).to.equal(EARNED);
    });

    it("vests revenue that is pushed late by the same schedule", async () => {
      const fixture = await networkHelpers.loadFixture(vestingRevenue);
      const { asset, token, vesting, start } = fixture;
      await networkHelpers.time.increaseTo(start + 2n * YEAR - 10n * DAY);
      await streamed(fixture, DAY);
      await token.claimFor(vesting);
      await networkHelpers.time.increaseTo(start + 2n * YEAR);
      expect(await vesting["releasable(address)"](asset)).to.equal((2n * EARNED * 2n) / 3n);
      expect(EARNED).to.equal(usd("129.6"));
    });

    it("reverts to be sold by anybody but its owner", async () => {
      const { vesting, stranger } = await networkHelpers.loadFixture(vestingRevenue);
      await expect(vesting.connect(stranger).transferOwnership(stranger.address))
        .to.be.revertedWithCustomError(vesting, "OwnableUnauthorizedAccount")
        .withArgs(stranger.address);
    });
  });
});
