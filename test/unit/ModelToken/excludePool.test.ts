import { expect } from "chai";

import {
  DAY,
  deployMarket,
  ethers,
  impersonate,
  networkHelpers,
  nextBlockAt,
  PARAMETERS,
  usd,
} from "../../helpers/offering/market.js";
import { deposit, PER_SECOND, streamed } from "../../helpers/offering/revenue.js";
import { ELIGIBLE, launchedToken, settledSale } from "../../helpers/offering/sales.js";

/** The deployment's factory trusts the pairs of one factory; alice has put her tokens into a pair of it. */
async function pooled() {
  const pairs = await ethers.deployContract("PairFactory");
  const verifier = await ethers.deployContract("PairVerifier", [pairs]);
  const poolVerifier = await verifier.getAddress();
  const parameters = { ...PARAMETERS, offerings: { ...PARAMETERS.offerings, poolVerifier } };
  const market = await deployMarket(parameters);
  const sale = await settledSale(market);
  const { asset, alice } = market;
  const pairAddress = await pairs.createPair.staticCall(sale.token, asset);
  await pairs.createPair(sale.token, asset);
  const pair = await ethers.getContractAt("Pair", pairAddress);
  const pooledTokens = await sale.token.balanceOf(alice);
  await sale.token.connect(alice).transfer(pair, pooledTokens);
  await pair.sync();
  return { ...market, ...sale, pairs, pair, pooledTokens };
}

describe("ModelToken", () => {
  describe("excludePool", () => {
    it("takes a proven pool's tokens out of what earns, for ever; anyone may", async () => {
      const fixture = await networkHelpers.loadFixture(pooled);
      const { token, pair, pooledTokens, newcomer } = fixture;
      await expect(token.connect(newcomer).excludePool(pair))
        .to.emit(token, "PoolExcluded")
        .withArgs(await pair.getAddress());
      expect((await token.accountOf(pair)).accruing).to.equal(false);
      expect((await token.streamState()).eligible).to.equal(ELIGIBLE - pooledTokens);
      await streamed(fixture, DAY);
      expect(await token.claimable(pair)).to.equal(0n);
    });

    it("leaves the pool what it earned before, to the second", async () => {
      const fixture = await networkHelpers.loadFixture(pooled);
      const { token, pair } = fixture;
      const start = await deposit(fixture);
      await nextBlockAt(start + 60n);
      await token.excludePool(pair);
      await networkHelpers.time.increaseTo(start + DAY);
      expect(await token.claimable(pair)).to.equal(PER_SECOND.alice * 60n);
    });

    it("counts tokens as they leave the pool and as they come", async () => {
      const fixture = await networkHelpers.loadFixture(pooled);
      const { token, pair, pooledTokens, bob, newcomer } = fixture;
      await token.excludePool(pair);
      await token.connect(await impersonate(pair)).transfer(newcomer.address, pooledTokens / 2n);
      expect((await token.streamState()).eligible).to.equal(ELIGIBLE - pooledTokens / 2n);
      await token.connect(bob).transfer(pair, 5n);
      expect((await token.streamState()).eligible).to.equal(ELIGIBLE - pooledTokens / 2n - 5n);
    });

    it("excluded, a pool cannot be included again and claim the gap", async () => {
      const fixture = await networkHelpers.loadFixture(pooled);
      const { token, pair } = fixture;
      await token.excludePool(pair);
      await streamed(fixture, DAY);
      const asPair = token.connect(await impersonate(pair));
      await expect(asPair.setAccruing(true))
        .to.be.revertedWithCustomError(token, "ModelToken_Excluded")
        .withArgs(await pair.getAddress());
      await expect(asPair["claim()"]())
        .to.be.revertedWithCustomError(token, "ModelToken_NothingToClaim")
        .withArgs(await pair.getAddress());
    });

    it("takes a pool that does not earn by its own choice out of nothing twice", async () => {
      const fixture = await networkHelpers.loadFixture(pooled);
      const { token, pair, pooledTokens } = fixture;
      await token.connect(await impersonate(pair)).setAccruing(false);
      await token.excludePool(pair);
      expect((await token.streamState()).eligible).to.equal(ELIGIBLE - pooledTokens);
    });

    it("leaves nothing for claimFor(pair) + skim where the pair was excluded before it earned", async () => {
      const fixture = await networkHelpers.loadFixture(pooled);
      const { asset, token, pair, newcomer } = fixture;
      await token.excludePool(pair);
      await streamed(fixture, DAY, usd(1_000));
      await expect(token.claimFor(pair))
        .to.be.revertedWithCustomError(token, "ModelToken_NotPushable")
        .withArgs(await pair.getAddress());
      await expect(pair.skim(newcomer.address)).to.changeTokenBalance(ethers, asset, newcomer, 0n);
    });

    it("reverts the second time", async () => {
      const { token, pair } = await networkHelpers.loadFixture(pooled);
      await token.excludePool(pair);
      await expect(token.excludePool(pair))
        .to.be.revertedWithCustomError(token, "ModelToken_Excluded")
        .withArgs(await pair.getAddress());
    });

    it("reverts for the token itself, which is excluded from the beginning", async () => {
      const { token } = await networkHelpers.loadFixture(pooled);
      await expect(token.excludePool(token))
        .to.be.revertedWithCustomError(token, "ModelToken_Excluded")
        .withArgs(await token.getAddress());
    });

    it("reverts for what no known factory made, or what trades other tokens: nobody can exclude an ordinary holder", async () => {
      const { asset, token, pairs, bob } = await networkHelpers.loadFixture(pooled);
      const fake = await ethers.deployContract("Pair", [token, asset]);
      const other = await pairs.createPair.staticCall(asset, asset);
      await pairs.createPair(asset, asset);
      for (const account of [bob.address, await fake.getAddress(), other]) {
        await expect(token.excludePool(account))
          .to.be.revertedWithCustomError(token, "ModelToken_NotPool")
          .withArgs(account);
      }
    });

    it("reverts without a verifier", async () => {
      const { token, bob } = await networkHelpers.loadFixture(launchedToken);
      await expect(token.excludePool(bob.address))
        .to.be.revertedWithCustomError(token, "ModelToken_NotPool")
        .withArgs(bob.address);
    });
  });
});
