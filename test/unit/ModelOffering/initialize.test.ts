import { expect } from "chai";

import { ethers, impersonate, networkHelpers, ZeroAddress } from "../../helpers/offering/market.js";
import { inDraft } from "../../helpers/offering/sales.js";

describe("ModelOffering", () => {
  describe("initialize", () => {
    it("has told the offering its token when it is made", async () => {
      const { offerings, offering, token, offeringId } = await networkHelpers.loadFixture(inDraft);
      const record = await offerings.offeringAt(offeringId);
      expect(await offering.token()).to.equal(record.token);
      expect(await offering.factory()).to.equal(await offerings.getAddress());
      expect(await token.offering()).to.equal(record.offering);
    });

    it("reverts for everybody, and a second time for the factory too", async () => {
      const { offerings, offering, issuer, token } = await networkHelpers.loadFixture(inDraft);
      const factory = await offerings.getAddress();
      for (const caller of [issuer, await impersonate(offerings)]) {
        await expect(offering.connect(caller).initialize(token, true))
          .to.be.revertedWithCustomError(offering, "ModelOffering_NotFactory")
          .withArgs(caller.address, factory);
      }
    });

    it("reverts for everybody but who made the offering, also while it has no token", async () => {
      const { registry, issuer, stranger } = await networkHelpers.loadFixture(inDraft);
      const terms = {
        issuer: issuer.address,
        modelId: 1n,
        asset: ZeroAddress,
        saleSupply: 1n,
        hardCap: 1n,
        softCap: 1n,
        opensAt: 1n,
        closesAt: 2n,
        withdrawableUntil: 2n,
        finalizableUntil: 3n,
        allowlistRoot: ethers.ZeroHash,
        liquidityRecipient: ZeroAddress,
      };
      const offering = await ethers.deployContract("ModelOffering", [registry, terms], issuer);
      await expect(offering.connect(stranger).initialize(stranger.address, false))
        .to.be.revertedWithCustomError(offering, "ModelOffering_NotFactory")
        .withArgs(stranger.address, issuer.address);
      expect(await offering.token()).to.equal(ZeroAddress);
    });
  });
});
