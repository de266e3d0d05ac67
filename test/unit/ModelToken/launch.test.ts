import { expect } from "chai";

import { DAY, deployMarket, impersonate, networkHelpers, usd, ZeroAddress } from "../../helpers/offering/market.js";
import { REVENUE, streamed } from "../../helpers/offering/revenue.js";
import { ELIGIBLE, endedSale, SALE_SUPPLY, SUPPLY } from "../../helpers/offering/sales.js";

async function ended() {
  const market = await deployMarket();
  const sale = await endedSale(market, [[market.alice, usd(100_000)]]);
  return { ...market, ...sale, asOffering: sale.token.connect(await impersonate(sale.offering)) };
}

describe("ModelToken", () => {
  describe("launch", () => {
    it("lets tokens move and earn, and burns the unsold without redemption", async () => {
      const fixture = await networkHelpers.loadFixture(ended);
      const { token, offering, ecosystem, newcomer, asOffering } = fixture;
      expect(await token.launched()).to.equal(false);
      const unsold = (SALE_SUPPLY * 3n) / 4n;
      const sent = await asOffering.launch(unsold);
      await expect(sent)
        .to.emit(token, "Launched")
        .withArgs(ELIGIBLE - unsold, unsold)
        .and.to.emit(token, "Transfer")
        .withArgs(await offering.getAddress(), ZeroAddress, unsold);
      await expect(sent).not.to.emit(token, "Redeemed");
      expect(await token.launched()).to.equal(true);
      expect(await token.totalSupply()).to.equal(SUPPLY - unsold);
      expect(await token.balanceOf(offering)).to.equal(SALE_SUPPLY - unsold);
      await token.connect(ecosystem).transfer(newcomer.address, 1n);
      expect(await token.balanceOf(newcomer)).to.equal(1n);
    });

    it("counts all sold tokens as earning, settled or not", async () => {
      const fixture = await networkHelpers.loadFixture(ended);
      const { token, ecosystem, asOffering } = fixture;
      await asOffering.launch(0);
      expect((await token.streamState()).eligible).to.equal(ELIGIBLE);
      await streamed(fixture, DAY);
      expect(await token.claimable(ecosystem)).to.equal((REVENUE * 4n * 3n) / 5n / 16n);
    });

    it("burns nothing when all is sold", async () => {
      const { token, asOffering } = await networkHelpers.loadFixture(ended);
      const sent = await asOffering.launch(0);
      await expect(sent).to.emit(token, "Launched").withArgs(ELIGIBLE, 0n);
      await expect(sent).not.to.emit(token, "Transfer");
    });

    it("reverts the second time", async () => {
      const { token, asOffering } = await networkHelpers.loadFixture(ended);
      await asOffering.launch(0);
      await expect(asOffering.launch(0)).to.be.revertedWithCustomError(token, "ModelToken_AlreadyLaunched");
    });

    it("reverts for everybody but the offering", async () => {
      const { token, offering, issuer, stranger } = await networkHelpers.loadFixture(ended);
      for (const caller of [issuer, stranger]) {
        await expect(token.connect(caller).launch(0))
          .to.be.revertedWithCustomError(token, "ModelToken_NotOffering")
          .withArgs(caller.address, await offering.getAddress());
      }
    });
  });

  describe("before launch", () => {
    it("nothing moves: neither a transfer, nor one of nothing, nor one with an allowance", async () => {
      const { token, ecosystem, newcomer } = await networkHelpers.loadFixture(ended);
      await token.connect(ecosystem).approve(newcomer.address, 1n);
      for (const call of [
        () => token.connect(ecosystem).transfer(newcomer.address, 1n),
        () => token.connect(ecosystem).transfer(newcomer.address, 0n),
        () => token.connect(newcomer).transferFrom(ecosystem.address, newcomer.address, 1n),
      ]) {
        await expect(call()).to.be.revertedWithCustomError(token, "ModelToken_NotLaunched");
      }
    });

    it("nothing can be claimed", async () => {
      const { token, ecosystem } = await networkHelpers.loadFixture(ended);
      expect(await token.claimable(ecosystem)).to.equal(0n);
      expect(await token.accrualRate()).to.equal(0n);
      await expect(token.connect(ecosystem)["claim()"]())
        .to.be.revertedWithCustomError(token, "ModelToken_NothingToClaim")
        .withArgs(ecosystem.address);
    });
  });
});
