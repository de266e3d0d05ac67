import { expect } from "chai";

import {
  DAY,
  deployMarket,
  ethers,
  type Market,
  networkHelpers,
  nextBlockAt,
  usd,
} from "../../helpers/offering/market.js";
import { PER_SECOND, streamed } from "../../helpers/offering/revenue.js";
import {
  commit,
  type Commitments,
  ended,
  failed,
  finalizedSale,
  HARD_CAP,
  open,
  openSale,
  Phase,
  SALE_SUPPLY,
  type SaleInMarket,
  succeeded,
} from "../../helpers/offering/sales.js";

async function finalizedWith(commitments: (market: Market) => Commitments): Promise<SaleInMarket> {
  const market = await deployMarket();
  return { ...market, ...(await finalizedSale(market, commitments(market))) };
}

const oneUnit = () =>
  finalizedWith(({ alice, bob }) => [
    [alice, 1n],
    [bob, HARD_CAP - 2n],
  ]);

/** Fifty hard caps and a few units, so that nothing divides. */
const FIFTYFOLD = [20n * HARD_CAP + 7n, 30n * HARD_CAP + 11n, 1n] as const;

const fiftyfold = () =>
  finalizedWith(({ alice, bob, carol }) => [
    [alice, FIFTYFOLD[0]],
    [bob, FIFTYFOLD[1]],
    [carol, FIFTYFOLD[2]],
  ]);

describe("ModelOffering", () => {
  describe("settleFor", () => {
    it("gives a buyer its tokens, and nothing back up to the hard cap; anyone may", async () => {
      const { asset, offering, token, alice, stranger } = await networkHelpers.loadFixture(succeeded);
      expect(await offering.settleFor.staticCall(alice.address)).to.deep.equal([SALE_SUPPLY / 2n, 0n]);
      const sent = offering.connect(stranger).settleFor(alice.address);
      await expect(sent).to.changeTokenBalances(
        ethers,
        token,
        [offering, alice, stranger],
        [-SALE_SUPPLY / 2n, SALE_SUPPLY / 2n, 0n],
      );
      await expect(sent).to.changeTokenBalances(ethers, asset, [offering, alice], [0n, 0n]);
      await expect(sent)
        .to.emit(offering, "Settled")
        .withArgs(alice.address, alice.address, SALE_SUPPLY / 2n, 0n);
      expect(await offering.commitmentOf(alice)).to.equal(0n);
      expect(await offering.totalCommitted()).to.equal(HARD_CAP);
    });

    it("50 times oversubscribed: everybody gets the same part, and what is not used back", async () => {
      const { asset, offering, token, alice, bob, carol } = await networkHelpers.loadFixture(fiftyfold);
      const total = FIFTYFOLD.reduce((a, b) => a + b);
      let tokensLeft = SALE_SUPPLY;
      let moneyLeft = total;
      for (const [i, buyer] of [alice, bob, carol].entries()) {
        const committed = FIFTYFOLD[i]!;
        const used = (committed * HARD_CAP + total - 1n) / total;
        const tokens = (SALE_SUPPLY * committed) / total;
        const sent = offering.settleFor(buyer.address);
        await expect(sent).to.changeTokenBalance(ethers, asset, buyer, committed - used);
        await expect(sent).to.changeTokenBalance(ethers, token, buyer, tokens);
        await expect(sent)
          .to.emit(offering, "Settled")
          .withArgs(buyer.address, buyer.address, tokens, committed - used);
        tokensLeft -= tokens;
        moneyLeft -= committed - used;
      }
      // Less than a unit a buyer stays inside, and the issuer's proceeds are covered.
      expect(tokensLeft).to.be.within(0n, 2n);
      expect(moneyLeft - HARD_CAP).to.be.within(0n, 2n);
      expect(await token.balanceOf(offering)).to.equal(tokensLeft);
      expect(await asset.balanceOf(offering)).to.equal(moneyLeft);
    });

    it("a 1-unit commit: its tokens when there is room, its whole unit used when there is not", async () => {
      const roomy = await networkHelpers.loadFixture(oneUnit);
      await roomy.offering.settleFor(roomy.alice.address);
      expect(await roomy.token.balanceOf(roomy.alice)).to.equal(SALE_SUPPLY / HARD_CAP);

      const { asset, offering, token, carol } = await networkHelpers.loadFixture(fiftyfold);
      const total = FIFTYFOLD.reduce((a, b) => a + b);
      expect(await offering.settleFor.staticCall(carol.address)).to.deep.equal([SALE_SUPPLY / total, 0n]);
      await expect(offering.settleFor(carol.address)).to.changeTokenBalance(ethers, asset, carol, 0n);
      expect(await token.balanceOf(carol)).to.equal(SALE_SUPPLY / total);
    });

    it("gives late settlers what their tokens earned since launch; early settlers and the team gain nothing from them", async () => {
      const fixture = await networkHelpers.loadFixture(succeeded);
      const { offering, token, vesting, alice, bob, carol } = fixture;
      await offering.settleFor(alice.address);
      const start = await streamed(fixture, DAY / 2n);
      await nextBlockAt(start + DAY / 2n + 1n);
      await offering.settleFor(bob.address);
      expect(await token.claimable(bob)).to.equal(PER_SECOND.bob * (DAY / 2n + 1n));
      await networkHelpers.time.increaseTo(start + 300n * DAY);
      await offering.settleFor(carol.address);
      for (const [holder, rate] of [
        [alice, PER_SECOND.alice],
        [bob, PER_SECOND.bob],
        [carol, PER_SECOND.carol],
        [vesting, PER_SECOND.vesting],
      ] as const) {
        expect(await token.claimable(holder)).to.equal(rate * DAY);
      }
    });

    it("settles a buyer that rejects every call: tokens are written to it, not sent", async () => {
      const market = await deployMarket();
      const { asset, alice } = market;
      const wallet = await ethers.deployContract("ContractWallet", [alice.address]);
      const sale = await openSale(market);
      const { offering, token } = sale;
      await asset.mint(wallet, 2n * HARD_CAP);
      for (const [target, data] of [
        [asset, asset.interface.encodeFunctionData("approve", [await offering.getAddress(), 2n * HARD_CAP])],
        [offering, offering.interface.encodeFunctionData("commit", [2n * HARD_CAP, 0, []])],
      ] as const) {
        await wallet.connect(alice).execute(target, data);
      }
      await commit(market, sale, market.bob, 2n * HARD_CAP);
      await networkHelpers.time.increaseTo(sale.config.closesAt);
      await offering.finalize();
      // It knows no receiver's function of any standard.
      await expect(alice.sendTransaction({ to: wallet, data: "0x12345678" })).to.be.revertedWithoutReason(ethers);
      await expect(offering.settleFor(wallet)).to.changeTokenBalance(ethers, asset, wallet, (3n * HARD_CAP) / 2n);
      expect(await token.balanceOf(wallet)).to.equal(SALE_SUPPLY / 2n);
      await offering.settleFor(market.bob.address);
      expect(await token.balanceOf(market.bob)).to.equal(SALE_SUPPLY / 2n);
    });

    it("settles after the issuer has taken the proceeds, with all refunds", async () => {
      const { asset, offering, issuer, alice, bob, carol } = await networkHelpers.loadFixture(fiftyfold);
      await offering.connect(issuer).withdrawProceeds(issuer.address);
      for (const { address } of [carol, bob, alice]) await offering.settleFor(address);
      expect(await asset.balanceOf(issuer)).to.equal(HARD_CAP);
      expect(await asset.balanceOf(offering)).to.be.within(0n, 2n);
    });

    it("reverts the second time, and for who committed nothing", async () => {
      const { offering, alice, stranger } = await networkHelpers.loadFixture(succeeded);
      await offering.settleFor(alice.address);
      for (const { address } of [alice, stranger]) {
        await expect(offering.settleFor(address))
          .to.be.revertedWithCustomError(offering, "ModelOffering_NothingCommitted")
          .withArgs(address);
      }
    });

    for (const [name, fixture, phase] of [
      ["while it is open", open, Phase.Open],
      ["before it is finalized", ended, Phase.Ended],
      ["when it failed", failed, Phase.Failed],
    ] as const) {
      it(`reverts ${name}`, async () => {
        const { offering, alice } = await networkHelpers.loadFixture(fixture);
        await expect(offering.settleFor(alice.address))
          .to.be.revertedWithCustomError(offering, "ModelOffering_WrongPhase")
          .withArgs(phase, Phase.Succeeded);
      });
    }

    it("leaves no commitment that could be refunded or withdrawn as well", async () => {
      const { offering, alice } = await networkHelpers.loadFixture(succeeded);
      await offering.settleFor(alice.address);
      for (const [call, expected] of [
        [() => offering.refundFor(alice.address), Phase.Failed],
        [() => offering.connect(alice).withdraw(usd(1)), Phase.Open],
      ] as const) {
        await expect(call())
          .to.be.revertedWithCustomError(offering, "ModelOffering_WrongPhase")
          .withArgs(Phase.Succeeded, expected);
      }
    });
  });
});
