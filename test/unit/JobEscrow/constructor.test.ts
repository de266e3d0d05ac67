import { captureProbability } from "@assay/sdk";
import { expect } from "chai";
import { getCreateAddress, ZeroAddress } from "ethers";
import hre, { network } from "hardhat";

import { systemAddresses, systemInitCodes } from "../../../deploy/deploySystem.js";
import { SYSTEM_CONTRACTS } from "../../../deploy/modules/System.js";
import type { SystemParameters } from "../../../deploy/parameters.js";
import {
  bytes32,
  DAY,
  deployContracts,
  ethers,
  networkHelpers,
  PARAMETERS,
  TERMS,
  WAD,
} from "../../helpers/escrow/system.js";

type Terms = SystemParameters["escrow"];

/** What is deployed before an escrow; `create` adds it with the given terms. */
async function withoutEscrow() {
  const [deployer] = await ethers.getSigners();
  const asset = await (await ethers.deployContract("TestAsset")).getAddress();
  const factory = await ethers.deployContract("DeploymentFactory");
  const contracts = systemAddresses(await factory.getAddress());
  const codesFor = (parameters: SystemParameters) =>
    systemInitCodes(hre, parameters, { asset, contracts, deployer: deployer!.address });
  const codes = await codesFor(PARAMETERS);
  const position = SYSTEM_CONTRACTS.indexOf("JobEscrow");
  for (const [index, name] of SYSTEM_CONTRACTS.slice(0, position).entries())
    await factory.create(index + 1, codes[name]);
  const create = async (changes: Partial<Terms>) => {
    const parameters = { ...PARAMETERS, escrow: { ...PARAMETERS.escrow, ...changes } };
    return factory.create(position + 1, (await codesFor(parameters)).JobEscrow);
  };
  return { create, contracts, escrow: await ethers.getContractAt("JobEscrow", contracts.JobEscrow) };
}

const bare = () => deployContracts();

/** The κ that a colluding share of 0.3 asks for. */
const CAPTURE_AT_30 = captureProbability((WAD * 3n) / 10n);

describe("JobEscrow", () => {
  describe("constructor", () => {
    it("keeps what it was given", async () => {
      const { asset, beacon, staking, registry, escrow, court } = await networkHelpers.loadFixture(bare);
      expect(await escrow.asset()).to.equal(await asset.getAddress());
      expect(await escrow.staking()).to.equal(await staking.getAddress());
      expect(await escrow.registry()).to.equal(await registry.getAddress());
      expect(await escrow.court()).to.equal(await court.getAddress());
      expect(await escrow.beacon()).to.equal(await beacon.getAddress());
      expect(await escrow.params()).to.deep.equal(Object.values(TERMS));
    });

    // Adversary 30: what cannot be deployed. The limit itself can, wherever it says so.
    const rules: [name: keyof Terms, actual: bigint, limit: bigint, others?: Partial<Terms>][] = [
      ["protocolFeeBps", 2_001n, 2_000n],
      ["maxDisputeWindow", BigInt(DAY) + 1n, BigInt(DAY)],
      ["beaconDelay", 59n, 60n],
      ["callbackGas", 29_999n, 30_000n],
      ["callbackGas", 1_000_001n, 1_000_000n],
      ["verifierValueBps", 1_001n, 1_000n],
      ["collusion", (WAD * 33n) / 100n, (WAD * 33n) / 100n - 1n, { capture: WAD - 1n }],
      ["capture", CAPTURE_AT_30 - 1n, CAPTURE_AT_30, { collusion: (WAD * 3n) / 10n }],
      ["capture", WAD, WAD - 1n],
      ["recovery", WAD / 2n - 1n, WAD / 2n],
      ["recovery", WAD, WAD - 1n],
      ["safety", WAD - 1n, WAD],
      ["floor", 0n, 1n],
      ["floor", WAD + 1n, WAD],
    ];
    for (const [name, actual, limit, others = {}] of rules) {
      const typed = (value: bigint): Partial<Terms> => ({
        ...others,
        [name]: typeof PARAMETERS.escrow[name] === "number" ? Number(value) : value,
      });

      it(`refuses ${name} = ${String(actual)} and takes ${String(limit)}`, async () => {
        const { create, escrow } = await networkHelpers.loadFixture(withoutEscrow);
        await expect(create(typed(actual)))
          .to.be.revertedWithCustomError(escrow, "JobEscrow_InvalidParameter")
          .withArgs(bytes32(name), actual, limit);
        await create(typed(limit));
        expect((await escrow.params())[name]).to.equal(limit);
      });
    }

    it("takes any beacon delay on a test network", async () => {
      const { create, escrow } = await networkHelpers.loadFixture(withoutEscrow);
      await create({ beaconDelay: 0, testNetwork: true });
      expect((await escrow.params()).beaconDelay).to.equal(0n);
    });

    it("refuses no treasury", async () => {
      const { create, escrow } = await networkHelpers.loadFixture(withoutEscrow);
      await expect(create({ treasury: ZeroAddress })).to.be.revertedWithCustomError(escrow, "JobEscrow_ZeroAddress");
    });

    describe("refuses", () => {
      const deploy = async (changes: Partial<Record<"staking" | "registry" | "court" | "beacon", string>>) => {
        const contracts = await networkHelpers.loadFixture(bare);
        const addresses = {
          staking: await contracts.staking.getAddress(),
          registry: await contracts.registry.getAddress(),
          court: await contracts.court.getAddress(),
          beacon: await contracts.beacon.getAddress(),
          ...changes,
        };
        const { staking, registry, court, beacon } = addresses;
        const sent = ethers.deployContract("JobEscrow", [staking, registry, court, beacon, PARAMETERS.escrow]);
        return { sent, contracts };
      };

      for (const name of ["staking", "registry", "court", "beacon"] as const) {
        it(`no ${name}`, async () => {
          const { sent, contracts } = await deploy({ [name]: ZeroAddress });
          await expect(sent).to.be.revertedWithCustomError(contracts.escrow, "JobEscrow_ZeroAddress");
        });
      }

      it("a place that staking does not call the escrow", async () => {
        const [deployer] = await ethers.getSigners();
        const { escrow } = await networkHelpers.loadFixture(bare);
        const here = getCreateAddress({ from: deployer!.address, nonce: await deployer!.getNonce() });
        await expect((await deploy({})).sent)
          .to.be.revertedWithCustomError(escrow, "JobEscrow_InvalidParameter")
          .withArgs(bytes32("escrow"), await escrow.getAddress(), here);
      });

      for (const name of ["registry", "court"] as const) {
        it(`a ${name} that is not staking's`, async () => {
          const contracts = await networkHelpers.loadFixture(bare);
          const [deployer, stranger] = await ethers.getSigners();
          const nonce = await deployer!.getNonce();
          const escrow = getCreateAddress({ from: deployer!.address, nonce: nonce + 1 });
          const own = {
            registry: await contracts.registry.getAddress(),
            court: await contracts.court.getAddress(),
          };
          const staking = await ethers.deployContract("ProviderStaking", [
            await contracts.asset.getAddress(),
            PARAMETERS.staking.sink,
            own.registry,
            escrow,
            own.court,
          ]);
          const registry = name === "registry" ? stranger!.address : own.registry;
          const court = name === "court" ? stranger!.address : own.court;
          const beacon = await contracts.beacon.getAddress();
          await expect(
            ethers.deployContract("JobEscrow", [
              await staking.getAddress(),
              registry,
              court,
              beacon,
              PARAMETERS.escrow,
            ]),
          )
            .to.be.revertedWithCustomError(contracts.escrow, "JobEscrow_InvalidParameter")
            .withArgs(bytes32(name), own[name], stranger!.address);
        });
      }

      it("a beacon that does not answer", async () => {
        const contracts = await networkHelpers.loadFixture(bare);
        const [deployer, stranger] = await ethers.getSigners();
        const nonce = await deployer!.getNonce();
        const escrow = getCreateAddress({ from: deployer!.address, nonce: nonce + 1 });
        const [registry, court] = [await contracts.registry.getAddress(), await contracts.court.getAddress()];
        const asset = await contracts.asset.getAddress();
        const staking = await ethers.deployContract("ProviderStaking", [
          asset,
          PARAMETERS.staking.sink,
          registry,
          escrow,
          court,
        ]);
        const terms = PARAMETERS.escrow;
        await expect(
          ethers.deployContract("JobEscrow", [await staking.getAddress(), registry, court, stranger!.address, terms]),
        ).to.be.revert(ethers);
      });
    });
  });

  describe("domainSeparator", () => {
    it("is another one on a fork of the chain: nothing signed before holds on both", async () => {
      const { escrow } = await networkHelpers.loadFixture(bare);
      const address = await escrow.getAddress();
      const fork = await network.create({ network: "gas", override: { chainId: 999 } });
      await fork.networkHelpers.setCode(address, await ethers.provider.getCode(address));
      const there = await fork.ethers.getContractAt("JobEscrow", address);
      const { TypedDataEncoder } = ethers;
      const domain = { name: "Assay", version: "1", verifyingContract: address };
      expect(await escrow.domainSeparator()).to.equal(TypedDataEncoder.hashDomain({ ...domain, chainId: 31_337 }));
      expect(await there.domainSeparator()).to.equal(TypedDataEncoder.hashDomain({ ...domain, chainId: 999 }));
    });
  });
});
