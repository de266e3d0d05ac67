import { expect } from "chai";

import {
  bytes32,
  DAY,
  deployMarket,
  ethers,
  HOUR,
  networkHelpers,
  PARAMETERS,
  standardMarket,
  ZeroAddress,
} from "../../helpers/offering/market.js";

const YEAR = 365n * DAY;

/** Good on any network. */
const PARAMS = {
  minEpochLength: HOUR,
  maxEpochLength: 30n * DAY,
  minSaleDuration: 2n * DAY,
  withdrawLock: DAY,
  finalizeGrace: 7n * DAY,
  poolVerifier: ZeroAddress,
  testNetwork: false,
};
type Params = typeof PARAMS;

async function deploy(params: Partial<Params>, deployer?: string) {
  const { escrow, offerings } = await networkHelpers.loadFixture(standardMarket);
  const args = [escrow, deployer ?? (await offerings.deployer()), { ...PARAMS, ...params }] as const;
  return { offerings, deployment: ethers.deployContract("OfferingFactory", [...args]) };
}

describe("OfferingFactory", () => {
  describe("constructor", () => {
    it("fixes its parameters and what it belongs to", async () => {
      const { offerings, escrow, registry, asset } = await networkHelpers.loadFixture(standardMarket);
      expect(await offerings.params()).to.deep.equal(Object.values(PARAMS));
      expect(await offerings.escrow()).to.equal(await escrow.getAddress());
      expect(await offerings.registry()).to.equal(await registry.getAddress());
      expect(await offerings.asset()).to.equal(await asset.getAddress());
      expect(await offerings.offeringCount()).to.equal(0n);
      expect(await registry.offerings()).to.equal(await offerings.getAddress());
      const deployed = await ethers.provider.getCode(await offerings.deployer());
      expect(deployed).not.to.equal("0x");
    });

    const refused: [
      name: keyof Params,
      actual: bigint,
      limit: bigint,
      testNetwork: boolean,
      others?: Partial<Params>,
    ][] = [
      ["minEpochLength", HOUR - 1n, HOUR, false],
      ["minEpochLength", 30n * DAY + 1n, 30n * DAY, false],
      ["minEpochLength", 0n, 1n, true],
      ["maxEpochLength", HOUR - 1n, HOUR, false],
      ["maxEpochLength", 30n * DAY + 1n, 30n * DAY, false],
      ["maxEpochLength", 30n * DAY + 1n, 30n * DAY, true],
      ["withdrawLock", DAY - 1n, DAY, false],
      ["withdrawLock", YEAR, YEAR - 1n, false],
      ["withdrawLock", YEAR, YEAR - 1n, true],
      ["minSaleDuration", DAY, DAY + 1n, false],
      ["minSaleDuration", YEAR + 1n, YEAR, false],
      ["minSaleDuration", 0n, 1n, true, { withdrawLock: 0n }],
      ["finalizeGrace", 3n * DAY - 1n, 3n * DAY, false],
      ["finalizeGrace", 90n * DAY + 1n, 90n * DAY, false],
      ["finalizeGrace", 0n, 1n, true],
    ];
    for (const [name, actual, limit, testNetwork, others] of refused) {
      it(`refuses ${name} ${actual} on a ${testNetwork ? "test" : "public"} network`, async () => {
        const { offerings, deployment } = await deploy({ ...others, testNetwork, [name]: actual });
        await expect(deployment)
          .to.be.revertedWithCustomError(offerings, "OfferingFactory_InvalidParameter")
          .withArgs(bytes32(name), actual, limit);
      });
    }

    for (const [title, limits] of [
      [
        "the shortest times of a public network",
        {
          minEpochLength: 3_600,
          maxEpochLength: 3_600,
          minSaleDuration: 86_401,
          withdrawLock: 86_400,
          finalizeGrace: 259_200,
        },
      ],
      [
        "the longest times",
        {
          minEpochLength: 2_592_000,
          maxEpochLength: 2_592_000,
          minSaleDuration: 31_536_000,
          withdrawLock: 31_535_999,
          finalizeGrace: 7_776_000,
        },
      ],
      [
        "seconds on a test network",
        {
          minEpochLength: 1,
          maxEpochLength: 1,
          minSaleDuration: 1,
          withdrawLock: 0,
          finalizeGrace: 1,
          testNetwork: true,
        },
      ],
    ] as const) {
      it(`allows ${title}`, async () => {
        const expected = { ...PARAMETERS.offerings, ...limits };
        const { offerings } = await deployMarket({ ...PARAMETERS, offerings: expected });
        const { minEpochLength, maxEpochLength, minSaleDuration, withdrawLock, finalizeGrace } =
          await offerings.params();
        expect(
          [minEpochLength, maxEpochLength, minSaleDuration, withdrawLock, finalizeGrace].map(Number),
        ).to.deep.equal([
          expected.minEpochLength,
          expected.maxEpochLength,
          expected.minSaleDuration,
          expected.withdrawLock,
          expected.finalizeGrace,
        ]);
      });
    }

    it("reverts for a zero deployer", async () => {
      const { offerings, deployment } = await deploy({}, ZeroAddress);
      await expect(deployment)
        .to.be.revertedWithCustomError(offerings, "OfferingFactory_ZeroAddress")
        .withArgs(bytes32("deployer"));
    });

    it("reverts on a registry that knows another factory", async () => {
      const { offerings } = await networkHelpers.loadFixture(standardMarket);
      const [deployer] = await ethers.getSigners();
      const next = ethers.getCreateAddress({ from: deployer!.address, nonce: await deployer!.getNonce() });
      const { deployment } = await deploy({});
      await expect(deployment)
        .to.be.revertedWithCustomError(offerings, "OfferingFactory_InvalidParameter")
        .withArgs(bytes32("registry"), BigInt(await offerings.getAddress()), BigInt(next));
    });
  });
});
