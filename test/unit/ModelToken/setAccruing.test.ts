import { expect } from "chai";

import { DAY, deployMarket, impersonate, networkHelpers, nextBlockAt, usd } from "../../helpers/offering/market.js";
import { deposit, PER_SECOND, REVENUE, streamed } from "../../helpers/offering/revenue.js";
import { ELIGIBLE, endedSale, launchedToken, whollySoldToken } from "../../helpers/offering/sales.js";

describe("ModelToken", () => {
  describe("setAccruing", () => {
    it("stops to the second what the caller's tokens earn; what they earned stays", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, alice } = fixture;
      const start = await deposit(fixture);
      await nextBlockAt(start + 100n);
      await expect(token.connect(alice).setAccruing(false))
        .to.emit(token, "AccruingSet")
        .withArgs(alice.address, false);
      expect((await token.accountOf(alice)).accruing).to.equal(false);
      expect((await token.streamState()).eligible).to.equal(ELIGIBLE - (await token.balanceOf(alice)));
      await networkHelpers.time.increaseTo(start + DAY);
      expect(await token.claimable(alice)).to.equal(PER_SECOND.alice * 100n);
    });

    it("gives what the caller misses to the others", async () => {
      const fixture = await networkHelpers.loadFixture(whollySoldToken);
      const { token, alice, bob, carol } = fixture;
      // Alice holds a half of everything: without her bob and carol earn twice as much.
      await token.connect(alice).setAccruing(false);
      await streamed(fixture, DAY);
      expect(await token.claimable(alice)).to.equal(0n);
      for (const holder of [bob, carol]) expect(await token.claimable(holder)).to.equal((REVENUE * 4n) / 10n);
    });

    it("excluded, then included again, cannot claim the gap", async () => {
      const fixture = await networkHelpers.loadFixture(whollySoldToken);
      const { token, alice, bob } = fixture;
      const start = await deposit(fixture);
      await nextBlockAt(start);
      await token.connect(bob).setAccruing(false);
      await nextBlockAt(start + DAY / 2n);
      await expect(token.connect(bob).setAccruing(true)).to.emit(token, "AccruingSet").withArgs(bob.address, true);
      expect(await token.claimable(bob)).to.equal(0n);
      expect((await token.streamState()).eligible).to.equal(ELIGIBLE);
      await networkHelpers.time.increaseTo(start + DAY);
      // A quarter of half of 80 % of 864.
      expect(await token.claimable(bob)).to.equal(usd("86.4"));
      const during = (REVENUE * 4n) / 10n;
      // Alice had two thirds while bob was away, and half of the rest.
      expect(await token.claimable(alice)).to.equal((during * 2n) / 3n + usd("172.8"));
    });

    it("keeps tokens that come and go meanwhile out of what earns", async () => {
      const fixture = await networkHelpers.loadFixture(whollySoldToken);
      const { token, alice, bob, carol } = fixture;
      await token.connect(alice).setAccruing(false);
      await token.connect(bob).transfer(alice.address, await token.balanceOf(bob));
      expect((await token.streamState()).eligible).to.equal(ELIGIBLE / 4n);
      await streamed(fixture, DAY);
      expect(await token.claimable(carol)).to.equal((REVENUE * 4n) / 5n);
      await token.connect(alice).transfer(bob.address, ELIGIBLE / 2n);
      expect((await token.streamState()).eligible).to.equal((ELIGIBLE * 3n) / 4n);
      expect(await token.claimable(bob)).to.equal(0n);
      await token.connect(alice).setAccruing(true);
      expect((await token.streamState()).eligible).to.equal(ELIGIBLE);
      expect(await token.claimable(alice)).to.equal(0n);
    });

    it("lets what was earned before be claimed meanwhile", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice } = fixture;
      await streamed(fixture, DAY);
      await token.connect(alice).setAccruing(false);
      await token.connect(alice)["claim()"]();
      expect(await asset.balanceOf(alice)).to.equal(usd(216));
      await expect(token.connect(alice)["claim()"]())
        .to.be.revertedWithCustomError(token, "ModelToken_NothingToClaim")
        .withArgs(alice.address);
    });

    it("does nothing if it is so already", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, alice } = fixture;
      await streamed(fixture, DAY);
      await expect(token.connect(alice).setAccruing(true)).not.to.emit(token, "AccruingSet");
      expect(await token.claimable(alice)).to.equal(usd(216));
      await token.connect(alice).setAccruing(false);
      await expect(token.connect(alice).setAccruing(false)).not.to.emit(token, "AccruingSet");
      expect((await token.streamState()).eligible).to.equal(ELIGIBLE - (await token.balanceOf(alice)));
    });

    it("can be chosen before the sale has succeeded, and by who holds nothing", async () => {
      const market = await deployMarket();
      const sale = await endedSale(market);
      const { token, offering } = sale;
      await token.connect(market.ecosystem).setAccruing(false);
      await token.connect(market.alice).setAccruing(false);
      await offering.finalize();
      const { eligible } = await token.streamState();
      expect(eligible).to.equal(ELIGIBLE - (await token.balanceOf(market.ecosystem)));
      // What alice bought has earned until she has it, and not since.
      const start = await streamed({ ...market, ...sale }, DAY);
      await nextBlockAt(start + DAY + 1n);
      await offering.settleFor(market.alice.address);
      const bought = await token.balanceOf(market.alice);
      expect((await token.streamState()).eligible).to.equal(eligible - bought);
      const [index, accrued, accruing] = await token.accountOf(market.alice);
      expect([index, accruing]).to.deep.equal([0n, false]);
      expect(accrued).to.equal((bought * (await token.streamState()).index) >> 112n);
      await streamed({ ...market, ...sale }, DAY);
      expect(await token.claimable(market.alice)).to.equal(accrued);
    });

    it("reverts for an excluded account", async () => {
      const { token } = await networkHelpers.loadFixture(launchedToken);
      const self = await impersonate(token);
      for (const accruing of [true, false]) {
        await expect(token.connect(self).setAccruing(accruing))
          .to.be.revertedWithCustomError(token, "ModelToken_Excluded")
          .withArgs(self.address);
      }
    });
  });
});
