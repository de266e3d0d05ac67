import { expect } from "chai";
import type { AddressLike } from "ethers";

import type { ModelToken } from "../../../packages/sdk/src/typechain/index.js";
import { allocation, launchedBareToken } from "../../helpers/offering/bareToken.js";
import {
  DAY,
  deployMarket,
  ethers,
  networkHelpers,
  inOneBlock,
  nextBlockAt,
  now,
  PARAMETERS,
  usd,
} from "../../helpers/offering/market.js";
import { deposit, nextEpoch, PER_SECOND, REVENUE, streamed } from "../../helpers/offering/revenue.js";
import { launchedToken, settledSale, whollySoldToken } from "../../helpers/offering/sales.js";

/** What these holders can take, the redemption pool included. */
async function owed(token: ModelToken, holders: readonly AddressLike[]): Promise<bigint> {
  let sum = await token.redeemableOnBurn(await token.totalSupply());
  for (const holder of holders) sum += await token.claimable(holder);
  return sum;
}

/** Contract-wide: how revenue is released. */
describe("ModelToken", () => {
  describe("revenue stream", () => {
    it("releases evenly over the next epoch, split between holders and redemption pool", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, vesting, alice, bob, carol, ecosystem } = fixture;
      const start = await deposit(fixture);
      for (const elapsed of [0n, 1n, DAY / 4n, DAY - 1n, DAY, 2n * DAY]) {
        await networkHelpers.time.increaseTo(start + elapsed);
        const streamedFor = elapsed < DAY ? elapsed : DAY;
        const { unstreamed, redemptionPool, pending, reserves } = await token.streamState();
        expect(unstreamed).to.equal(REVENUE - 10_000n * streamedFor);
        expect(redemptionPool).to.equal(PER_SECOND.redemptionPool * streamedFor);
        expect([pending, reserves]).to.deep.equal([0n, REVENUE]);
        for (const [holder, rate] of [
          [alice, PER_SECOND.alice],
          [bob, PER_SECOND.bob],
          [carol, PER_SECOND.carol],
          [ecosystem, PER_SECOND.ecosystem],
          [vesting, PER_SECOND.vesting],
        ] as const) {
          expect(await token.claimable(holder)).to.equal(rate * streamedFor);
        }
      }
    });

    it("has several empty epochs, then revenue: nothing of the gap counts", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, alice } = fixture;
      await streamed(fixture, 2n * DAY);
      await networkHelpers.time.increase(7n * DAY);
      expect(await token.claimable(alice)).to.equal(usd(216));
      await streamed(fixture, DAY / 2n);
      expect(await token.claimable(alice)).to.equal(usd(216) + usd(108));
    });

    it("pays the revenue of two epochs after any gap without a call", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { token, vesting, alice, bob, carol, ecosystem } = fixture;
      await streamed(fixture, 10n);
      await deposit(fixture, 3n * REVENUE);
      await networkHelpers.time.increase(40n * DAY);
      expect(await token.claimable(alice)).to.equal(usd(4 * 216));
      expect(await owed(token, [alice, bob, carol, ecosystem, vesting])).to.equal(4n * REVENUE);
    });

    it("returns to pending what streams while eligible supply is zero, then resumes", async () => {
      const fixture = await networkHelpers.loadFixture(whollySoldToken);
      const { token, alice, bob, carol } = fixture;
      const start = await deposit(fixture);
      await inOneBlock(
        start + DAY / 2n,
        [alice, bob, carol].map((holder) => () => token.connect(holder).setAccruing(false, { gasLimit: 200_000 })),
      );
      expect((await token.streamState()).eligible).to.equal(0n);

      // Half of the revenue had streamed: 80 % of that for the holders, a half of which is alice's.
      await nextBlockAt(start + DAY + DAY / 24n);
      await token.connect(alice).setAccruing(true);
      expect(await token.claimable(alice)).to.equal(usd("172.8"));
      const { pending, unstreamed, redemptionPool } = await token.streamState();
      // 432 wandered into the second epoch, of which a twenty-fourth passed before anybody was there.
      expect([pending, unstreamed, redemptionPool]).to.deep.equal([usd(18), usd(414), usd("86.4")]);

      await networkHelpers.time.increaseTo(start + 3n * DAY);
      expect(await token.claimable(alice)).to.equal(usd("172.8") + usd("345.6"));
      expect(await token.claimable(bob)).to.equal(usd("86.4"));
      expect(await token.claimable(carol)).to.equal(usd("86.4"));
      expect(await owed(token, [alice, bob, carol])).to.equal(REVENUE);
    });

    it("strands nothing over many epochs without anybody", async () => {
      const fixture = await networkHelpers.loadFixture(whollySoldToken);
      const { token, alice, bob, carol } = fixture;
      for (const holder of [alice, bob, carol]) await token.connect(holder).setAccruing(false);
      await deposit(fixture);
      await networkHelpers.time.increase(20n * DAY + 1_234n);
      await deposit(fixture);
      await networkHelpers.time.increase(20n * DAY);
      await token.connect(bob).setAccruing(true);
      await networkHelpers.time.increase(3n * DAY);
      const { pending, unstreamed, redemptionPool } = await token.streamState();
      expect([pending, unstreamed, redemptionPool]).to.deep.equal([0n, 0n, (2n * REVENUE) / 5n]);
      expect(await token.claimable(bob)).to.equal((2n * REVENUE * 4n) / 5n);
    });

    it("releases with exactly the smallest eligible supply, and with one unit less keeps everything", async () => {
      for (const [balance, expected] of [
        [1n << 57n, usd(10)],
        [(1n << 57n) - 1n, 0n],
      ] as const) {
        const fixture = await launchedBareToken(({ alice }) => ({ allocations: [allocation(alice, balance)] }));
        const { token, alice } = fixture;
        const start = await deposit(fixture, usd(10));
        await networkHelpers.time.increaseTo(start + DAY);
        expect(await token.claimable(alice)).to.equal(expected);
        expect((await token.streamState()).unstreamed).to.equal(usd(10) - expected);
      }
    });

    it("loses less than a unit of revenues of 1 unit at the largest supply", async () => {
      const largest = (1n << 96n) - 1n;
      const fixture = await launchedBareToken(({ alice }) => ({
        allocations: [allocation(alice, largest)],
        redeemBps: 2_000,
      }));
      const { token, alice } = fixture;
      for (let epochs = 1n; epochs <= 12n; ++epochs) {
        const start = await deposit(fixture, 1n);
        await networkHelpers.time.increaseTo(start + DAY);
        // Each moves A by 2^16. The pool's part of a unit is rounded down to nothing.
        expect((await token.streamState()).index).to.equal(epochs << 16n);
        expect(await token.claimable(alice)).to.equal(epochs - 1n);
      }
    });

    for (const decimals of [6, 8, 18]) {
      it(`shares an asset of ${decimals} decimals to the unit`, async () => {
        const asset = await ethers.deployContract("DecimalsToken", [decimals]);
        const market = await deployMarket({ ...PARAMETERS, asset: await asset.getAddress() });
        const unit = 10n ** BigInt(decimals);
        const { alice, bob } = market;
        const sale = await settledSale(
          market,
          [
            [alice, 300_000n * unit],
            [bob, 100_000n * unit],
          ],
          { hardCap: 400_000n * unit, softCap: 400_000n * unit },
        );
        await streamed({ ...market, ...sale }, DAY / 2n, 864n * unit);
        expect(await sale.token.connect(alice)["claim()"].staticCall()).to.equal(162n * unit);
        await networkHelpers.time.increase(DAY);
        const claim = sale.token.connect(alice)["claim()"]();
        await expect(claim).to.changeTokenBalance(ethers, asset, alice, 324n * unit);
        expect(await sale.token.claimable(bob)).to.equal(108n * unit);
        const others = [bob, market.ecosystem, sale.vesting];
        expect(await owed(sale.token, others)).to.equal((864n - 324n) * unit);
      });
    }

    it("is neither delayed nor diluted by many dust deposits", async () => {
      const fixture = await networkHelpers.loadFixture(launchedToken);
      const { asset, token, alice, newcomer } = fixture;
      const start = await deposit(fixture);
      await asset.mint(newcomer.address, 300n);
      await asset.connect(newcomer).approve(token, 300n);
      for (let i = 1n; i <= 300n; ++i) {
        await nextBlockAt(start + i * 100n);
        await token.connect(newcomer).depositRevenue(1n);
      }
      expect(await token.claimable(alice)).to.equal(PER_SECOND.alice * 30_000n);
      await networkHelpers.time.increaseTo(start + DAY);
      expect(await token.claimable(alice)).to.equal(usd(216));
      // The dust streams in the epoch after, as any revenue would: 240 of it for the holders, 5/16 of that for alice.
      await networkHelpers.time.increaseTo(start + 2n * DAY);
      expect(await token.claimable(alice)).to.equal(usd(216) + 75n);
    });

    it("keeps the length of its epochs", async () => {
      const { token } = await networkHelpers.loadFixture(launchedToken);
      expect(await token.epochLength()).to.equal(DAY);
      const start = await nextEpoch(token);
      expect(start % DAY).to.equal(0n);
      expect(start).to.be.greaterThan(await now());
    });
  });
});
