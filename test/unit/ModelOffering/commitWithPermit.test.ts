import { expect } from "chai";

import { DAY, deployMarket, ethers, networkHelpers, now, PARAMETERS, usd } from "../../helpers/offering/market.js";
import { signPermit } from "../../helpers/offering/permit.js";
import { open, openSale } from "../../helpers/offering/sales.js";

async function permitted() {
  const fixture = await open();
  const { asset, offering, alice } = fixture;
  await asset.mint(alice.address, usd(100));
  const deadline = (await now()) + DAY;
  const permit = await signPermit(asset, alice, await offering.getAddress(), usd(100), deadline);
  return { ...fixture, deadline, permit };
}

describe("ModelOffering", () => {
  describe("commitWithPermit", () => {
    it("commits without an approval before", async () => {
      const { asset, offering, alice, deadline, permit } = await networkHelpers.loadFixture(permitted);
      const { v, r, s } = permit;
      const sent = offering.connect(alice).commitWithPermit(usd(100), 0, [], deadline, v, r, s);
      await expect(sent).to.changeTokenBalances(ethers, asset, [alice, offering], [-usd(100), usd(100)]);
      await expect(sent).to.emit(offering, "Committed").withArgs(alice.address, usd(100), usd(100));
      expect(await asset.allowance(alice, offering)).to.equal(0n);
    });

    it("commits although the permit was front-run: somebody used it first", async () => {
      const { asset, offering, alice, stranger, deadline, permit } = await networkHelpers.loadFixture(permitted);
      const { v, r, s } = permit;
      await asset.connect(stranger).permit(alice.address, offering, usd(100), deadline, v, r, s);
      await offering.connect(alice).commitWithPermit(usd(100), 0, [], deadline, v, r, s);
      expect(await offering.commitmentOf(alice)).to.equal(usd(100));
    });

    it("spends the caller's allowance only: a stolen permit commits nothing", async () => {
      const { asset, offering, alice, stranger, deadline, permit } = await networkHelpers.loadFixture(permitted);
      const { v, r, s } = permit;
      await expect(offering.connect(stranger).commitWithPermit(usd(100), 0, [], deadline, v, r, s))
        .to.be.revertedWithCustomError(asset, "ERC20InsufficientAllowance")
        .withArgs(await offering.getAddress(), 0n, usd(100));
      expect(await asset.balanceOf(alice)).to.equal(usd(100));
    });

    it("reverts when the permit is bad and there is no allowance", async () => {
      const { asset, offering, alice, deadline, permit } = await networkHelpers.loadFixture(permitted);
      const { v, r, s } = permit;
      await expect(offering.connect(alice).commitWithPermit(usd(100), 0, [], deadline + 1n, v, r, s))
        .to.be.revertedWithCustomError(asset, "ERC20InsufficientAllowance")
        .withArgs(await offering.getAddress(), 0n, usd(100));
    });

    it("uses the allowance of an asset that knows no permits", async () => {
      const asset = await ethers.deployContract("NoReturnToken");
      const market = await deployMarket({ ...PARAMETERS, asset: await asset.getAddress() });
      const { offering } = await openSale(market);
      await asset.mint(market.alice.address, usd(7));
      await asset.connect(market.alice).approve(offering, usd(7));
      const zero = ethers.ZeroHash;
      await offering.connect(market.alice).commitWithPermit(usd(7), 0, [], 0, 27, zero, zero);
      expect(await offering.commitmentOf(market.alice)).to.equal(usd(7));
    });

    it("keeps to the rules of commit", async () => {
      const { offering, alice, deadline, permit } = await networkHelpers.loadFixture(permitted);
      const { v, r, s } = permit;
      await expect(offering.connect(alice).commitWithPermit(0, 0, [], deadline, v, r, s)).to.be.revertedWithCustomError(
        offering,
        "ModelOffering_ZeroAmount",
      );
    });
  });
});
