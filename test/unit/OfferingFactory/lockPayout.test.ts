import { expect } from "chai";

import { paidJob } from "../../helpers/escrow/jobs.js";
import { deployAll, standardSystem, type System } from "../../helpers/escrow/system.js";
import { ethers, type Market, MODEL, networkHelpers, PARAMETERS, people, usd } from "../../helpers/offering/market.js";
import { draftSale, inDraft } from "../../helpers/offering/sales.js";

/** A system whose model has earned a royalty of 0.1 with a job. */
async function earning(): Promise<System & Market> {
  const system = await standardSystem();
  await paidJob(system);
  return { ...system, ...(await people()) };
}

/** The same, but the asset bars the payout address. */
async function barring() {
  const asset = await ethers.deployContract("BlacklistToken");
  const system = await deployAll({ parameters: { ...PARAMETERS, asset: await asset.getAddress() } });
  await paidJob(system);
  await asset.setBlacklisted(system.payout.address, true);
  return { ...system, ...(await people()) };
}

describe("OfferingFactory", () => {
  describe("lockPayout", () => {
    it("pays what the model earned before the sale to its owner's payout, then locks that", async () => {
      const market = await networkHelpers.loadFixture(earning);
      const { asset, escrow, registry, issuer, payout } = market;
      const { offering } = await draftSale(market);
      const sent = offering.connect(issuer).schedule();
      await expect(sent).to.changeTokenBalances(ethers, asset, [escrow, payout], [-usd("0.1"), usd("0.1")]);
      await expect(sent).to.emit(escrow, "RoyaltyFlushed").withArgs(MODEL, payout.address, usd("0.1"));
      await expect(sent)
        .to.emit(registry, "PayoutLocked")
        .withArgs(MODEL, await offering.getAddress(), 500n);
      expect((await escrow.modelAccountOf(MODEL)).royaltyOwed).to.equal(0n);
    });

    it("locks although the payout refuses the asset: then the royalties wait", async () => {
      const market = await networkHelpers.loadFixture(barring);
      const { escrow, registry, issuer } = market;
      const { offering } = await draftSale(market);
      const sent = offering.connect(issuer).schedule();
      await expect(sent)
        .to.emit(registry, "PayoutLocked")
        .withArgs(MODEL, await offering.getAddress(), 500n);
      await expect(sent).not.to.emit(escrow, "RoyaltyFlushed");
      expect((await escrow.modelAccountOf(MODEL)).royaltyOwed).to.equal(usd("0.1"));
    });

    it("reverts for everybody but offerings of this factory", async () => {
      const { offerings, issuer, token } = await networkHelpers.loadFixture(inDraft);
      const tokenSigner = await ethers.getImpersonatedSigner(await token.getAddress());
      await networkHelpers.setBalance(tokenSigner.address, 10n ** 18n);
      for (const caller of [issuer, tokenSigner]) {
        await expect(offerings.connect(caller).lockPayout())
          .to.be.revertedWithCustomError(offerings, "OfferingFactory_UnknownOffering")
          .withArgs(caller.address);
      }
    });
  });
});
