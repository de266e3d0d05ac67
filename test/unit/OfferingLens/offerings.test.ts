import { expect } from "chai";

import {
  ethers,
  type Market,
  networkHelpers,
  registerModel,
  standardMarket,
  usd,
  ZeroAddress,
} from "../../helpers/offering/market.js";
import { streamed } from "../../helpers/offering/revenue.js";
import {
  commit,
  draftSale,
  ended,
  failed,
  HARD_CAP,
  open,
  Phase,
  SALE_SUPPLY,
  settledSale,
  SOFT_CAP,
  succeeded,
  SUPPLY,
} from "../../helpers/offering/sales.js";

/** Three offerings: a sale of the first model that succeeded and was settled, and two drafts of the second. */
async function three(): Promise<Market> {
  const market = await standardMarket();
  await registerModel(market);
  await settledSale(market);
  await draftSale(market, { modelId: 2n, name: "Second", symbol: "TWO" });
  await draftSale(market, { modelId: 2n, name: "Third", symbol: "THREE" });
  return market;
}

describe("OfferingLens", () => {
  describe("constructor", () => {
    it("belongs to the factory", async () => {
      const { lens, offerings } = await networkHelpers.loadFixture(standardMarket);
      expect(await lens.factory()).to.equal(await offerings.getAddress());
    });
  });

  describe("offeringOf", () => {
    it("shows an offering as an account sees it", async () => {
      const fixture = await networkHelpers.loadFixture(open);
      const { lens, offerings, offering, offeringId, alice } = fixture;
      await commit(fixture, fixture, alice, 3n * HARD_CAP);
      const view = await lens.offeringOf(offeringId, alice);
      expect(view.record).to.deep.equal(await offerings.offeringAt(offeringId));
      expect(view.terms).to.deep.equal(await offering.terms());
      expect(view.phase).to.equal(Phase.Open);
      expect(view.committed).to.equal(3n * HARD_CAP);
      expect([view.name, view.symbol, view.supply]).to.deep.equal(["Assay Model One", "ONE", SUPPLY]);
      expect([view.own, view.tokens, view.refund]).to.deep.equal([3n * HARD_CAP, SALE_SUPPLY, 2n * HARD_CAP]);
    });

    it("says that below the soft cap everything comes back, and from it on tokens do", async () => {
      const fixture = await networkHelpers.loadFixture(open);
      const { lens, offeringId, alice, bob } = fixture;
      await commit(fixture, fixture, alice, SOFT_CAP - 1n);
      let view = await lens.offeringOf(offeringId, alice);
      expect([view.tokens, view.refund]).to.deep.equal([0n, SOFT_CAP - 1n]);
      await commit(fixture, fixture, bob, 1n);
      view = await lens.offeringOf(offeringId, alice);
      expect([view.tokens, view.refund]).to.deep.equal([(SALE_SUPPLY * (SOFT_CAP - 1n)) / HARD_CAP, 0n]);
    });

    it("says that everything comes back when the sale failed", async () => {
      const { lens, offeringId, alice } = await networkHelpers.loadFixture(failed);
      const view = await lens.offeringOf(offeringId, alice);
      expect([view.phase, view.tokens, view.refund]).to.deep.equal([Phase.Failed, 0n, usd(60_000)]);
    });

    it("says that everything comes back when nobody finalized in time, although enough was committed", async () => {
      const { lens, offering, offeringId, alice } = await networkHelpers.loadFixture(ended);
      await networkHelpers.time.increaseTo((await offering.terms()).finalizableUntil);
      const view = await lens.offeringOf(offeringId, alice);
      expect([view.phase, view.tokens, view.refund]).to.deep.equal([Phase.Failed, 0n, HARD_CAP / 2n]);
    });

    it("shows nothing of who has settled", async () => {
      const { lens, offering, offeringId, alice } = await networkHelpers.loadFixture(succeeded);
      await offering.settleFor(alice.address);
      const view = await lens.offeringOf(offeringId, alice);
      expect([view.own, view.tokens, view.refund]).to.deep.equal([0n, 0n, 0n]);
      expect(view.committed).to.equal(HARD_CAP);
    });

    it("reverts for an id that does not exist", async () => {
      const { lens, alice } = await networkHelpers.loadFixture(open);
      for (const id of [0n, 2n]) await expect(lens.offeringOf(id, alice)).to.be.revertedWithoutReason(ethers);
    });
  });

  describe("offerings", () => {
    it("shows a page in the order of ids, cut at the end", async () => {
      const { lens, alice } = await networkHelpers.loadFixture(three);
      const names = async (first: bigint, count: bigint) =>
        (await lens.offerings(first, count, alice)).map(({ name }) => name);
      expect(await names(1n, 10n)).to.deep.equal(["Assay Model One", "Second", "Third"]);
      expect(await names(2n, 1n)).to.deep.equal(["Second"]);
      expect(await names(3n, (1n << 256n) - 1n)).to.deep.equal(["Third"]);
      expect(await names(4n, 10n)).to.deep.equal([]);
      expect(await names(1n, 0n)).to.deep.equal([]);
    });

    it("shows each as offeringOf does", async () => {
      const { lens, alice } = await networkHelpers.loadFixture(three);
      const views = await lens.offerings(1, 3, alice);
      for (const [i, view] of views.entries()) expect(view).to.deep.equal(await lens.offeringOf(i + 1, alice));
    });
  });

  describe("holdings", () => {
    it("shows the tokens of all offerings, those that never moved too", async () => {
      const { lens, alice } = await networkHelpers.loadFixture(three);
      const views = await lens.holdings(1, 10, alice);
      expect(views.map(({ symbol }) => symbol)).to.deep.equal(["ONE", "TWO", "THREE"]);
      expect(views.map(({ balance }) => balance)).to.deep.equal([SALE_SUPPLY / 2n, 0n, 0n]);
      for (const [i, view] of views.entries()) expect(view).to.deep.equal(await lens.holdingOf(i + 1, alice));
      expect(await lens.holdings(4, 10, alice)).to.deep.equal([]);
    });

    it("shows a holder's claims of several models at once", async () => {
      const market = await networkHelpers.loadFixture(standardMarket);
      await registerModel(market);
      const first = await settledSale(market);
      const second = await settledSale(market, undefined, { modelId: 2n });
      await streamed({ ...market, ...first }, 0n);
      await streamed({ ...market, ...second }, 86_400n);
      const views = await market.lens.holdings(1, 2, market.alice);
      expect(views.map(({ modelId, claimable }) => [modelId, claimable])).to.deep.equal([
        [1n, usd(216)],
        [2n, usd(216)],
      ]);
      expect(views[0]!.payout).not.to.equal(ZeroAddress);
    });
  });
});
