import { expect } from "chai";

import { deployMarket, ethers, networkHelpers, usd, ZeroAddress } from "../../helpers/offering/market.js";
import {
  ended,
  failed,
  finalizedSale,
  HARD_CAP,
  inDraft,
  open,
  Phase,
  scheduled,
  SOFT_CAP,
  succeeded,
} from "../../helpers/offering/sales.js";

async function raised(amount: bigint) {
  const market = await deployMarket();
  return { ...market, ...(await finalizedSale(market, [[market.alice, amount]])) };
}

const softCap = () => raised(SOFT_CAP);
const twofold = () => raised(2n * HARD_CAP);

describe("ModelOffering", () => {
  describe("withdrawProceeds", () => {
    for (const [name, fixture, proceeds] of [
      ["what was raised up to the hard cap", softCap, SOFT_CAP],
      ["the hard cap when more was committed", twofold, HARD_CAP],
    ] as const) {
      it(`pays ${name}, to the address that the issuer names`, async () => {
        const { asset, offering, issuer, newcomer } = await networkHelpers.loadFixture(fixture);
        const asIssuer = offering.connect(issuer);
        expect(await asIssuer.withdrawProceeds.staticCall(newcomer.address)).to.equal(proceeds);
        const sent = asIssuer.withdrawProceeds(newcomer.address);
        await expect(sent).to.changeTokenBalances(
          ethers,
          asset,
          [offering, issuer, newcomer],
          [-proceeds, 0n, proceeds],
        );
        await expect(sent).to.emit(offering, "ProceedsWithdrawn").withArgs(newcomer.address, proceeds);
      });
    }

    it("pays no more than the proceeds: reverts the second time, whatever lies there", async () => {
      const { asset, offering, issuer } = await networkHelpers.loadFixture(twofold);
      await offering.connect(issuer).withdrawProceeds(issuer.address);
      expect(await asset.balanceOf(offering)).to.equal(HARD_CAP);
      await asset.mint(offering, usd(5));
      await expect(offering.connect(issuer).withdrawProceeds(issuer.address)).to.be.revertedWithCustomError(
        offering,
        "ModelOffering_AlreadyTaken",
      );
    });

    it("pays the same after everybody has settled", async () => {
      const { asset, offering, issuer, alice } = await networkHelpers.loadFixture(twofold);
      await offering.settleFor(alice.address);
      await expect(offering.connect(issuer).withdrawProceeds(issuer.address)).to.changeTokenBalances(
        ethers,
        asset,
        [offering, issuer],
        [-HARD_CAP, HARD_CAP],
      );
      expect(await asset.balanceOf(offering)).to.equal(0n);
    });

    it("reverts for who is not the issuer, the model's new owner included", async () => {
      const { registry, offering, issuer, stranger } = await networkHelpers.loadFixture(succeeded);
      await registry.connect(issuer).transferFrom(issuer.address, stranger.address, 1);
      await expect(offering.connect(stranger).withdrawProceeds(stranger.address))
        .to.be.revertedWithCustomError(offering, "ModelOffering_NotIssuer")
        .withArgs(stranger.address, issuer.address);
    });

    it("reverts for the zero address", async () => {
      const { offering, issuer } = await networkHelpers.loadFixture(succeeded);
      await expect(offering.connect(issuer).withdrawProceeds(ZeroAddress)).to.be.revertedWithCustomError(
        offering,
        "ModelOffering_ZeroAddress",
      );
    });

    for (const [name, fixture, phase] of [
      ["Draft", inDraft, Phase.Draft],
      ["Scheduled", scheduled, Phase.Scheduled],
      ["Open", open, Phase.Open],
      ["Ended", ended, Phase.Ended],
      ["Failed", failed, Phase.Failed],
    ] as const) {
      it(`gives the issuer no path to money when it is ${name}`, async () => {
        const { offering, issuer } = await networkHelpers.loadFixture(fixture);
        for (const call of [
          () => offering.connect(issuer).withdrawProceeds(issuer.address),
          () => offering.connect(issuer).releaseLiquidity(),
        ]) {
          await expect(call())
            .to.be.revertedWithCustomError(offering, "ModelOffering_WrongPhase")
            .withArgs(phase, Phase.Succeeded);
        }
      });
    }
  });
});
