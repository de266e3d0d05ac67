import { expect } from "chai";
import { getCreateAddress } from "ethers";
import hre from "hardhat";

import { systemAddresses, systemInitCodes } from "../../../deploy/deploySystem.js";
import { SYSTEM_CONTRACTS } from "../../../deploy/modules/System.js";
import type { SystemParameters } from "../../../deploy/parameters.js";
import { bytes32, deployContracts, ethers, HOUR, networkHelpers, PARAMETERS } from "../../helpers/court/system.js";

type CourtTerms = SystemParameters["court"];

const TEST_WINDOWS: CourtTerms = { drawWindow: 1, openWindow: 1, commitWindow: 1, revealWindow: 1, testNetwork: true };
const LEAST: CourtTerms = {
  drawWindow: HOUR / 2,
  openWindow: HOUR,
  commitWindow: HOUR,
  revealWindow: HOUR / 2,
  testNetwork: false,
};

/** Everything but the court, which `create` adds with the given terms. */
async function withoutCourt(parameters: SystemParameters = PARAMETERS) {
  const [deployer] = await ethers.getSigners();
  const asset = await (await ethers.deployContract("TestAsset")).getAddress();
  const factory = await ethers.deployContract("DeploymentFactory");
  const contracts = systemAddresses(await factory.getAddress());
  const codesFor = (terms: SystemParameters) =>
    systemInitCodes(hre, terms, { asset, contracts, deployer: deployer!.address });
  const codes = await codesFor(parameters);
  const before = SYSTEM_CONTRACTS.indexOf("AuditCourt");
  for (const [position, name] of SYSTEM_CONTRACTS.slice(0, before).entries())
    await factory.create(position + 1, codes[name]);
  const create = async (court: CourtTerms) =>
    factory.create(before + 1, (await codesFor({ ...parameters, court })).AuditCourt);
  return { create, court: await ethers.getContractAt("AuditCourt", contracts.AuditCourt) };
}

/** Seconds from a commit to the last moment at which a bond can be needed, as the design page says. */
const pathOf = ({ beacon, escrow }: SystemParameters, court: CourtTerms): number =>
  escrow.beaconDelay +
  beacon.stride * beacon.period +
  8 * beacon.timeout +
  escrow.maxDisputeWindow +
  4 * (court.drawWindow + court.commitWindow + court.revealWindow) +
  2 * court.openWindow +
  24 * HOUR;

describe("AuditCourt", () => {
  describe("constructor", () => {
    const everythingElse = () => withoutCourt();

    for (const [name, least] of Object.entries(LEAST) as [keyof CourtTerms, number][]) {
      if (name === "testNetwork") continue;
      it(`refuses a ${name} below ${String(least)} seconds`, async () => {
        const { create, court } = await networkHelpers.loadFixture(everythingElse);
        await expect(create({ ...LEAST, [name]: least - 1 }))
          .to.be.revertedWithCustomError(court, "AuditCourt_InvalidParameter")
          .withArgs(bytes32(name), least - 1, least);
      });

      it(`refuses a ${name} of 0 on a test network too`, async () => {
        const { create, court } = await networkHelpers.loadFixture(everythingElse);
        await expect(create({ ...TEST_WINDOWS, [name]: 0 }))
          .to.be.revertedWithCustomError(court, "AuditCourt_InvalidParameter")
          .withArgs(bytes32(name), 0, 1);
      });
    }

    for (const [text, terms] of [
      ["the shortest windows of a public network", LEAST],
      ["windows of one second on a test network", TEST_WINDOWS],
    ] as const) {
      it(`takes ${text}`, async () => {
        const { create, court } = await networkHelpers.loadFixture(everythingElse);
        await create(terms);
        expect(await court.params()).to.deep.equal(
          Object.values(terms).map((term) => (typeof term === "number" ? BigInt(term) : term)),
        );
      });
    }

    it("refuses windows that outlast the exit delay of a seat by a second (adversary 30)", async () => {
      const path = pathOf(PARAMETERS, PARAMETERS.court);
      const shortest = { ...PARAMETERS, registry: { ...PARAMETERS.registry, seatExitDelay: path } };
      const exact = await withoutCourt(shortest);
      const longer = { ...PARAMETERS.court, openWindow: PARAMETERS.court.openWindow + 1 };
      await expect(exact.create(longer))
        .to.be.revertedWithCustomError(exact.court, "AuditCourt_InvalidParameter")
        .withArgs(bytes32("seatExitDelay"), path, path + 2);
      await exact.create(PARAMETERS.court);
      expect(await exact.court.longestAudit()).to.be.lessThan(path);
    });

    it("measures the exit delay on a test network too", async () => {
      const path = pathOf(PARAMETERS, TEST_WINDOWS);
      const short = { ...PARAMETERS, registry: { ...PARAMETERS.registry, seatExitDelay: path - 1 } };
      const { create, court } = await withoutCourt(short);
      await expect(create(TEST_WINDOWS))
        .to.be.revertedWithCustomError(court, "AuditCourt_InvalidParameter")
        .withArgs(bytes32("seatExitDelay"), path - 1, path);
    });

    describe("refuses", () => {
      const twoSystems = async () => [await deployContracts(), await deployContracts()] as const;
      const deploy = (escrow: string, staking: string, registry: string) =>
        ethers.deployContract("AuditCourt", [escrow, staking, registry, PARAMETERS.court]);

      it("a place that staking does not call the court", async () => {
        const [{ escrow, staking, registry, court }] = await networkHelpers.loadFixture(twoSystems);
        const [deployer] = await ethers.getSigners();
        const here = getCreateAddress({ from: deployer!.address, nonce: await deployer!.getNonce() });
        await expect(deploy(await escrow.getAddress(), await staking.getAddress(), await registry.getAddress()))
          .to.be.revertedWithCustomError(court, "AuditCourt_InvalidParameter")
          .withArgs(bytes32("staking.court"), await court.getAddress(), here);
      });

      it("a registry that is not staking's", async () => {
        const [first, second] = await networkHelpers.loadFixture(twoSystems);
        const [own, foreign] = [await first.registry.getAddress(), await second.registry.getAddress()];
        await expect(deploy(await first.escrow.getAddress(), await first.staking.getAddress(), foreign))
          .to.be.revertedWithCustomError(first.court, "AuditCourt_InvalidParameter")
          .withArgs(bytes32("staking.registry"), own, foreign);
      });

      it("an escrow that is not staking's", async () => {
        const [first, second] = await networkHelpers.loadFixture(twoSystems);
        const [own, foreign] = [await first.escrow.getAddress(), await second.escrow.getAddress()];
        await expect(deploy(foreign, await first.staking.getAddress(), await first.registry.getAddress()))
          .to.be.revertedWithCustomError(first.court, "AuditCourt_InvalidParameter")
          .withArgs(bytes32("staking.escrow"), own, foreign);
      });

      it("an escrow that holds its collateral elsewhere", async () => {
        const [{ asset, escrow, registry, staking, court }] = await networkHelpers.loadFixture(twoSystems);
        const [deployer] = await ethers.getSigners();
        const nonce = await deployer!.getNonce();
        // A staking contract that names the real escrow and registry, and the court that comes next.
        const impostor = await ethers.deployContract("ProviderStaking", [
          await asset.getAddress(),
          PARAMETERS.staking.sink,
          await registry.getAddress(),
          await escrow.getAddress(),
          getCreateAddress({ from: deployer!.address, nonce: nonce + 1 }),
        ]);
        const other = await impostor.getAddress();
        await expect(deploy(await escrow.getAddress(), other, await registry.getAddress()))
          .to.be.revertedWithCustomError(court, "AuditCourt_InvalidParameter")
          .withArgs(bytes32("escrow.staking"), await staking.getAddress(), other);
      });
    });
  });
});
