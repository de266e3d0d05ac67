import { expect } from "chai";

import {
  type BeaconArguments,
  beaconFixture,
  deployBeacon,
  ethers,
  type KeyWords,
  keyWords,
  networkHelpers,
  P,
  publicKey,
  SCHEDULE,
} from "../../helpers/beacon.js";

const KEY = keyWords(publicKey);
const [xImaginary, xReal, yImaginary, yReal] = KEY;
// On the twist, but outside the group of prime order.
const OUTSIDE_THE_GROUP: KeyWords = [
  0n,
  1n,
  0x2351dcdda257b62181cbd745dfee16d5fdf4eb185bbcf33c20a0fe6eaa9cb4a3n,
  0x07fb3d558dafafb6bf6dd326a5fefe0beca3f9ac3bd999a390d504fad34b0b8cn,
];

describe("DrandBeacon", () => {
  describe("constructor", () => {
    const expectInvalid = async (changes: BeaconArguments, name: string, actual: bigint, limit: bigint) => {
      const { beacon } = await networkHelpers.loadFixture(beaconFixture);
      await expect(deployBeacon(changes))
        .to.be.revertedWithCustomError(beacon, "RandomnessBeacon_InvalidParameter")
        .withArgs(ethers.encodeBytes32String(name), actual, limit);
    };

    it("fixes the key and the schedule, and starts empty", async () => {
      const { beacon } = await networkHelpers.loadFixture(beaconFixture);
      expect(await beacon.publicKey()).to.deep.equal(KEY);
      expect(await beacon.genesis()).to.equal(SCHEDULE.genesis);
      expect(await beacon.period()).to.equal(SCHEDULE.period);
      expect(await beacon.stride()).to.equal(SCHEDULE.stride);
      expect(await beacon.timeout()).to.equal(SCHEDULE.timeout);
      expect(await beacon.MAX_CANDIDATES()).to.equal(8n);
      expect(await beacon.latestRound()).to.equal(0n);
    });

    for (const [index, name] of ["x imaginary", "x real", "y imaginary", "y real"].entries()) {
      it(`reverts for ${name} that is not below the field's order`, async () => {
        for (const value of [P, KEY[index]! + P, 2n ** 256n - 1n]) {
          const key: KeyWords = [...KEY];
          key[index] = value;
          await expectInvalid({ key }, "publicKey", value, P - 1n);
        }
      });
    }

    const noKeys: Record<string, KeyWords> = {
      infinity: [0n, 0n, 0n, 0n],
      "a point off the twist": [xImaginary, xReal, yImaginary, (yReal + 1n) % P],
      "a point of the twist outside the group": OUTSIDE_THE_GROUP,
      "a key with its real parts first": [xReal, xImaginary, yReal, yImaginary],
    };
    for (const [name, key] of Object.entries(noKeys)) {
      it(`reverts for ${name} as the key`, async () => {
        await expectInvalid({ key }, "publicKeyGroup", 0n, 1n);
      });
    }

    it("reverts for genesis 0", async () => {
      await expectInvalid({ genesis: 0n }, "genesis", 0n, 1n);
    });

    it("reverts for a genesis in milliseconds", async () => {
      const latest = 2n ** 40n - 1n;
      await expectInvalid({ genesis: SCHEDULE.genesis * 1_000n }, "genesis", SCHEDULE.genesis * 1_000n, latest);
      await expectInvalid({ genesis: latest + 1n }, "genesis", latest + 1n, latest);
      expect(await (await deployBeacon({ genesis: latest })).genesis()).to.equal(latest);
    });

    it("reverts for period 0", async () => {
      await expectInvalid({ period: 0n }, "period", 0n, 1n);
    });

    it("reverts for stride 0", async () => {
      await expectInvalid({ stride: 0n }, "stride", 0n, 1n);
    });

    it("reverts for a timeout of 0", async () => {
      await expectInvalid({ timeout: 0n }, "timeout", 0n, 300n);
    });

    it("reverts for a timeout that is no multiple of period · stride", async () => {
      for (const timeout of [1n, 299n, 301n, 3_599n, 3_603n]) {
        await expectInvalid({ timeout }, "timeout", timeout, 300n);
      }
      expect(await (await deployBeacon({ timeout: 300n })).timeout()).to.equal(300n);
    });

    it("reverts for a period · stride beyond 64 bits", async () => {
      const period = 2n ** 33n;
      await expectInvalid({ period, stride: period, timeout: period }, "timeout", period, 2n ** 66n);
    });
  });
});
