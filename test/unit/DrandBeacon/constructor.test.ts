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

    const refusals: [string, Parameters<typeof deployBeacon>[0], bigint, bigint][] = [
      ["publicKey", { key: [KEY[0]!, KEY[1]!, KEY[2]!, KEY[3]! + FIELD] }, KEY[3]! + FIELD, FIELD - 1n],
      ["publicKeyGroup", { key: [KEY[1]!, KEY[0]!, KEY[3]!, KEY[2]!] }, 0n, 1n],
      ["publicKeyGroup", { key: [0n, 0n, 0n, 0n] }, 0n, 1n],
      ["genesis", { genesis: 0n }, 0n, 1n],
      ["genesis", { genesis: 1n << 40n }, 1n << 40n, (1n << 40n) - 1n],
      ["period", { period: 0n }, 0n, 1n],
      ["stride", { stride: 0n }, 0n, 1n],
      ["timeout", { timeout: 0n }, 0n, 60n],
      ["timeout", { timeout: 90n }, 90n, 60n],
    ];
    for (const [name, parameters, actual, limit] of refusals) {
      it(`refuses ${name} ${String(actual)}`, async () => {
        const factory = await ethers.getContractFactory("DrandBeacon");
        await expect(deployBeacon(parameters))
          .to.be.revertedWithCustomError(factory, "RandomnessBeacon_InvalidParameter")
          .withArgs(bytes32(name), actual, limit);
      });
    }
  });
});
