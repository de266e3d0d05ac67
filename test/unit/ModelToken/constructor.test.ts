import { expect } from "chai";

import { allocation, deployToken } from "../../helpers/offering/bareToken.js";
import { bytes32, DAY, ethers, networkHelpers, people, ZeroAddress } from "../../helpers/offering/market.js";

const MAX_SUPPLY = (1n << 96n) - 1n;

async function accounts() {
  const asset = await ethers.deployContract("TestAsset");
  const everybody = await people();
  return { ...everybody, asset, assetAddress: await asset.getAddress(), offering: everybody.issuer.address };
}

describe("ModelToken", () => {
  describe("constructor", () => {
    it("fixes its parameters", async () => {
      const { assetAddress, offering, alice, stranger } = await networkHelpers.loadFixture(accounts);
      const verifier = await ethers.deployContract("PairFactory");
      const policy = await ethers.deployContract("TransferPolicyProbe");
      const token = await deployToken(assetAddress, offering, {
        name: "Some Model",
        symbol: "SOME",
        epochLength: 7n * DAY,
        redeemBps: 5_000,
        poolVerifier: await verifier.getAddress(),
        transferPolicy: await policy.getAddress(),
        allocations: [allocation(alice, 5n)],
      });
      expect(await token.name()).to.equal("Some Model");
      expect(await token.symbol()).to.equal("SOME");
      expect(await token.decimals()).to.equal(18n);
      expect(await token.asset()).to.equal(assetAddress);
      expect(await token.offering()).to.equal(offering);
      expect(await token.epochLength()).to.equal(7n * DAY);
      expect(await token.redeemBps()).to.equal(5_000n);
      expect(await token.poolVerifier()).to.equal(await verifier.getAddress());
      expect(await token.transferPolicy()).to.equal(await policy.getAddress());
      expect(await token.launched()).to.equal(false);
      expect(await token.snapshotCount()).to.equal(0n);
      expect(await token.accountOf(stranger)).to.deep.equal([0n, 0n, true, false]);
    });

    it("gives out the supply, and keeps the liquidity in itself", async () => {
      const { assetAddress, offering, alice, bob } = await networkHelpers.loadFixture(accounts);
      const token = await deployToken(assetAddress, offering, {
        liquidity: 40n,
        allocations: [allocation(alice, 10n), allocation(bob, 20n), allocation(alice, 5n)],
      });
      expect(await token.balanceOf(alice)).to.equal(15n);
      expect(await token.balanceOf(bob)).to.equal(20n);
      expect(await token.balanceOf(token)).to.equal(40n);
      expect(await token.totalSupply()).to.equal(75n);
      const sent = token.deploymentTransaction();
      for (const [to, amount] of [
        [await token.getAddress(), 40n],
        [alice.address, 10n],
        [bob.address, 20n],
        [alice.address, 5n],
      ] as const) {
        await expect(sent).to.emit(token, "Transfer").withArgs(ZeroAddress, to, amount);
      }
    });

    it("excludes itself and the addresses that it is given from what earns", async () => {
      const { asset, assetAddress, offering, alice, bob, carol } = await networkHelpers.loadFixture(accounts);
      const token = await deployToken(assetAddress, offering, {
        liquidity: 40n,
        excluded: [bob.address, await asset.getAddress()],
        allocations: [allocation(alice, 10n), allocation(bob, 20n), allocation(carol, 30n)],
      });
      expect((await token.streamState()).eligible).to.equal(40n);
      for (const [account, accruing] of [
        [token, false],
        [asset, false],
        [bob, false],
        [alice, true],
        [carol, true],
      ] as const) {
        expect((await token.accountOf(account)).accruing).to.equal(accruing);
      }
    });

    it("opts in the accounts that it is told to", async () => {
      const { assetAddress, offering, alice, bob } = await networkHelpers.loadFixture(accounts);
      const token = await deployToken(assetAddress, offering, {
        allocations: [allocation(alice, 1n, true), allocation(bob, 1n)],
      });
      expect((await token.accountOf(alice)).pushable).to.equal(true);
      expect((await token.accountOf(bob)).pushable).to.equal(false);
      expect(await token.payoutAddressOf(alice)).to.equal(alice.address);
    });

    it("takes a supply up to the largest, and not one unit more", async () => {
      const { assetAddress, offering, alice, bob } = await networkHelpers.loadFixture(accounts);
      const largest = await deployToken(assetAddress, offering, {
        liquidity: 1n,
        allocations: [allocation(alice, MAX_SUPPLY - 1n)],
      });
      expect(await largest.totalSupply()).to.equal(MAX_SUPPLY);
      for (const changes of [
        { liquidity: 1n, allocations: [allocation(alice, MAX_SUPPLY)] },
        { allocations: [allocation(alice, MAX_SUPPLY), allocation(bob, 1n)] },
      ]) {
        await expect(deployToken(assetAddress, offering, changes))
          .to.be.revertedWithCustomError(largest, "ModelToken_InvalidParameter")
          .withArgs(bytes32("supply"), MAX_SUPPLY + 1n, MAX_SUPPLY);
      }
    });

    it("reverts for a zero asset, offering or account", async () => {
      const { assetAddress, offering } = await networkHelpers.loadFixture(accounts);
      const { interface: api } = await ethers.getContractFactory("ModelToken");
      for (const deployment of [
        () => deployToken(ZeroAddress, offering, {}),
        () => deployToken(assetAddress, ZeroAddress, {}),
        () => deployToken(assetAddress, offering, { allocations: [allocation({ address: ZeroAddress }, 1n)] }),
      ]) {
        await expect(deployment()).to.be.revertedWithCustomError({ interface: api }, "ModelToken_ZeroAddress");
      }
    });

    for (const [name, actual, limit] of [
      ["epochLength", 0n, 1n],
      ["redeemBps", 5_001n, 5_000n],
    ] as const) {
      it(`refuses ${name} ${String(actual)}`, async () => {
        const { assetAddress, offering } = await networkHelpers.loadFixture(accounts);
        const { interface: api } = await ethers.getContractFactory("ModelToken");
        await expect(deployToken(assetAddress, offering, { [name]: actual }))
          .to.be.revertedWithCustomError({ interface: api }, "ModelToken_InvalidParameter")
          .withArgs(bytes32(name), actual, limit);
      });
    }

    it("takes a name of 31 bytes, and none that the domain of permits cannot hold", async () => {
      const { assetAddress, offering } = await networkHelpers.loadFixture(accounts);
      const token = await deployToken(assetAddress, offering, { name: "n".repeat(31) });
      expect((await token.eip712Domain()).name).to.equal("n".repeat(31));
      await expect(deployToken(assetAddress, offering, { name: "n".repeat(32) }))
        .to.be.revertedWithCustomError(token, "StringTooLong")
        .withArgs("n".repeat(32));
    });

    it("reverts if the offering is to be excluded: its tokens are those that are sold", async () => {
      const { assetAddress, offering } = await networkHelpers.loadFixture(accounts);
      const { interface: api } = await ethers.getContractFactory("ModelToken");
      await expect(deployToken(assetAddress, offering, { excluded: [offering] }))
        .to.be.revertedWithCustomError({ interface: api }, "ModelToken_Excluded")
        .withArgs(offering);
    });
  });
});
