import { expect } from "chai";

import type { FlashBorrower } from "../../../packages/sdk/src/typechain/index.js";
import { DAY, ethers, inOneBlock, networkHelpers, nextBlockAt, usd } from "../../helpers/offering/market.js";
import { deposit, PER_SECOND, REVENUE, streamed } from "../../helpers/offering/revenue.js";
import { launchedToken, SUPPLY } from "../../helpers/offering/sales.js";

/** Alice's tokens can be borrowed for the time of a transaction. */
async function lendable() {
  const fixture = await launchedToken();
  const { token, alice } = fixture;
  const lender = await ethers.deployContract("FlashLender");
  const borrower = await ethers.deployContract("FlashBorrower");
  const lent = await token.balanceOf(alice);
  await token.connect(alice).transfer(lender, lent);
  return { ...fixture, lender, borrower, lent };
}

/** Which steps of the last loan succeeded. */
const outcomes = (borrower: FlashBorrower, steps: number): Promise<boolean[]> =>
  Promise.all(Array.from({ length: steps }, (_, i) => borrower.succeeded(i)));

describe("ModelToken", () => {
  describe("flash loan", () => {
    it("flash loan + snapshot + claim in one transaction robs a token that shares by balances at a snapshot", async () => {
      const { asset, alice, lender, borrower, stranger } = await networkHelpers.loadFixture(lendable);
      const supply = 1_000n * 10n ** 18n;
      const peer = await ethers.deployContract("SnapshotRevenueToken", [asset, supply], alice);
      await peer.connect(alice).transfer(lender, (supply * 9n) / 10n);
      await asset.mint(peer, REVENUE);

      const { interface: api } = peer;
      const steps = [
        { target: peer, data: api.encodeFunctionData("snapshot") },
        { target: peer, data: api.encodeFunctionData("claim", [1n]) },
      ];
      await borrower.connect(stranger).attack(lender, peer, (supply * 9n) / 10n, steps);
      expect(await outcomes(borrower, 2)).to.deep.equal([true, true]);
      // Nine tenths of the revenue, and the lender, whose tokens they are, is left with nothing of it.
      expect(await asset.balanceOf(borrower)).to.equal((REVENUE * 9n) / 10n);
      expect(await peer.balanceOf(lender)).to.equal((supply * 9n) / 10n);
      expect(await peer.claimableRevenue(lender, 1)).to.equal(0n);
    });

    for (const [when, elapsed] of [
      ["while the revenue streams", DAY / 2n],
      ["after it has streamed", DAY + 10n],
    ] as const) {
      it(`flash loan + snapshot + claim in one transaction = 0 here, ${when}`, async () => {
        const fixture = await networkHelpers.loadFixture(lendable);
        const { asset, token, lender, borrower, lent, stranger } = fixture;
        const start = await deposit(fixture);
        const { interface: api } = token;
        const steps = [
          { target: token, data: api.encodeFunctionData("snapshot") },
          { target: token, data: api.encodeFunctionData("claim(uint256)", [1n]) },
          { target: token, data: api.encodeFunctionData("claim()") },
          { target: token, data: api.encodeFunctionData("claimTo", [stranger.address]) },
        ];
        await nextBlockAt(start + elapsed);
        await borrower.connect(stranger).attack(lender, token, lent, steps);
        expect(await outcomes(borrower, 4)).to.deep.equal([true, false, false, false]);
        expect(await asset.balanceOf(borrower)).to.equal(0n);
        expect(await asset.balanceOf(stranger)).to.equal(0n);
        const streamedFor = elapsed < DAY ? elapsed : DAY;
        expect(await token.claimable(lender)).to.equal(PER_SECOND.alice * streamedFor);
        await networkHelpers.time.increaseTo(start + 2n * DAY);
        expect(await token.claimable(borrower)).to.equal(0n);
        expect(await token.claimable(lender)).to.equal(usd(216));
      });
    }

    it("earns nothing with the revenue credited inside the loan, neither then nor later", async () => {
      const fixture = await networkHelpers.loadFixture(lendable);
      const { asset, token, lender, borrower, lent, stranger } = fixture;
      await networkHelpers.time.increase(DAY);
      await asset.mint(token, REVENUE);
      const { interface: api } = token;
      const steps = [
        { target: token, data: api.encodeFunctionData("absorb") },
        { target: token, data: api.encodeFunctionData("snapshot") },
        { target: token, data: api.encodeFunctionData("claim(uint256)", [1n]) },
        { target: token, data: api.encodeFunctionData("claim()") },
      ];
      await borrower.connect(stranger).attack(lender, token, lent, steps);
      expect(await outcomes(borrower, 4)).to.deep.equal([true, true, false, false]);
      await networkHelpers.time.increase(2n * DAY);
      expect(await token.claimable(borrower)).to.equal(0n);
      expect(await token.claimable(lender)).to.equal(usd(216));
    });

    it("cannot stop or start somebody's earning with borrowed tokens", async () => {
      const fixture = await networkHelpers.loadFixture(lendable);
      const { token, lender, borrower, lent, stranger, bob } = fixture;
      const start = await streamed(fixture, DAY / 2n);
      const { interface: api } = token;
      const steps = [
        { target: token, data: api.encodeFunctionData("setAccruing", [false]) },
        { target: token, data: api.encodeFunctionData("setAccruing", [true]) },
      ];
      const { eligible } = await token.streamState();
      await borrower.connect(stranger).attack(lender, token, lent, steps);
      expect(await outcomes(borrower, 2)).to.deep.equal([true, true]);
      expect((await token.streamState()).eligible).to.equal(eligible);
      await networkHelpers.time.increaseTo(start + DAY);
      expect(await token.claimable(bob)).to.equal(usd(108));
      expect(await token.claimable(lender)).to.equal(usd(216));
      expect(await token.claimable(borrower)).to.equal(0n);
    });
  });

  describe("sandwich", () => {
    it("around a flush gains nothing: what it brings streams in the next epoch", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice, newcomer, stranger } = fixture;
      await asset.mint(stranger.address, REVENUE);
      await asset.connect(stranger).approve(token, REVENUE);
      const amount = await token.balanceOf(alice);
      await token.connect(alice).transfer(newcomer.address, amount);
      await token.connect(stranger).depositRevenue(REVENUE);
      await token.connect(newcomer).transfer(alice.address, amount);
      await networkHelpers.time.increase(2n * DAY);
      expect(await token.claimable(newcomer)).to.equal(0n);
      expect(await token.claimable(alice)).to.equal(usd(216));
    });

    for (const seconds of [1n, 12n, 3_600n]) {
      it(`around a flush gains only share × seconds / D: held for ${String(seconds)} s of the stream`, async () => {
        const fixture = await networkHelpers.loadFixture(launchedToken);
        const { token, alice, newcomer } = fixture;
        const start = await deposit(fixture);
        const amount = await token.balanceOf(alice);
        await nextBlockAt(start - 1n);
        await token.connect(alice).transfer(newcomer.address, amount);
        await nextBlockAt(start + seconds);
        await token.connect(newcomer).transfer(alice.address, amount);
        await networkHelpers.time.increaseTo(start + DAY);
        const gain = (((REVENUE * 4n) / 5n) * 5n * seconds) / 16n / DAY;
        expect(await token.claimable(newcomer)).to.equal(gain);
        expect(await token.claimable(alice)).to.equal(usd(216) - gain);
      });
    }

    it("cannot bank a flush by burning: in its block the redemption pool has not grown", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice, newcomer, stranger } = fixture;
      const start = await streamed(fixture, DAY);
      const amount = SUPPLY / 8n;
      const worth = await token.redeemableOnBurn(amount);
      expect(worth).to.equal(REVENUE / 5n / 8n);
      await asset.mint(stranger.address, 100n * REVENUE);
      await asset.connect(stranger).approve(token, 100n * REVENUE);
      const limit = { gasLimit: 300_000 };
      await inOneBlock(start + DAY + 600n, [
        () => token.connect(alice).transfer(newcomer.address, amount, limit),
        () => token.connect(stranger).depositRevenue(100n * REVENUE, limit),
        () => token.connect(newcomer)["burn(uint256,uint256)"](amount, 0, limit),
      ]);
      expect(await asset.balanceOf(newcomer)).to.equal(worth);
    });
  });
});
