import { expect } from "chai";
import { MaxUint256 } from "ethers";

import {
  DAY,
  ethers,
  inOneBlock,
  networkHelpers,
  nextBlockAt,
  now,
  usd,
  ZeroAddress,
} from "../../helpers/offering/market.js";
import { deposit, PER_SECOND, streamed } from "../../helpers/offering/revenue.js";
import { ELIGIBLE, launchedToken, type SaleInMarket } from "../../helpers/offering/sales.js";

/** The slots of the stream: A and pending, what streams and E, redemption pool and reserves, snapshots. */
async function globalSlots(token: SaleInMarket["token"]): Promise<string[]> {
  return Promise.all([0, 1, 2, 3].map((slot) => ethers.provider.getStorage(token, slot)));
}

describe("ModelToken", () => {
  describe("transfer", () => {
    it("moves tokens and leaves to each what it had earned", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, alice, bob } = fixture;
      const start = await deposit(fixture);
      const amount = (await token.balanceOf(alice)) / 2n;
      await nextBlockAt(start + 100n);
      const sent = token.connect(alice).transfer(bob.address, amount);
      await expect(sent).to.changeTokenBalances(ethers, token, [alice, bob], [-amount, amount]);
      await expect(sent).to.emit(token, "Transfer").withArgs(alice.address, bob.address, amount);
      expect(await token.claimable(alice)).to.equal(PER_SECOND.alice * 100n);
      expect(await token.claimable(bob)).to.equal(PER_SECOND.bob * 100n);
      await networkHelpers.time.increaseTo(start + 200n);
      expect(await token.claimable(alice)).to.equal(PER_SECOND.alice * 150n);
      expect(await token.claimable(bob)).to.equal(PER_SECOND.bob * 200n + PER_SECOND.alice * 50n);
    });

    it("between accounts that earn, writes nothing that belongs to all", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, alice, bob, newcomer } = fixture;
      await streamed(fixture, DAY + 100n);
      const before = await globalSlots(token);
      await token.connect(alice).transfer(bob.address, usd(1));
      await token.connect(alice).transfer(newcomer.address, usd(1));
      expect(await globalSlots(token)).to.deep.equal(before);
    });

    for (const part of ["zero", "a part", "the full balance"] as const) {
      it(`changes nothing as a self-transfer of ${part}`, async () => {
        const fixture = await networkHelpers.loadFixture(launchedToken);
        const { token, alice } = fixture;
        const balance = await token.balanceOf(alice);
        const amount = { zero: 0n, "a part": balance / 3n, "the full balance": balance }[part];
        const start = await deposit(fixture);
        await nextBlockAt(start + 100n);
        await expect(token.connect(alice).transfer(alice.address, amount))
          .to.emit(token, "Transfer")
          .withArgs(alice.address, alice.address, amount);
        expect(await token.balanceOf(alice)).to.equal(balance);
        expect(await token.claimable(alice)).to.equal(PER_SECOND.alice * 100n);
        await networkHelpers.time.increaseTo(start + DAY);
        expect(await token.claimable(alice)).to.equal(usd(216));
        expect((await token.streamState()).eligible).to.equal(ELIGIBLE);
      });
    }

    it("of zero to a new holder stores nothing and moves nothing", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, alice, newcomer } = fixture;
      await streamed(fixture, DAY);
      await expect(token.connect(newcomer).transfer(alice.address, 0n))
        .to.emit(token, "Transfer")
        .withArgs(newcomer.address, alice.address, 0n);
      expect(await token.accountOf(newcomer)).to.deep.equal([0n, 0n, true, false]);
      expect(await token.claimable(alice)).to.equal(usd(216));
    });

    it("of the full balance before a claim leaves the sender what it earned, and the new holder nothing of it", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice, newcomer } = fixture;
      const start = await deposit(fixture);
      await nextBlockAt(start + 100n);
      await token.connect(alice).transfer(newcomer.address, await token.balanceOf(alice));
      expect(await token.balanceOf(alice)).to.equal(0n);
      expect(await token.claimable(newcomer)).to.equal(0n);
      await networkHelpers.time.increaseTo(start + 101n);
      expect(await token.claimable(newcomer)).to.equal(PER_SECOND.alice);
      await expect(token.connect(alice)["claim()"]()).to.changeTokenBalance(
        ethers,
        asset,
        alice,
        PER_SECOND.alice * 100n,
      );
    });

    it("to a new holder long after the launch gives nothing of the time before", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, alice, newcomer } = fixture;
      for (let epoch = 0; epoch < 3; ++epoch) await streamed(fixture, DAY);
      await token.connect(alice).transfer(newcomer.address, await token.balanceOf(alice));
      expect(await token.claimable(newcomer)).to.equal(0n);
      const [index, accrued] = await token.accountOf(newcomer);
      expect([index, accrued]).to.deep.equal([(await token.streamState()).index, 0n]);
      await streamed(fixture, 10n);
      expect(await token.claimable(newcomer)).to.equal(PER_SECOND.alice * 10n);
      expect(await token.claimable(alice)).to.equal(usd(3 * 216));
    });

    for (const [when, offset] of [
      ["the last second of an epoch", -1n],
      ["the epoch-boundary block", 0n],
      ["the first second after it", 1n],
    ] as const) {
      it(`splits the revenue to the second in ${when}`, async () => {
        const fixture = await networkHelpers.loadFixture(launchedToken);
        const { token, alice, newcomer } = fixture;
        const first = await deposit(fixture);
        await networkHelpers.time.increaseTo(first);
        const second = await deposit(fixture, 2n * 864_000_000n);
        expect(second).to.equal(first + DAY);
        await nextBlockAt(second + offset);
        await token.connect(alice).transfer(newcomer.address, await token.balanceOf(alice));
        await networkHelpers.time.increaseTo(second + 10n);
        // 2,500 a second in the first epoch, twice as much in the second.
        const before = PER_SECOND.alice * (offset < 0n ? DAY - 1n : DAY + 2n * offset);
        const total = PER_SECOND.alice * (DAY + 20n);
        expect(await token.claimable(alice)).to.equal(before);
        expect(await token.claimable(newcomer)).to.equal(total - before);
      });
    }

    it("there and back inside one timestamp earns nothing", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, alice, newcomer } = fixture;
      const start = await deposit(fixture);
      const amount = await token.balanceOf(alice);
      const limit = { gasLimit: 200_000 };
      await inOneBlock(start + 100n, [
        () => token.connect(alice).transfer(newcomer.address, amount, limit),
        () => token.connect(newcomer).transfer(alice.address, amount, limit),
      ]);
      await networkHelpers.time.increaseTo(start + DAY);
      expect(await token.claimable(newcomer)).to.equal(0n);
      expect(await token.claimable(alice)).to.equal(usd(216));
    });

    it("loses at most a unit on each side to rounding, and takes nothing from anybody else", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, alice, bob, carol } = fixture;
      await streamed(fixture, 12_345n, 863_999_977n);
      const time = (await now()) + 1n;
      const expected = await Promise.all([alice, bob, carol].map((holder) => token.previewClaimAt(holder, time)));
      await nextBlockAt(time);
      await token.connect(alice).transfer(bob.address, 1_234_567_891n);
      const actual = await Promise.all([alice, bob, carol].map((holder) => token.claimable(holder)));
      expect(actual[0]! + actual[1]! - expected[0]! - expected[1]!).to.be.within(-2n, 0n);
      expect(actual[2]).to.equal(expected[2]);
    });

    it("to the token itself takes what is sent out of what earns", async () => {
      const { token, alice } = await networkHelpers.loadFixture(launchedToken);
      await token.connect(alice).transfer(token, 1_000n);
      expect((await token.streamState()).eligible).to.equal(ELIGIBLE - 1_000n);
    });

    it("reverts to the offering: what it holds counts since launch", async () => {
      const { token, offering, alice } = await networkHelpers.loadFixture(launchedToken);
      for (const amount of [0n, 1n]) {
        await expect(token.connect(alice).transfer(offering, amount))
          .to.be.revertedWithCustomError(token, "ERC20InvalidReceiver")
          .withArgs(await offering.getAddress());
      }
    });

    it("reverts to the zero address", async () => {
      const { token, alice } = await networkHelpers.loadFixture(launchedToken);
      await expect(token.connect(alice).transfer(ZeroAddress, 1n))
        .to.be.revertedWithCustomError(token, "ERC20InvalidReceiver")
        .withArgs(ZeroAddress);
    });

    it("reverts for more than the balance, to others and to oneself", async () => {
      const { token, alice, newcomer } = await networkHelpers.loadFixture(launchedToken);
      const balance = await token.balanceOf(alice);
      for (const to of [newcomer.address, alice.address, await token.getAddress()]) {
        await expect(token.connect(alice).transfer(to, balance + 1n))
          .to.be.revertedWithCustomError(token, "ERC20InsufficientBalance")
          .withArgs(alice.address, balance, balance + 1n);
      }
    });
  });

  describe("transferFrom", () => {
    it("moves the owner's tokens and the owner's revenue, and spends the allowance", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, alice, newcomer, stranger } = fixture;
      const amount = await token.balanceOf(alice);
      await token.connect(alice).approve(stranger.address, amount);
      const start = await deposit(fixture);
      await nextBlockAt(start + 100n);
      await token.connect(stranger).transferFrom(alice.address, newcomer.address, amount);
      expect(await token.allowance(alice, stranger)).to.equal(0n);
      await networkHelpers.time.increaseTo(start + 200n);
      for (const [account, expected] of [
        [alice, PER_SECOND.alice * 100n],
        [newcomer, PER_SECOND.alice * 100n],
        [stranger, 0n],
      ] as const) {
        expect(await token.claimable(account)).to.equal(expected);
      }
    });

    it("leaves an endless allowance as it is", async () => {
      const { token, alice, newcomer, stranger } = await networkHelpers.loadFixture(launchedToken);
      await token.connect(alice).approve(stranger.address, MaxUint256);
      await token.connect(stranger).transferFrom(alice.address, newcomer.address, 5n);
      expect(await token.allowance(alice, stranger)).to.equal(MaxUint256);
    });

    it("reverts without an allowance", async () => {
      const { token, alice, stranger } = await networkHelpers.loadFixture(launchedToken);
      await expect(token.connect(stranger).transferFrom(alice.address, stranger.address, 5n))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance")
        .withArgs(stranger.address, 0n, 5n);
    });
  });
});
