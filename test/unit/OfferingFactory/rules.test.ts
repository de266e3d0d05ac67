import { expect } from "chai";

import {
  bytes32,
  DAY,
  ethers,
  HOUR,
  type Market,
  networkHelpers,
  nextBlockAt,
  now,
  standardMarket,
  ZeroAddress,
} from "../../helpers/offering/market.js";
import { ALL_ON_SALE, configOf, draftSale, HARD_CAP, type OfferingConfig } from "../../helpers/offering/sales.js";

const YEAR = 365n * DAY;
const MAX_SUPPLY = (1n << 96n) - 1n;
/** Fewest tokens that earn. */
const MIN_ELIGIBLE = 1n << 57n;
/** Latest second in which a sale can open: its end, and the grace after it, fit 48 bits. */
const LATEST = (1n << 48n) - 1n - YEAR - 90n * DAY;

type Rule = [name: string, title: string, changes: Partial<OfferingConfig>, actual: bigint, limit: bigint];

const refused: Rule[] = [
  ["name", "an empty name", { name: "" }, 0n, 1n],
  ["name", "a name of 32 bytes", { name: `${"n".repeat(30)}ä` }, 32n, 31n],
  ["symbol", "an empty symbol", { symbol: "" }, 0n, 1n],
  ["symbol", "a symbol of 17 bytes", { symbol: "S".repeat(17) }, 17n, 16n],
  ["supply", "less than one whole token", { supply: 10n ** 18n - 1n }, 10n ** 18n - 1n, 10n ** 18n],
  ["redeemBps", "more than half for who burns", { redeemBps: 5_001n }, 5_001n, 5_000n],
  ["epochLength", "an epoch shorter than the deployment's shortest", { epochLength: HOUR - 1n }, HOUR - 1n, HOUR],
  [
    "epochLength",
    "an epoch longer than the deployment's longest",
    { epochLength: 30n * DAY + 1n },
    30n * DAY + 1n,
    30n * DAY,
  ],
  ["saleBps", "nothing on sale", { saleBps: 0n }, 0n, 1n],
  ["saleBps", "more than everything on sale", { saleBps: 10_001n }, 10_001n, 10_000n],
  ["teamBps", "more than a fifth for the team", { saleBps: 4_499n, teamBps: 2_001n }, 2_001n, 2_000n],
  ["sharesBps", "shares that do not make the whole", { saleBps: 4_999n }, 9_999n, 10_000n],
  ["sharesBps", "shares that are more than the whole", { liquidityBps: 2_001n }, 10_001n, 10_000n],
  ["teamDuration", "vesting at once", { teamDuration: 0n, teamCliff: 0n }, 0n, 1n],
  ["teamDuration", "vesting over more than ten years", { teamDuration: 10n * YEAR + 1n }, 10n * YEAR + 1n, 10n * YEAR],
  ["teamCliff", "a cliff after the end", { teamDuration: DAY, teamCliff: DAY + 1n }, DAY + 1n, DAY],
  ["hardCap", "a hard cap of nothing", { hardCap: 0n }, 0n, 1n],
  ["softCap", "a soft cap of nothing", { softCap: 0n }, 0n, 1n],
  ["softCap", "a soft cap above the hard cap", { softCap: HARD_CAP + 1n }, HARD_CAP + 1n, HARD_CAP],
  [
    "leastSold",
    "a soft cap that could leave too few tokens to earn",
    { supply: 10n ** 18n, softCap: HARD_CAP / 10n },
    5n * 10n ** 16n,
    MIN_ELIGIBLE,
  ],
  ["opensAt", "an opening after the end of time", { opensAt: LATEST + 1n, closesAt: 0n }, LATEST + 1n, LATEST],
  ["excluded", "nine excluded addresses", { excluded: Array<string>(9).fill(ZeroAddress) }, 9n, 8n],
];

const ofMarket = async (market: Market, changes: Partial<OfferingConfig>) =>
  market.offerings.connect(market.issuer).create(await configOf(market, changes), false);

describe("OfferingFactory", () => {
  describe("create, rules", () => {
    for (const [name, title, changes, actual, limit] of refused) {
      it(`refuses ${title}`, async () => {
        const market = await networkHelpers.loadFixture(standardMarket);
        await expect(ofMarket(market, changes))
          .to.be.revertedWithCustomError(market.offerings, "OfferingFactory_InvalidParameter")
          .withArgs(bytes32(name), actual, limit);
      });
    }

    it("refuses an opening in the past, and takes one in the same second", async () => {
      const market = await networkHelpers.loadFixture(standardMarket);
      const time = (await now()) + DAY;
      await nextBlockAt(time);
      await expect(ofMarket(market, { opensAt: time - 1n }))
        .to.be.revertedWithCustomError(market.offerings, "OfferingFactory_InvalidParameter")
        .withArgs(bytes32("opensAt"), time - 1n, time);
      await nextBlockAt(time);
      const { offering } = await draftSale(market, { opensAt: time });
      expect((await offering.terms()).opensAt).to.equal(time);
    });

    it("refuses a sale that is shorter than the deployment's shortest, or longer than a year", async () => {
      const market = await networkHelpers.loadFixture(standardMarket);
      const { opensAt } = await configOf(market);
      for (const [closesAt, limit] of [
        [opensAt + 2n * DAY - 1n, opensAt + 2n * DAY],
        [opensAt + YEAR + 1n, opensAt + YEAR],
      ] as const) {
        await expect(ofMarket(market, { opensAt, closesAt }))
          .to.be.revertedWithCustomError(market.offerings, "OfferingFactory_InvalidParameter")
          .withArgs(bytes32("closesAt"), closesAt, limit);
      }
    });

    for (const name of ["team", "ecosystem", "liquidityRecipient"] as const) {
      it(`refuses a share of nobody's: ${name}`, async () => {
        const market = await networkHelpers.loadFixture(standardMarket);
        await expect(ofMarket(market, { [name]: ZeroAddress }))
          .to.be.revertedWithCustomError(market.offerings, "OfferingFactory_ZeroAddress")
          .withArgs(bytes32(name));
      });
    }

    for (const name of ["ecosystem", "liquidityRecipient"] as const) {
      it(`refuses a share of the offering's own, whose address can be foretold: ${name}`, async () => {
        const market = await networkHelpers.loadFixture(standardMarket);
        const factory = await market.offerings.getAddress();
        const nonce = await ethers.provider.getTransactionCount(factory);
        const offering = ethers.getCreateAddress({ from: factory, nonce });
        await expect(ofMarket(market, { [name]: offering }))
          .to.be.revertedWithCustomError(market.offerings, "OfferingFactory_RecipientIsOffering")
          .withArgs(bytes32(name));
      });
    }

    it("refuses to exclude an ordinary account", async () => {
      const market = await networkHelpers.loadFixture(standardMarket);
      const excluded = [await market.asset.getAddress(), market.alice.address];
      await expect(ofMarket(market, { excluded }))
        .to.be.revertedWithCustomError(market.offerings, "OfferingFactory_NotContract")
        .withArgs(market.alice.address);
    });

    const allowed: [title: string, changes: Partial<OfferingConfig>][] = [
      ["the shortest texts", { name: "n", symbol: "S" }],
      ["the longest texts", { name: "n".repeat(31), symbol: "S".repeat(16) }],
      ["the smallest supply", { supply: 10n ** 18n, softCap: HARD_CAP }],
      ["the largest supply", { supply: MAX_SUPPLY }],
      ["the most redemption", { redeemBps: 5_000n }],
      ["the shortest epoch", { epochLength: HOUR }],
      ["the longest epoch", { epochLength: 30n * DAY }],
      ["the most for the team", { saleBps: 4_500n, teamBps: 2_000n }],
      ["a cliff at the end", { teamDuration: DAY, teamCliff: DAY }],
      ["the longest vesting", { teamDuration: 10n * YEAR }],
      ["one soft and hard cap", { softCap: HARD_CAP }],
      ["the largest hard cap", { hardCap: MAX_SUPPLY, softCap: MAX_SUPPLY }],
      ["exactly enough tokens that earn", { ...ALL_ON_SALE, supply: MIN_ELIGIBLE * 10n, hardCap: 10n, softCap: 1n }],
      ["the latest opening", { opensAt: LATEST, closesAt: LATEST + YEAR }],
    ];
    for (const [title, changes] of allowed) {
      it(`takes ${title}`, async () => {
        const market = await networkHelpers.loadFixture(standardMarket);
        await draftSale(market, changes);
        expect(await market.offerings.offeringCount()).to.equal(1n);
      });
    }

    it("takes eight excluded contracts", async () => {
      const market = await networkHelpers.loadFixture(standardMarket);
      const pools = await Promise.all(Array.from({ length: 8 }, () => ethers.deployContract("SingletonPool")));
      const excluded = await Promise.all(pools.map((pool) => pool.getAddress()));
      const { token } = await draftSale(market, { excluded });
      for (const pool of excluded) expect((await token.accountOf(pool)).accruing).to.equal(false);
    });

    it("takes the shortest and the longest sale", async () => {
      const market = await networkHelpers.loadFixture(standardMarket);
      const { opensAt } = await configOf(market);
      for (const duration of [2n * DAY, YEAR]) {
        const { offering } = await draftSale(market, { opensAt, closesAt: opensAt + duration });
        expect((await offering.terms()).closesAt).to.equal(opensAt + duration);
      }
    });
  });
});
