import { expect } from "chai";

import { DAY, ethers, networkHelpers, nextBlockAt, usd } from "../../helpers/offering/market.js";
import { commit, ended, open, Phase, scheduled, type SaleInMarket } from "../../helpers/offering/sales.js";

/** Alice has committed 10, bob 5. */
async function committed(): Promise<SaleInMarket> {
  const fixture = await open();
  await commit(fixture, fixture, fixture.alice, usd(10));
  await commit(fixture, fixture, fixture.bob, usd(5));
  return fixture;
}

describe("ModelOffering", () => {
  describe("withdraw", () => {
    it("pays part of a commitment back", async () => {
      const { asset, offering, alice } = await networkHelpers.loadFixture(committed);
      const sent = offering.connect(alice).withdraw(usd(4));
      await expect(sent).to.changeTokenBalances(ethers, asset, [offering, alice], [-usd(4), usd(4)]);
      await expect(sent).to.emit(offering, "CommitmentWithdrawn").withArgs(alice.address, usd(4), usd(11));
      expect(await offering.commitmentOf(alice)).to.equal(usd(6));
      expect(await offering.totalCommitted()).to.equal(usd(11));
    });

    it("pays all of it back, and leaves the others'", async () => {
      const { offering, alice, bob } = await networkHelpers.loadFixture(committed);
      await offering.connect(alice).withdraw(usd(10));
      expect(await offering.commitmentOf(alice)).to.equal(0n);
      expect(await offering.commitmentOf(bob)).to.equal(usd(5));
      expect(await offering.totalCommitted()).to.equal(usd(5));
    });

    it("withdraw at its deadline: a day before the end commitments are final, not a second earlier", async () => {
      const { offering, alice, config } = await networkHelpers.loadFixture(committed);
      const deadline = config.closesAt - DAY;
      expect((await offering.terms()).withdrawableUntil).to.equal(deadline);
      for (const time of [deadline, config.closesAt - 1n]) {
        await nextBlockAt(time);
        await expect(offering.connect(alice).withdraw(1n))
          .to.be.revertedWithCustomError(offering, "ModelOffering_CommitmentsFinal")
          .withArgs(deadline);
      }
      await nextBlockAt(deadline - 1n);
      await offering.connect(alice).withdraw(1n);
      expect(await offering.commitmentOf(alice)).to.equal(usd(10) - 1n);
    });

    it("reverts for more than was committed, to the unit", async () => {
      const { offering, alice, stranger } = await networkHelpers.loadFixture(committed);
      for (const [caller, amount, held] of [
        [alice, usd(10) + 1n, usd(10)],
        [stranger, 1n, 0n],
      ] as const) {
        await expect(offering.connect(caller).withdraw(amount))
          .to.be.revertedWithCustomError(offering, "ModelOffering_CommitmentTooSmall")
          .withArgs(caller.address, amount, held);
      }
    });

    it("reverts for nothing", async () => {
      const { offering, alice } = await networkHelpers.loadFixture(committed);
      await expect(offering.connect(alice).withdraw(0)).to.be.revertedWithCustomError(
        offering,
        "ModelOffering_ZeroAmount",
      );
    });

    for (const [name, fixture, phase] of [
      ["before it opens", scheduled, Phase.Scheduled],
      ["after it has ended", ended, Phase.Ended],
    ] as const) {
      it(`reverts ${name}`, async () => {
        const { offering, alice } = await networkHelpers.loadFixture(fixture);
        await expect(offering.connect(alice).withdraw(1n))
          .to.be.revertedWithCustomError(offering, "ModelOffering_WrongPhase")
          .withArgs(phase, Phase.Open);
      });
    }
  });
});
