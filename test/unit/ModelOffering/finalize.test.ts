import { expect } from "chai";

import {
  DAY,
  deployMarket,
  ethers,
  MODEL,
  networkHelpers,
  nextBlockAt,
  ZeroAddress,
} from "../../helpers/offering/market.js";
import {
  type Commitments,
  ELIGIBLE,
  ended,
  endedSale,
  failed,
  HARD_CAP,
  open,
  Phase,
  SALE_SUPPLY,
  type SaleInMarket,
  scheduled,
  SOFT_CAP,
  succeeded,
  SUPPLY,
} from "../../helpers/offering/sales.js";

/** An ended sale in which alice committed `amount`. */
async function endedWith(amount: bigint): Promise<SaleInMarket> {
  const market = await deployMarket();
  const commitments: Commitments = amount === 0n ? [] : [[market.alice, amount]];
  return { ...market, ...(await endedSale(market, commitments)) };
}

const softCapMet = () => endedWith(SOFT_CAP);
const oneShort = () => endedWith(SOFT_CAP - 1n);
const oversubscribed = () => endedWith(50n * HARD_CAP);
const uneven = () => endedWith(SOFT_CAP + 1n);
const nobody = () => endedWith(0n);

describe("ModelOffering", () => {
  describe("finalize", () => {
    it("launches the token and makes it the model's payout for ever; anyone may", async () => {
      const { registry, offering, token, stranger } = await networkHelpers.loadFixture(ended);
      expect(await offering.connect(stranger).finalize.staticCall()).to.equal(true);
      const sent = offering.connect(stranger).finalize();
      await expect(sent).to.emit(offering, "OfferingSucceeded").withArgs(HARD_CAP, HARD_CAP, SALE_SUPPLY);
      await expect(sent).to.emit(token, "Launched").withArgs(ELIGIBLE, 0n);
      await expect(sent)
        .to.emit(registry, "PayoutAssigned")
        .withArgs(MODEL, await offering.getAddress(), await token.getAddress());
      expect(await offering.phase()).to.equal(Phase.Succeeded);
      expect(await token.launched()).to.equal(true);
      expect(await registry.royaltyRecipient(MODEL)).to.deep.equal([await token.getAddress(), true]);
      expect(await registry.payoutOf(MODEL)).to.equal(await token.getAddress());
    });

    it("moves no money", async () => {
      const { asset, offering, issuer, payout, token } = await networkHelpers.loadFixture(ended);
      await expect(offering.finalize()).to.changeTokenBalances(
        ethers,
        asset,
        [offering, issuer, payout, token],
        [0n, 0n, 0n, 0n],
      );
    });

    it("soft cap exactly met: succeeds, and burns the unsold without redemption", async () => {
      const { offering, token } = await networkHelpers.loadFixture(softCapMet);
      const sold = SALE_SUPPLY / 4n;
      const sent = offering.finalize();
      await expect(sent).to.emit(offering, "OfferingSucceeded").withArgs(SOFT_CAP, SOFT_CAP, sold);
      await expect(sent)
        .to.emit(token, "Transfer")
        .withArgs(await offering.getAddress(), ZeroAddress, SALE_SUPPLY - sold);
      await expect(sent).not.to.emit(token, "Redeemed");
      expect(await token.balanceOf(offering)).to.equal(sold);
      expect(await token.totalSupply()).to.equal(SUPPLY - SALE_SUPPLY + sold);
      expect((await token.streamState()).eligible).to.equal(ELIGIBLE - SALE_SUPPLY + sold);
    });

    it("one short of the soft cap: fails, and gives the payout back", async () => {
      const { registry, offering, token, payout, issuer, stranger } = await networkHelpers.loadFixture(oneShort);
      expect(await offering.finalize.staticCall()).to.equal(false);
      const sent = offering.connect(stranger).finalize();
      await expect(sent)
        .to.emit(offering, "OfferingFailed")
        .withArgs(SOFT_CAP - 1n, SOFT_CAP);
      await expect(sent)
        .to.emit(registry, "PayoutReleased")
        .withArgs(MODEL, await offering.getAddress());
      expect(await offering.phase()).to.equal(Phase.Failed);
      expect(await token.launched()).to.equal(false);
      expect(await registry.royaltyRecipient(MODEL)).to.deep.equal([payout.address, false]);
      await registry.connect(issuer).setRoyalty(MODEL, 0);
      expect(await registry.royaltyOf(MODEL)).to.equal(0n);
    });

    it("rounds the sold tokens down", async () => {
      const { offering } = await networkHelpers.loadFixture(uneven);
      const raised = SOFT_CAP + 1n;
      await expect(offering.finalize())
        .to.emit(offering, "OfferingSucceeded")
        .withArgs(raised, raised, (SALE_SUPPLY * raised) / HARD_CAP);
    });

    it("50 times oversubscribed: all is sold, and the hard cap is all that is raised", async () => {
      const { offering, token } = await networkHelpers.loadFixture(oversubscribed);
      await expect(offering.finalize())
        .to.emit(offering, "OfferingSucceeded")
        .withArgs(50n * HARD_CAP, HARD_CAP, SALE_SUPPLY);
      expect(await token.totalSupply()).to.equal(SUPPLY);
    });

    it("fails when nobody came", async () => {
      const { offering } = await networkHelpers.loadFixture(nobody);
      await expect(offering.finalize()).to.emit(offering, "OfferingFailed").withArgs(0n, SOFT_CAP);
    });

    it("is possible from closesAt until the grace is over", async () => {
      const { offering, config } = await networkHelpers.loadFixture(open);
      await nextBlockAt(config.closesAt - 1n);
      await expect(offering.finalize())
        .to.be.revertedWithCustomError(offering, "ModelOffering_WrongPhase")
        .withArgs(Phase.Open, Phase.Ended);
      await nextBlockAt(config.closesAt);
      await expect(offering.finalize()).to.emit(offering, "OfferingFailed").withArgs(0n, SOFT_CAP);
    });

    it("is possible in the last second of the grace, and not in the next", async () => {
      const { offering, config } = await networkHelpers.loadFixture(ended);
      const { finalizableUntil } = await offering.terms();
      expect(finalizableUntil).to.equal(config.closesAt + 7n * DAY);
      await nextBlockAt(finalizableUntil);
      await expect(offering.finalize())
        .to.be.revertedWithCustomError(offering, "ModelOffering_WrongPhase")
        .withArgs(Phase.Failed, Phase.Ended);
      await nextBlockAt(finalizableUntil - 1n);
      await offering.finalize();
      expect(await offering.phase()).to.equal(Phase.Succeeded);
    });

    it("finalize impossible, then grace, then refunds: nobody's money depends on it", async () => {
      const { asset, registry, offering, alice, bob, carol, config } = await networkHelpers.loadFixture(ended);
      // A registry that only reverts.
      await networkHelpers.setCode(await registry.getAddress(), "0x5f5ffd");
      await expect(offering.finalize()).to.be.revertedWithoutReason(ethers);
      expect(await offering.phase()).to.equal(Phase.Ended);
      await networkHelpers.time.increaseTo(config.closesAt + 7n * DAY);
      expect(await offering.phase()).to.equal(Phase.Failed);
      await expect(offering.expire()).to.be.revertedWithoutReason(ethers);
      await expect(offering.refundFor(alice.address)).to.changeTokenBalance(ethers, asset, alice, HARD_CAP / 2n);
      await expect(offering.refundFor(bob.address)).to.changeTokenBalance(ethers, asset, bob, HARD_CAP / 4n);
      await expect(offering.refundFor(carol.address)).to.changeTokenBalance(ethers, asset, carol, HARD_CAP / 4n);
      expect(await asset.balanceOf(offering)).to.equal(0n);
    });

    for (const [name, fixture, phase] of [
      ["before it opens", scheduled, Phase.Scheduled],
      ["twice when it succeeded", succeeded, Phase.Succeeded],
      ["twice when it failed", failed, Phase.Failed],
    ] as const) {
      it(`reverts ${name}`, async () => {
        const { offering } = await networkHelpers.loadFixture(fixture);
        await expect(offering.finalize())
          .to.be.revertedWithCustomError(offering, "ModelOffering_WrongPhase")
          .withArgs(phase, Phase.Ended);
      });
    }
  });

  describe("finalize, afterwards", () => {
    it("the owner cannot lower the royalty below its rate at the beginning, and can raise it", async () => {
      const { registry, issuer } = await networkHelpers.loadFixture(succeeded);
      await expect(registry.connect(issuer).setRoyalty(MODEL, 499))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_RoyaltyBelowFloor")
        .withArgs(MODEL, 499n, 500n);
      await registry.connect(issuer).setRoyalty(MODEL, 900);
      await registry.connect(issuer).setRoyalty(MODEL, 500);
      expect(await registry.royaltyOf(MODEL)).to.equal(500n);
    });

    it("registry NFT sold, new version: revenue stays with the token", async () => {
      const { registry, offering, token, issuer, stranger } = await networkHelpers.loadFixture(succeeded);
      await registry.connect(issuer).transferFrom(issuer.address, stranger.address, MODEL);
      const version = { policyId: ethers.id("next"), verifierFee: 1n, detection: 1n, samplePoints: 1n };
      await registry.connect(stranger).publishVersion(MODEL, version, "");
      await expect(registry.connect(stranger).setPayout(MODEL, stranger.address))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_PayoutLocked")
        .withArgs(MODEL, await offering.getAddress());
      await expect(registry.connect(stranger).setRoyalty(MODEL, 0))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_RoyaltyBelowFloor")
        .withArgs(MODEL, 0n, 500n);
      expect(await registry.royaltyRecipient(MODEL)).to.deep.equal([await token.getAddress(), true]);
    });
  });
});
