import { expect } from "chai";

import { bytes32, deployBeacon, ethers, EVMNET, GENESIS, words } from "../../helpers/beacon.js";

const FIELD = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47n;
const KEY = words(EVMNET.publicKey);

describe("DrandBeacon", () => {
  describe("constructor", () => {
    it("keeps key and schedule", async () => {
      const beacon = await deployBeacon({ key: KEY, genesis: GENESIS, period: 3n, stride: 100n, timeout: 3_600n });
      expect(await beacon.publicKey()).to.deep.equal(KEY);
      expect(await beacon.genesis()).to.equal(GENESIS);
      expect(await beacon.period()).to.equal(3n);
      expect(await beacon.stride()).to.equal(100n);
      expect(await beacon.timeout()).to.equal(3_600n);
      expect(await beacon.MAX_CANDIDATES()).to.equal(8n);
      expect(await beacon.latestRound()).to.equal(0n);
    });

    const above = KEY[3]! + FIELD;
    // On the twist, but not in its subgroup of prime order.
    const outside = [
      1n,
      2n,
      0x2b76c179599bb92a963dac85546a005a777f7c13f6a7b75d5918b6b5808f5fden,
      0x101f7278419308b95099eca02dcee0c5381f4d26d1d62313f057167f064101cen,
    ];
    const refusals: [string, string, Parameters<typeof deployBeacon>[0], bigint, bigint][] = [
      ["a coordinate above the field", "publicKey", { key: [KEY[0]!, KEY[1]!, KEY[2]!, above] }, above, FIELD - 1n],
      ["a key with real before imaginary", "publicKeyGroup", { key: [KEY[1]!, KEY[0]!, KEY[3]!, KEY[2]!] }, 0n, 1n],
      ["a key of the wrong subgroup", "publicKeyGroup", { key: outside }, 0n, 1n],
      ["the key at infinity", "publicKeyGroup", { key: [0n, 0n, 0n, 0n] }, 0n, 1n],
      ["no genesis", "genesis", { genesis: 0n }, 0n, 1n],
      ["a genesis in milliseconds", "genesis", { genesis: GENESIS * 1_000n }, GENESIS * 1_000n, (1n << 40n) - 1n],
      ["no period", "period", { period: 0n }, 0n, 1n],
      ["no stride", "stride", { stride: 0n }, 0n, 1n],
      ["no timeout", "timeout", { timeout: 0n }, 0n, 60n],
      ["a timeout of one and a half strides", "timeout", { timeout: 90n }, 90n, 60n],
    ];
    for (const [what, name, parameters, actual, limit] of refusals) {
      it(`refuses ${what}`, async () => {
        const factory = await ethers.getContractFactory("DrandBeacon");
        await expect(deployBeacon(parameters))
          .to.be.revertedWithCustomError(factory, "RandomnessBeacon_InvalidParameter")
          .withArgs(bytes32(name), actual, limit);
      });
    }
  });
});
