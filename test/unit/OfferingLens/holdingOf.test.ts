import { expect } from "chai";

import { DAY, ethers, networkHelpers, usd } from "../../helpers/offering/market.js";
import { PER_SECOND, REVENUE, streamed } from "../../helpers/offering/revenue.js";
import { ended, launchedToken, SALE_SUPPLY, succeeded, SUPPLY } from "../../helpers/offering/sales.js";

const Q = 1n << 112n;

describe("OfferingLens", () => {
  describe("holdingOf", () => {
    it("shows what an account holds, can claim, earns a second and could redeem", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { lens, offering, token, offeringId, alice, newcomer } = fixture;
      await token.connect(alice).setPayoutAddress(newcomer.address);
      const start = await streamed(fixture, DAY / 2n);
      const view = await lens.holdingOf(offeringId, alice);
      expect([view.modelId, view.offering, view.token]).to.deep.equal([
        1n,
        await offering.getAddress(),
        await token.getAddress(),
      ]);
      expect([view.name, view.symbol]).to.deep.equal(["Assay Model One", "ONE"]);
      expect([view.balance, view.unsettled]).to.deep.equal([SALE_SUPPLY / 2n, 0n]);
      expect([view.claimable, view.unsettledRevenue]).to.deep.equal([usd(108), 0n]);
      expect(view.ratePerSecond).to.equal(PER_SECOND.alice * Q);
      expect(view.rateEndsAt).to.equal(start + DAY);
      expect(view.redeemable).to.equal(((REVENUE / 10n) * (SALE_SUPPLY / 2n)) / SUPPLY);
      expect([view.payout, view.accruing]).to.deep.equal([newcomer.address, true]);
    });

    it("shows tokens that wait for settleFor, with what they earned and earn", async () => {
      const fixture = await networkHelpers.loadFixture(succeeded);
      const { lens, offering, token, offeringId, alice, bob } = fixture;
      await offering.settleFor(bob.address);
      await streamed(fixture, DAY / 2n);
      const view = await lens.holdingOf(offeringId, alice);
      expect([view.balance, view.unsettled]).to.deep.equal([0n, SALE_SUPPLY / 2n]);
      expect([view.claimable, view.unsettledRevenue]).to.deep.equal([0n, usd(108)]);
      expect(view.ratePerSecond).to.equal(PER_SECOND.alice * Q);
      await offering.settleFor(alice.address);
      expect(await token.claimable(alice)).to.be.at.least(usd(108));
      expect((await lens.holdingOf(offeringId, alice)).unsettled).to.equal(0n);
    });

    it("shows no rate for tokens that do not accrue", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { lens, token, offeringId, alice } = fixture;
      await token.connect(alice).setAccruing(false);
      await streamed(fixture, 10n);
      const view = await lens.holdingOf(offeringId, alice);
      expect([view.ratePerSecond, view.accruing]).to.deep.equal([0n, false]);
      expect(view.balance).to.equal(SALE_SUPPLY / 2n);
    });

    it("shows nothing to claim or settle before the sale has succeeded", async () => {
      const { lens, offeringId, alice, ecosystem } = await networkHelpers.loadFixture(ended);
      const buyer = await lens.holdingOf(offeringId, alice);
      expect([buyer.balance, buyer.unsettled, buyer.claimable, buyer.ratePerSecond]).to.deep.equal([0n, 0n, 0n, 0n]);
      const holder = await lens.holdingOf(offeringId, ecosystem);
      expect([holder.balance, holder.claimable]).to.deep.equal([(SUPPLY * 15n) / 100n, 0n]);
    });

    it("reverts for an id that does not exist", async () => {
      const { lens, alice } = await networkHelpers.loadFixture(ended);
      for (const id of [0n, 2n]) await expect(lens.holdingOf(id, alice)).to.be.revertedWithoutReason(ethers);
    });
  });
});
