import { expect } from "chai";

import { DAY, deployMarket, networkHelpers, nextBlockAt } from "../../helpers/offering/market.js";
import { deposit, nextEpoch, REVENUE, streamed } from "../../helpers/offering/revenue.js";
import { endedSale, ELIGIBLE, launchedToken } from "../../helpers/offering/sales.js";

/** A after `seconds` of `REVENUE`: 8,000 units a second for the holders of 2^80. */
const indexAfter = (seconds: bigint): bigint => ((8_000n * seconds) << 112n) / ELIGIBLE;

async function unlaunched() {
  const market = await deployMarket();
  return { ...market, ...(await endedSale(market)) };
}

describe("ModelToken", () => {
  describe("snapshot", () => {
    it("marks how far the stream had come when the last epoch ended, and numbers from 1", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, newcomer } = fixture;
      const start = await streamed(fixture, DAY - 60n);
      await token.connect(newcomer).snapshot();
      expect(await token.snapshotIndex(1)).to.equal(0n);
      await nextBlockAt(start + DAY + 777n);
      await expect(token.connect(newcomer).snapshot())
        .to.emit(token, "SnapshotTaken")
        .withArgs(2n, indexAfter(DAY), start / DAY);
      expect(await token.snapshotCount()).to.equal(2n);
      expect(await token.snapshotIndex(2)).to.equal(indexAfter(DAY));
    });

    it("returns its id", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      await streamed(fixture, 0n);
      expect(await fixture.token.snapshot.staticCall()).to.equal(1n);
    });

    it("marks the same whether or not the stream was advanced in the present epoch", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token } = fixture;
      const start = await streamed(fixture, DAY / 2n);
      await deposit(fixture);
      await networkHelpers.time.increaseTo(start + DAY + 100n);
      const untouched = await networkHelpers.takeSnapshot();
      await token.snapshot();
      expect(await token.snapshotIndex(1)).to.equal(indexAfter(DAY));
      await untouched.restore();
      // What came in in the last epoch streams already when somebody advances.
      await deposit(fixture);
      await token.snapshot();
      expect(await token.snapshotIndex(1)).to.equal(indexAfter(DAY));
    });

    it("marks the last of several epochs that ended without one", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token } = fixture;
      const start = await streamed(fixture, 3n * DAY);
      await deposit(fixture);
      await networkHelpers.time.increaseTo(start + 9n * DAY);
      await expect(token.snapshot())
        .to.emit(token, "SnapshotTaken")
        .withArgs(1n, indexAfter(2n * DAY), start / DAY + 8n);
    });

    it("reverts a second time in an epoch, and says when the next one can be taken", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token } = fixture;
      await streamed(fixture, 0n);
      await token.snapshot();
      const next = await nextEpoch(token);
      for (const timestamp of [next - 2n, next - 1n]) {
        await nextBlockAt(timestamp);
        await expect(token.snapshot()).to.be.revertedWithCustomError(token, "ModelToken_NoEpochClosed").withArgs(next);
      }
      await nextBlockAt(next);
      await token.snapshot();
      expect(await token.snapshotCount()).to.equal(2n);
    });

    it("reverts until the epoch of the launch has ended", async () => {
      const { token } = await networkHelpers.loadFixture(launchedToken);
      const next = await nextEpoch(token);
      await expect(token.snapshot()).to.be.revertedWithCustomError(token, "ModelToken_NoEpochClosed").withArgs(next);
      await networkHelpers.time.increaseTo(next);
      await token.snapshot();
      expect(await token.snapshotIndex(1)).to.equal(0n);
    });

    it("reverts before the sale has succeeded", async () => {
      const { token } = await networkHelpers.loadFixture(unlaunched);
      await networkHelpers.time.increase(2n * DAY);
      await expect(token.snapshot()).to.be.revertedWithCustomError(token, "ModelToken_NotLaunched");
    });

    it("moves no revenue", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token } = fixture;
      await streamed(fixture, DAY);
      const before = await token.streamState();
      await token.snapshot();
      expect(await token.streamState()).to.deep.equal(before);
      expect(before.reserves).to.equal(REVENUE);
    });
  });
});
