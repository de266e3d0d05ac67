import { expect } from "chai";

import { allocation } from "../../helpers/offering/bareToken.js";
import {
  deployMarket,
  ethers,
  HOUR,
  MODEL,
  networkHelpers,
  PARAMETERS,
  registerModel,
  standardMarket,
  YEAR,
  ZeroAddress,
} from "../../helpers/offering/market.js";
import {
  ALL_ON_SALE,
  configOf,
  draftSale,
  ELIGIBLE,
  finalizedSale,
  HARD_CAP,
  inDraft,
  Phase,
  SALE_SUPPLY,
  scheduledSale,
  SUPPLY,
} from "../../helpers/offering/sales.js";

describe("OfferingFactory", () => {
  describe("create", () => {
    it("makes offering, token and vesting wallet in one transaction, and records them", async () => {
      const market = await networkHelpers.loadFixture(standardMarket);
      const { offerings, issuer } = market;
      const config = await configOf(market);
      const made = await offerings.connect(issuer).create.staticCall(config, false);
      const sent = offerings.connect(issuer).create(config, false);
      const { offering, token, vesting } = made;
      expect(made.offeringId).to.equal(1n);
      await expect(sent)
        .to.emit(offerings, "OfferingCreated")
        .withArgs(MODEL, issuer.address, offering, 1n, token, vesting);
      expect(await offerings.offeringAt(1)).to.deep.equal([MODEL, issuer.address, offering, token, vesting]);
      expect(await offerings.offeringIdOf(offering)).to.equal(1n);
      expect(await offerings.offeringCount()).to.equal(1n);
      for (const made of [offering, token, vesting]) expect(await ethers.provider.getCode(made)).not.to.equal("0x");
    });

    it("numbers offerings from 1, of all models", async () => {
      const market = await networkHelpers.loadFixture(standardMarket);
      await registerModel(market);
      const first = await draftSale(market);
      const second = await draftSale(market, { modelId: 2n });
      const { offerings } = market;
      expect([first.offeringId, second.offeringId]).to.deep.equal([1n, 2n]);
      expect((await offerings.offeringAt(2)).modelId).to.equal(2n);
      expect(await offerings.offeringIdOf(second.offering)).to.equal(2n);
      expect(await offerings.offeringIdOf(first.token)).to.equal(0n);
      expect(await offerings.offeringAt(3)).to.deep.equal([0n, ...Array<string>(4).fill(ZeroAddress)]);
    });

    it("splits the supply: sale, liquidity in the token itself, team in the vesting wallet, ecosystem", async () => {
      const { offering, token, vesting, ecosystem } = await networkHelpers.loadFixture(inDraft);
      expect(await token.totalSupply()).to.equal(SUPPLY);
      expect(await token.balanceOf(offering)).to.equal(SALE_SUPPLY);
      expect(await token.balanceOf(token)).to.equal(SUPPLY / 5n);
      expect(await token.balanceOf(vesting)).to.equal((SUPPLY * 15n) / 100n);
      expect(await token.balanceOf(ecosystem)).to.equal((SUPPLY * 15n) / 100n);
      expect((await token.streamState()).eligible).to.equal(ELIGIBLE);
    });

    it("rounds the shares down and gives the rest to the sale", async () => {
      const market = await networkHelpers.loadFixture(standardMarket);
      const supply = 10n ** 18n + 7_777n;
      const { offering, token, vesting } = await draftSale(market, { supply, softCap: HARD_CAP });
      const [liquidity, team] = [(supply * 2_000n) / 10_000n, (supply * 1_500n) / 10_000n];
      expect(await token.balanceOf(token)).to.equal(liquidity);
      expect(await token.balanceOf(vesting)).to.equal(team);
      expect(await token.balanceOf(market.ecosystem)).to.equal(team);
      const sale = supply - liquidity - 2n * team;
      expect(sale).to.be.greaterThan(supply / 2n);
      expect(await token.balanceOf(offering)).to.equal(sale);
      expect((await offering.terms()).saleSupply).to.equal(sale);
    });

    it("sells all of it without a team, ecosystem or liquidity, and needs no addresses for them", async () => {
      const market = await networkHelpers.loadFixture(standardMarket);
      const nobody = { team: ZeroAddress, ecosystem: ZeroAddress, liquidityRecipient: ZeroAddress };
      const { offeringId, offering, token } = await draftSale(market, {
        ...ALL_ON_SALE,
        ...nobody,
        teamCliff: 0n,
        teamDuration: 0n,
      });
      expect((await market.offerings.offeringAt(offeringId)).vesting).to.equal(ZeroAddress);
      expect(await token.balanceOf(offering)).to.equal(ELIGIBLE);
      expect(await token.totalSupply()).to.equal(ELIGIBLE);
    });

    it("makes a vesting wallet without an ecosystem share, and the other way round", async () => {
      const market = await networkHelpers.loadFixture(standardMarket);
      const team = await draftSale(market, { saleBps: 6_500n, ecosystemBps: 0n });
      expect(await team.token.balanceOf(team.vesting)).to.equal((SUPPLY * 15n) / 100n);
      expect((await team.token.accountOf(team.vesting)).pushable).to.equal(true);
      expect(await team.token.balanceOf(market.ecosystem)).to.equal(0n);
      const ecosystem = await draftSale(market, { saleBps: 6_500n, teamBps: 0n });
      expect((await market.offerings.offeringAt(ecosystem.offeringId)).vesting).to.equal(ZeroAddress);
      expect(await ecosystem.token.balanceOf(market.ecosystem)).to.equal((SUPPLY * 15n) / 100n);
      expect((await ecosystem.token.accountOf(market.ecosystem)).pushable).to.equal(false);
    });

    it("makes the vesting wallet for the team from the end of the sale, and opts it in", async () => {
      const { token, vesting, team, config } = await networkHelpers.loadFixture(inDraft);
      expect(await vesting.owner()).to.equal(team.address);
      expect(await vesting.start()).to.equal(config.closesAt);
      expect(await vesting.cliff()).to.equal(config.closesAt + YEAR);
      expect(await vesting.end()).to.equal(config.closesAt + 3n * YEAR);
      expect((await token.accountOf(vesting)).pushable).to.equal(true);
    });

    it("makes the token as the issuer wants it, with the deployment's asset and pool verifier", async () => {
      const pairs = await ethers.deployContract("PairFactory");
      const policy = await ethers.deployContract("TransferPolicyProbe");
      const singleton = await ethers.deployContract("SingletonPool");
      const offeringParameters = { ...PARAMETERS.offerings, poolVerifier: await pairs.getAddress() };
      const market = await deployMarket({ ...PARAMETERS, offerings: offeringParameters });
      const { token, offering } = await draftSale(market, {
        name: "Other",
        symbol: "OTHER",
        redeemBps: 123n,
        epochLength: 5n * HOUR,
        transferPolicy: await policy.getAddress(),
        excluded: [await singleton.getAddress()],
      });
      expect([await token.name(), await token.symbol()]).to.deep.equal(["Other", "OTHER"]);
      expect(await token.redeemBps()).to.equal(123n);
      expect(await token.epochLength()).to.equal(5n * HOUR);
      expect(await token.transferPolicy()).to.equal(await policy.getAddress());
      expect(await token.poolVerifier()).to.equal(await pairs.getAddress());
      expect(await token.asset()).to.equal(await market.asset.getAddress());
      expect(await token.offering()).to.equal(await offering.getAddress());
      expect((await token.accountOf(singleton)).accruing).to.equal(false);
    });

    it("takes back no tokens and keeps none, and has no rights in what it made", async () => {
      const { offerings, token, offering, vesting } = await networkHelpers.loadFixture(inDraft);
      expect(await token.balanceOf(offerings)).to.equal(0n);
      expect(await vesting.owner()).not.to.equal(await offerings.getAddress());
      expect((await offering.terms()).issuer).not.to.equal(await offerings.getAddress());
    });

    it("leaves a draft, or schedules at once", async () => {
      const market = await networkHelpers.loadFixture(standardMarket);
      const draft = await draftSale(market);
      expect(await draft.offering.phase()).to.equal(Phase.Draft);
      expect((await market.registry.offeringOf(MODEL)).offering).to.equal(ZeroAddress);
      const scheduled = await scheduledSale(market);
      expect(await scheduled.offering.phase()).to.equal(Phase.Scheduled);
      expect((await market.registry.offeringOf(MODEL)).offering).to.equal(await scheduled.offering.getAddress());
    });

    it("reverts for who does not own the model", async () => {
      const market = await networkHelpers.loadFixture(standardMarket);
      const { offerings, stranger, payout } = market;
      for (const caller of [stranger, payout]) {
        await expect(offerings.connect(caller).create(await configOf(market), true))
          .to.be.revertedWithCustomError(offerings, "OfferingFactory_NotModelOwner")
          .withArgs(MODEL, caller.address);
      }
    });

    it("reverts for a model that nobody registered", async () => {
      const market = await networkHelpers.loadFixture(standardMarket);
      const { offerings, registry, issuer } = market;
      await expect(offerings.connect(issuer).create(await configOf(market, { modelId: 9n }), false))
        .to.be.revertedWithCustomError(registry, "ERC721NonexistentToken")
        .withArgs(9n);
    });

    it("schedules no second offering while one goes on, nor ever after one that succeeded", async () => {
      const market = await networkHelpers.loadFixture(standardMarket);
      const { offerings, registry, issuer } = market;
      const locked = async (offering: string) => {
        await expect(offerings.connect(issuer).create(await configOf(market), true))
          .to.be.revertedWithCustomError(registry, "ModelRegistry_PayoutLocked")
          .withArgs(MODEL, offering);
      };
      const first = await scheduledSale(market);
      await locked(await first.offering.getAddress());
      await first.offering.connect(issuer).cancel();
      const second = await finalizedSale(market);
      expect(await second.offering.phase()).to.equal(Phase.Succeeded);
      await locked(await second.offering.getAddress());
    });
  });

  describe("deployer", () => {
    it("makes tokens for anybody, which belong to no offering of the factory", async () => {
      const market = await networkHelpers.loadFixture(standardMarket);
      const { offerings, asset, stranger } = market;
      const deployer = await ethers.getContractAt("ModelTokenDeployer", await offerings.deployer());
      const config = {
        name: "Fake",
        symbol: "FAKE",
        asset: await asset.getAddress(),
        offering: stranger.address,
        epochLength: HOUR,
        redeemBps: 0n,
        liquidity: 0n,
        poolVerifier: ZeroAddress,
        transferPolicy: ZeroAddress,
        excluded: [],
        allocations: [allocation(stranger, SUPPLY)],
      };
      const token = await deployer.connect(stranger).deploy.staticCall(config);
      await deployer.connect(stranger).deploy(config);
      expect(await (await ethers.getContractAt("ModelToken", token)).balanceOf(stranger)).to.equal(SUPPLY);
      expect(await offerings.offeringCount()).to.equal(0n);
      await expect(offerings.connect(stranger).lockPayout())
        .to.be.revertedWithCustomError(offerings, "OfferingFactory_UnknownOffering")
        .withArgs(stranger.address);
    });
  });
});
