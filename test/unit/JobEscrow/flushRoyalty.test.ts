import { expect } from "chai";

import { paidJob } from "../../helpers/escrow/jobs.js";
import { expectMoves } from "../../helpers/escrow/ledger.js";
import { deployAll, standardSystem, type System } from "../../helpers/escrow/system.js";
import {
  DAY,
  ethers,
  type Market,
  MODEL,
  networkHelpers,
  nextBlockAt,
  PARAMETERS,
  people,
  usd,
} from "../../helpers/offering/market.js";
import { nextEpoch, streamed } from "../../helpers/offering/revenue.js";
import { draftSale, endedSale, openSale, type Sale, scheduledSale, settledSale } from "../../helpers/offering/sales.js";

type Sold = System & Market & Sale;

/** The model's royalties belong to a token: the issuer is its owner, and alice holds 5/16 of what earns. */
async function sold(): Promise<Sold> {
  const market = await standardMarket();
  return { ...market, ...(await settledSale(market)) };
}

async function standardMarket(): Promise<System & Market> {
  return { ...(await standardSystem()), ...(await people()) };
}

const ROYALTY = usd("0.1");

describe("JobEscrow", () => {
  describe("flushRoyalty into a token", () => {
    it("moves what was earned and is credited there as revenue; anyone may", async () => {
      const system = await networkHelpers.loadFixture(sold);
      const { asset, escrow, token, stranger } = system;
      await paidJob(system);
      expect(await escrow.flushRoyalty.staticCall(MODEL)).to.equal(ROYALTY);
      const epoch = await nextEpoch(token);
      await nextBlockAt(epoch);
      const before = await asset.balanceOf(token);
      const sent = await expectMoves(system, () => escrow.connect(stranger).flushRoyalty(MODEL), {
        "escrow.tokens": -ROYALTY,
        royaltyOwed: -ROYALTY,
      });
      expect((await asset.balanceOf(token)) - before).to.equal(ROYALTY);
      await expect(sent)
        .to.emit(escrow, "RoyaltyFlushed")
        .withArgs(MODEL, await token.getAddress(), ROYALTY);
      await expect(sent)
        .to.emit(token, "RevenueDeposited")
        .withArgs(await escrow.getAddress(), ROYALTY, epoch / DAY);
      const { pending, reserves } = await token.streamState();
      expect([pending, reserves]).to.deep.equal([ROYALTY, ROYALTY]);
    });

    it("streams to the holders in the next epoch", async () => {
      const system = await networkHelpers.loadFixture(sold);
      const { escrow, token, alice } = system;
      await paidJob(system, { terms: { budget: usd(20) } });
      await escrow.flushRoyalty(MODEL);
      await networkHelpers.time.increaseTo((await nextEpoch(token)) + DAY / 2n);
      // A half of 1, of which 80 % are for holders and 5/16 of that for alice.
      expect(await token.claimable(alice)).to.equal(usd("0.125"));
    });

    it("credits what somebody had sent to the token as well", async () => {
      const system = await networkHelpers.loadFixture(sold);
      const { asset, escrow, token } = system;
      await paidJob(system);
      await asset.mint(token, 5n);
      await escrow.flushRoyalty(MODEL);
      expect((await token.streamState()).pending).to.equal(ROYALTY + 5n);
    });

    it("reverts when nothing is owed", async () => {
      const { escrow } = await networkHelpers.loadFixture(sold);
      await expect(escrow.flushRoyalty(MODEL))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_NothingOwed")
        .withArgs(MODEL);
    });

    it("registry NFT sold, new version: revenue stays with the token", async () => {
      const system = await networkHelpers.loadFixture(sold);
      const { escrow, registry, token, issuer, stranger } = system;
      await registry.connect(issuer).transferFrom(issuer.address, stranger.address, MODEL);
      const terms = await registry.versionOf(MODEL, 1);
      const next = {
        policyId: ethers.id("next"),
        verifierFee: terms.verifierFee,
        detection: terms.detection,
        samplePoints: terms.samplePoints,
      };
      await registry.connect(stranger).publishVersion(MODEL, next, "");
      await paidJob(system, { terms: { version: 2n } });
      await expect(escrow.flushRoyalty(MODEL))
        .to.emit(escrow, "RoyaltyFlushed")
        .withArgs(MODEL, await token.getAddress(), ROYALTY);
      expect((await token.streamState()).pending).to.equal(ROYALTY);
    });

    it("owner lowers the royalty after success: it stays at its rate at the beginning", async () => {
      const system = await networkHelpers.loadFixture(sold);
      const { escrow, registry, issuer } = system;
      await registry.connect(issuer).setRoyalty(MODEL, 800);
      await paidJob(system, { terms: { royaltyBps: 800n } });
      await expect(registry.connect(issuer).setRoyalty(MODEL, 499))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_RoyaltyBelowFloor")
        .withArgs(MODEL, 499n, 500n);
      await registry.connect(issuer).setRoyalty(MODEL, 500);
      await paidJob(system);
      expect((await escrow.modelAccountOf(MODEL)).royaltyOwed).to.equal(usd("0.16") + ROYALTY);
    });

    it("with an asset that takes a fee credits what arrives", async () => {
      const hostile = await ethers.deployContract("FeeOnTransferToken");
      await hostile.setFee(0);
      const parameters = { ...PARAMETERS, asset: await hostile.getAddress() };
      const market = { ...(await deployAll({ parameters })), ...(await people()) };
      const { token } = await settledSale(market);
      await paidJob(market);
      await hostile.setFee(100);
      await market.escrow.flushRoyalty(MODEL);
      expect((await token.streamState()).pending).to.equal((ROYALTY * 99n) / 100n);
    });
  });

  describe("flushRoyalty around an offering", () => {
    it("reverts while an offering goes on: royalties wait until it is known whose they are", async () => {
      const market = await networkHelpers.loadFixture(standardMarket);
      const { escrow, registry } = market;
      const sale = await openSale(market);
      const offering = await sale.offering.getAddress();
      await paidJob(market);
      const locked = async () => {
        await expect(escrow.flushRoyalty(MODEL))
          .to.be.revertedWithCustomError(registry, "ModelRegistry_PayoutLocked")
          .withArgs(MODEL, offering);
      };
      await locked();
      await networkHelpers.time.increaseTo(sale.config.closesAt);
      await locked();
      expect((await escrow.modelAccountOf(MODEL)).royaltyOwed).to.equal(ROYALTY);
    });

    it("royalties of the time of a sale that succeeded are the holders'", async () => {
      const market = await networkHelpers.loadFixture(standardMarket);
      const { asset, escrow, payout, alice } = market;
      const sale = await scheduledSale(market);
      await paidJob(market, { terms: { budget: usd(20) } });
      await networkHelpers.time.increaseTo(sale.config.opensAt);
      await asset.mint(alice.address, usd(400_000));
      await asset.connect(alice).approve(sale.offering, usd(400_000));
      await sale.offering.connect(alice).commit(usd(400_000), 0, []);
      await networkHelpers.time.increaseTo(sale.config.closesAt);
      await sale.offering.finalize();
      await expect(escrow.flushRoyalty(MODEL)).to.changeTokenBalances(
        ethers,
        asset,
        [escrow, payout, sale.token],
        [-usd(1), 0n, usd(1)],
      );
      await sale.offering.settleFor(alice.address);
      await streamed({ ...market, ...sale }, DAY, 1n);
      // Ten sixteenths of 80 % of 1.
      expect(await sale.token.claimable(alice)).to.equal(usd("0.5"));
    });

    for (const [name, end] of [
      [
        "was cancelled",
        async (market: Market) => {
          const { offering } = await scheduledSale(market);
          return { offering, finish: () => offering.connect(market.issuer).cancel() };
        },
      ],
      [
        "failed",
        async (market: Market) => {
          const { offering } = await endedSale(market, [[market.alice, usd(1)]]);
          return { offering, finish: () => offering.finalize() };
        },
      ],
      [
        "expired",
        async (market: Market) => {
          const { offering } = await endedSale(market);
          await networkHelpers.time.increaseTo((await offering.terms()).finalizableUntil);
          return { offering, finish: () => offering.expire() };
        },
      ],
    ] as const) {
      it(`royalties of the time of a sale that ${name} are the owner's`, async () => {
        const market = await networkHelpers.loadFixture(standardMarket);
        const { escrow, registry, payout } = market;
        const { offering, finish } = await end(market);
        await paidJob(market);
        await expect(escrow.flushRoyalty(MODEL))
          .to.be.revertedWithCustomError(registry, "ModelRegistry_PayoutLocked")
          .withArgs(MODEL, await offering.getAddress());
        await finish();
        const sent = await expectMoves(market, () => escrow.flushRoyalty(MODEL), {
          "payout.tokens": ROYALTY,
          "escrow.tokens": -ROYALTY,
          royaltyOwed: -ROYALTY,
        });
        await expect(sent).to.emit(escrow, "RoyaltyFlushed").withArgs(MODEL, payout.address, ROYALTY);
      });
    }

    it("pays the owner of a draft, which locks nothing", async () => {
      const market = await networkHelpers.loadFixture(standardMarket);
      const { escrow } = market;
      await draftSale(market);
      await paidJob(market);
      await expectMoves(market, () => escrow.flushRoyalty(MODEL), {
        "payout.tokens": ROYALTY,
        "escrow.tokens": -ROYALTY,
        royaltyOwed: -ROYALTY,
      });
    });
  });
});
