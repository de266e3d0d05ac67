import { expect } from "chai";

import { DAY, deployMarket, impersonate, networkHelpers, nextBlockAt } from "../../helpers/offering/market.js";
import { deposit, PER_SECOND, REVENUE, streamed } from "../../helpers/offering/revenue.js";
import { ELIGIBLE, finalizedSale, SALE_SUPPLY } from "../../helpers/offering/sales.js";

/** All is sold and nothing settled. */
async function finalized() {
  const market = await deployMarket();
  const sale = await finalizedSale(market);
  return { ...market, ...sale, asOffering: sale.token.connect(await impersonate(sale.offering)) };
}

describe("ModelToken", () => {
  describe("settle", () => {
    it("moves sold tokens to their buyer and changes nothing of what earns", async () => {
      const { token, offering, alice, asOffering } = await networkHelpers.loadFixture(finalized);
      await expect(asOffering.settle(alice.address, 1_000n))
        .to.emit(token, "Transfer")
        .withArgs(await offering.getAddress(), alice.address, 1_000n);
      expect(await token.balanceOf(alice)).to.equal(1_000n);
      expect(await token.balanceOf(offering)).to.equal(SALE_SUPPLY - 1_000n);
      expect((await token.streamState()).eligible).to.equal(ELIGIBLE);
    });

    it("credits a late settler with what its tokens earned since launch; early settlers and the team gain nothing", async () => {
      const fixture = await networkHelpers.loadFixture(finalized);
      const { token, vesting, alice, bob, carol, asOffering } = fixture;
      await asOffering.settle(alice.address, SALE_SUPPLY / 2n);
      const start = await streamed(fixture, DAY);
      await nextBlockAt(start + 2n * DAY);
      await asOffering.settle(bob.address, SALE_SUPPLY / 4n);
      // Nothing is stored for an account that never had anything: its index is that of the launch.
      expect(await token.accountOf(bob)).to.deep.equal([0n, 0n, true, false]);
      expect(await token.claimable(alice)).to.equal(PER_SECOND.alice * DAY);
      expect(await token.claimable(bob)).to.equal(PER_SECOND.bob * DAY);
      expect(await token.claimable(vesting)).to.equal(PER_SECOND.vesting * DAY);
      // Both earn the same from now on, and carol, who has not settled, finds hers a year later.
      await streamed(fixture, DAY);
      expect(await token.claimable(bob)).to.equal(2n * PER_SECOND.bob * DAY);
      await networkHelpers.time.increase(365n * DAY);
      await asOffering.settle(carol.address, SALE_SUPPLY / 4n);
      expect(await token.claimable(carol)).to.equal(2n * PER_SECOND.carol * DAY);
      expect(await token.claimable(vesting)).to.equal(2n * PER_SECOND.vesting * DAY);
    });

    it("credits a buyer that holds tokens already, and that has claimed their revenue", async () => {
      const fixture = await networkHelpers.loadFixture(finalized);
      const { token, alice, ecosystem, asOffering } = fixture;
      const held = await token.balanceOf(ecosystem);
      await token.connect(ecosystem).transfer(alice.address, held);
      const start = await deposit(fixture);
      await nextBlockAt(start + DAY / 2n);
      await token.connect(alice)["claim()"]();
      expect((await token.accountOf(alice)).accrued).to.equal(0n);
      await nextBlockAt(start + DAY);
      await asOffering.settle(alice.address, SALE_SUPPLY / 2n);
      const [index, accrued] = await token.accountOf(alice);
      expect(index).to.equal((await token.streamState()).index);
      expect(accrued).to.equal((PER_SECOND.ecosystem * DAY) / 2n + PER_SECOND.alice * DAY);
      expect(await token.balanceOf(alice)).to.equal(held + SALE_SUPPLY / 2n);
    });

    it("settles to who does not accrue: what its tokens earned until now is paid, then they leave what earns", async () => {
      const fixture = await networkHelpers.loadFixture(finalized);
      const { token, bob, asOffering } = fixture;
      await token.connect(bob).setAccruing(false);
      const start = await deposit(fixture);
      await nextBlockAt(start + 100n);
      await asOffering.settle(bob.address, SALE_SUPPLY / 4n);
      expect((await token.streamState()).eligible).to.equal(ELIGIBLE - SALE_SUPPLY / 4n);
      await networkHelpers.time.increaseTo(start + DAY);
      expect(await token.claimable(bob)).to.equal(PER_SECOND.bob * 100n);
    });

    it("gives no tokens and no revenue for nothing", async () => {
      const fixture = await networkHelpers.loadFixture(finalized);
      const { token, newcomer, asOffering } = fixture;
      await streamed(fixture, DAY);
      await asOffering.settle(newcomer.address, 0);
      expect(await token.balanceOf(newcomer)).to.equal(0n);
      expect(await token.claimable(newcomer)).to.equal(0n);
      expect((await token.streamState()).reserves).to.equal(REVENUE);
    });

    it("reverts for everybody but the offering", async () => {
      const { token, offering, issuer } = await networkHelpers.loadFixture(finalized);
      await expect(token.connect(issuer).settle(issuer.address, 1n))
        .to.be.revertedWithCustomError(token, "ModelToken_NotOffering")
        .withArgs(issuer.address, await offering.getAddress());
    });

    it("reverts for more than the offering has left", async () => {
      const { token, offering, alice, asOffering } = await networkHelpers.loadFixture(finalized);
      await expect(asOffering.settle(alice.address, SALE_SUPPLY + 1n))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientBalance")
        .withArgs(await offering.getAddress(), SALE_SUPPLY, SALE_SUPPLY + 1n);
    });
  });
});
