import { expect } from "chai";

import { DAY, networkHelpers, nextBlockAt, now, usd } from "../../helpers/offering/market.js";
import { deposit, PER_SECOND, streamed } from "../../helpers/offering/revenue.js";
import { ELIGIBLE, launchedToken, whollySoldToken } from "../../helpers/offering/sales.js";

const Q = 1n << 112n;

describe("ModelToken", () => {
  describe("accrualRate", () => {
    it("is what one token earns a second now, times 2^112", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, alice } = fixture;
      expect(await token.accrualRate()).to.equal(0n);
      const start = await deposit(fixture);
      expect(await token.accrualRate()).to.equal(0n);
      await networkHelpers.time.increaseTo(start);
      const rate = await token.accrualRate();
      expect(rate).to.equal((8_000n * Q) / ELIGIBLE);
      expect(((await token.balanceOf(alice)) * rate) / Q).to.equal(PER_SECOND.alice);
      await networkHelpers.time.increaseTo(start + DAY);
      expect(await token.accrualRate()).to.equal(0n);
    });

    it("follows the number of tokens that earn", async () => {
      const fixture = await networkHelpers.loadFixture(whollySoldToken);
      const { token, alice, bob, carol } = fixture;
      await streamed(fixture, 10n);
      const rate = await token.accrualRate();
      await token.connect(alice).setAccruing(false);
      expect(await token.accrualRate()).to.equal(2n * rate);
      for (const holder of [bob, carol]) await token.connect(holder).setAccruing(false);
      expect(await token.accrualRate()).to.equal(0n);
    });
  });

  describe("previewClaimAt", () => {
    it("says what a claim will pay if nothing happens until then", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice } = fixture;
      const first = await streamed(fixture, 100n);
      const second = await deposit(fixture, usd(1_728));
      expect(second).to.equal(first + DAY);
      const moments = [
        [first + 200n, PER_SECOND.alice * 200n],
        [second, usd(216)],
        [second + 10n, usd(216) + 2n * PER_SECOND.alice * 10n],
        [second + DAY, usd(648)],
        [second + 50n * DAY, usd(648)],
      ] as const;
      for (const [time, expected] of moments) expect(await token.previewClaimAt(alice, time)).to.equal(expected);
      await nextBlockAt(second + 10n);
      await token.connect(alice)["claim()"]();
      expect(await asset.balanceOf(alice)).to.equal(moments[2][1]);
    });

    it("takes a time in the past for now", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, alice } = fixture;
      await streamed(fixture, 100n);
      for (const time of [0n, (await now()) - 50n, await now()]) {
        expect(await token.previewClaimAt(alice, time)).to.equal(PER_SECOND.alice * 100n);
      }
      expect(await token.claimable(alice)).to.equal(PER_SECOND.alice * 100n);
    });
  });

  describe("accountOf", () => {
    it("is what the contract stores: nothing until the account is settled", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, vesting, alice, newcomer } = fixture;
      const start = await streamed(fixture, DAY);
      expect(await token.accountOf(alice)).to.deep.equal([0n, 0n, true, false]);
      expect(await token.accountOf(vesting)).to.deep.equal([0n, 0n, true, true]);
      expect(await token.accountOf(token)).to.deep.equal([0n, 0n, false, false]);
      await nextBlockAt(start + DAY + 5n);
      await token.connect(alice).transfer(newcomer.address, 1n);
      const index = (8_000n * DAY * Q) / ELIGIBLE;
      expect(await token.accountOf(alice)).to.deep.equal([index, usd(216), true, false]);
      expect(await token.accountOf(newcomer)).to.deep.equal([index, 0n, true, false]);
    });
  });
});
