import { expect } from "chai";

import {
  bytes32,
  DAY,
  deployRegistry,
  emptyRegistryFixture,
  ethers,
  networkHelpers,
  REGISTRY_PARAMS,
  type RegistryParams,
  ZeroAddress,
} from "../../helpers/deployPartial.js";

const YEAR = 365n * DAY;

describe("ModelRegistry", () => {
  describe("constructor", () => {
    it("fixes its parameters and what it belongs to", async () => {
      const { registry, staking, escrow, court, offerings } = await networkHelpers.loadFixture(emptyRegistryFixture);
      expect(await registry.params()).to.deep.equal(Object.values(REGISTRY_PARAMS));
      expect(await registry.seatBond()).to.equal(REGISTRY_PARAMS.seatBond);
      expect(await registry.seatExitDelay()).to.equal(REGISTRY_PARAMS.seatExitDelay);
      expect(await registry.staking()).to.equal(await staking.getAddress());
      expect(await registry.escrow()).to.equal(escrow.address);
      expect(await registry.court()).to.equal(court.address);
      expect(await registry.offerings()).to.equal(offerings.address);
      expect(await registry.name()).to.equal("Assay Model");
      expect(await registry.symbol()).to.equal("ASSAY-M");
      expect(await registry.modelCount()).to.equal(0n);
    });

    for (const position of [0, 1, 2, 3]) {
      it(`reverts for a zero ${["staking", "escrow", "court", "offerings"][position] ?? ""}`, async () => {
        const { registry, staking, escrow, court, offerings } = await networkHelpers.loadFixture(emptyRegistryFixture);
        const addresses = [await staking.getAddress(), escrow.address, court.address, offerings.address];
        addresses[position] = ZeroAddress;
        await expect(
          ethers.deployContract("ModelRegistry", [...addresses, REGISTRY_PARAMS]),
        ).to.be.revertedWithCustomError(registry, "ModelRegistry_ZeroAddress");
      });
    }

    it("reverts on a staking that does not point back to it", async () => {
      const { registry, staking, escrow, court, offerings, deployer } =
        await networkHelpers.loadFixture(emptyRegistryFixture);
      const next = ethers.getCreateAddress({ from: deployer.address, nonce: await deployer.getNonce() });
      await expect(
        ethers.deployContract("ModelRegistry", [
          await staking.getAddress(),
          escrow.address,
          court.address,
          offerings.address,
          REGISTRY_PARAMS,
        ]),
      )
        .to.be.revertedWithCustomError(registry, "ModelRegistry_InvalidParameter")
        .withArgs(bytes32("staking"), await registry.getAddress(), next);
    });

    for (const role of ["escrow", "court"] as const) {
      it(`reverts when the staking names another ${role}`, async () => {
        const actors = await networkHelpers.loadFixture(emptyRegistryFixture);
        const { registry, asset, sink, escrow, court, offerings, stranger, deployer } = actors;
        const nonce = (await deployer.getNonce()) + 1;
        const staking = await ethers.deployContract("ProviderStaking", [
          await asset.getAddress(),
          sink.address,
          ethers.getCreateAddress({ from: deployer.address, nonce }),
          escrow.address,
          court.address,
        ]);
        const given = { escrow, court, [role]: stranger };
        const addresses = [await staking.getAddress(), given.escrow.address, given.court.address, offerings.address];
        const args = [...addresses, REGISTRY_PARAMS];
        await expect(ethers.deployContract("ModelRegistry", args))
          .to.be.revertedWithCustomError(registry, "ModelRegistry_InvalidParameter")
          .withArgs(bytes32(role), actors[role].address, stranger.address);
      });
    }

    const refused: [name: keyof RegistryParams, actual: bigint, limit: bigint, testNetwork: boolean][] = [
      ["seatBond", 0n, 1n, false],
      ["seatActivationDelay", DAY - 1n, DAY, false],
      ["seatActivationDelay", YEAR + 1n, YEAR, true],
      ["seatExitDelay", 0n, 1n, false],
      ["seatExitDelay", YEAR + 1n, YEAR, false],
      ["royaltyDelay", DAY - 1n, DAY, false],
      ["royaltyDelay", YEAR + 1n, YEAR, true],
      ["maxRoyaltyBps", 5_001n, 5_000n, false],
      ["minProviders", 7n, 8n, false],
      ["minProviders", 3n, 4n, true],
      ["exposureWad", 0n, 1n, false],
    ];
    for (const [name, actual, limit, testNetwork] of refused) {
      it(`refuses ${name} ${actual} on a ${testNetwork ? "test" : "public"} network`, async () => {
        const { registry } = await networkHelpers.loadFixture(emptyRegistryFixture);
        await expect(deployRegistry({ testNetwork, [name]: actual }))
          .to.be.revertedWithCustomError(registry, "ModelRegistry_InvalidParameter")
          .withArgs(bytes32(name), actual, limit);
      });
    }

    it("allows four providers and no delays on a test network", async () => {
      const overrides = { testNetwork: true, minProviders: 4n, seatActivationDelay: 0n, royaltyDelay: 0n };
      const { registry, params } = await deployRegistry(overrides);
      expect(await registry.params()).to.deep.equal(Object.values(params));
    });

    it("allows every limit itself", async () => {
      const overrides = {
        seatBond: 1n,
        seatActivationDelay: DAY,
        seatExitDelay: YEAR,
        royaltyDelay: DAY,
        maxRoyaltyBps: 5_000n,
        exposureWad: 1n,
      };
      const { registry, params } = await deployRegistry(overrides);
      expect(await registry.params()).to.deep.equal(Object.values(params));
    });
  });
});
