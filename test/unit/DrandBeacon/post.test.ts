import { roundRandomness, storedRandomness } from "@assay/sdk";
import { expect } from "chai";

import { beaconFixture, deployBeacon, ethers, EVMNET, networkHelpers, sign, words } from "../../helpers/beacon.js";

const [REAL] = EVMNET.rounds;
const SIGNATURE = `0x${REAL!.signature}`;
const ROUND = BigInt(REAL!.round);
const FIELD = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47n;

const evmnetFixture = () => deployBeacon({ key: words(EVMNET.publicKey) });

/** The signature with one bit flipped; bit 0 is the first byte's highest. */
function flipped(signature: string, bit: number): string {
  const bytes = ethers.getBytes(signature);
  bytes[bit >> 3]! ^= 0x80 >> (bit & 7);
  return ethers.hexlify(bytes);
}

describe("DrandBeacon", () => {
  describe("post", () => {
    it("takes a real round of the public network", async () => {
      const beacon = await networkHelpers.loadFixture(evmnetFixture);
      const [, stranger] = await ethers.getSigners();
      expect(await beacon.post.staticCall(ROUND, SIGNATURE)).to.equal(storedRandomness(SIGNATURE));
      const posted = await beacon.connect(stranger).post(ROUND, SIGNATURE);
      await expect(posted)
        .to.emit(beacon, "RoundPosted")
        .withArgs(ROUND, storedRandomness(SIGNATURE), stranger!.address);
      const at = BigInt((await posted.getBlock())!.timestamp);
      expect(await beacon.randomness(ROUND)).to.deep.equal([storedRandomness(SIGNATURE), at]);
      expect(await beacon.latestRound()).to.equal(ROUND);
    });

    it("keeps the first 27 bytes of the signature's sha256", () => {
      expect(roundRandomness(SIGNATURE)).to.equal(ethers.sha256(SIGNATURE));
      expect(storedRandomness(SIGNATURE)).to.equal(`${ethers.sha256(SIGNATURE).slice(0, 56)}0000000000`);
    });

    for (const bit of [0, 1, 7, 100, 255, 256, 300, 511]) {
      it(`refuses the real signature with bit ${bit} flipped`, async () => {
        const beacon = await networkHelpers.loadFixture(evmnetFixture);
        await expect(beacon.post(ROUND, flipped(SIGNATURE, bit)))
          .to.be.revertedWithCustomError(beacon, "RandomnessBeacon_InvalidSignature")
          .withArgs(ROUND);
      });
    }

    it("refuses the real signature for another round, and under another key", async () => {
      const beacon = await networkHelpers.loadFixture(evmnetFixture);
      for (const round of [ROUND - 1n, ROUND + 1n]) {
        await expect(beacon.post(round, SIGNATURE))
          .to.be.revertedWithCustomError(beacon, "RandomnessBeacon_InvalidSignature")
          .withArgs(round);
      }
      const other = await networkHelpers.loadFixture(beaconFixture);
      await expect(other.post(ROUND, SIGNATURE))
        .to.be.revertedWithCustomError(other, "RandomnessBeacon_InvalidSignature")
        .withArgs(ROUND);
    });

    it("refuses what is no canonical point: infinity, the negated one, coordinates at or above the field", async () => {
      const beacon = await networkHelpers.loadFixture(evmnetFixture);
      const [x, y] = [BigInt(ethers.dataSlice(SIGNATURE, 0, 32)), BigInt(ethers.dataSlice(SIGNATURE, 32))];
      const points = [
        [0n, 0n],
        [x, FIELD - y],
        [x + FIELD, y],
        [x, y + FIELD],
        [FIELD, y],
      ] as const;
      for (const [first, second] of points) {
        const signature = ethers.concat([ethers.toBeHex(first, 32), ethers.toBeHex(second, 32)]);
        await expect(beacon.post(ROUND, signature))
          .to.be.revertedWithCustomError(beacon, "RandomnessBeacon_InvalidSignature")
          .withArgs(ROUND);
      }
    });

    it("tells too little gas from a wrong signature", async () => {
      const beacon = await networkHelpers.loadFixture(evmnetFixture);
      // Enough for the hash; what the failed pairing leaves is enough to say so.
      await expect(beacon.post.staticCall(ROUND, SIGNATURE, { gasLimit: 150_000n }))
        .to.be.revertedWithCustomError(beacon, "BN254_PrecompileFailed")
        .withArgs(8n);
      expect(await beacon.post.staticCall(ROUND, SIGNATURE, { gasLimit: 250_000n })).to.equal(
        storedRandomness(SIGNATURE),
      );
    });

    it("refuses other lengths", async () => {
      const beacon = await networkHelpers.loadFixture(evmnetFixture);
      for (const [signature, length] of [
        ["0x", 0n],
        [ethers.dataSlice(SIGNATURE, 0, 63), 63n],
        [`${SIGNATURE}00`, 65n],
      ] as const) {
        await expect(beacon.post(ROUND, signature))
          .to.be.revertedWithCustomError(beacon, "RandomnessBeacon_InvalidSignatureLength")
          .withArgs(length, 64n);
      }
    });

    it("refuses round 0", async () => {
      const beacon = await networkHelpers.loadFixture(beaconFixture);
      await expect(beacon.post(0, SIGNATURE))
        .to.be.revertedWithCustomError(beacon, "RandomnessBeacon_InvalidRound")
        .withArgs(0n);
    });

    it("takes a round once", async () => {
      const beacon = await networkHelpers.loadFixture(beaconFixture);
      await beacon.post(77, sign(77n));
      await expect(beacon.post(77, sign(77n)))
        .to.be.revertedWithCustomError(beacon, "RandomnessBeacon_RoundAlreadyPosted")
        .withArgs(77n);
    });

    it("keeps the highest round as the latest, in whatever order they come", async () => {
      const beacon = await networkHelpers.loadFixture(beaconFixture);
      for (const [round, latest] of [
        [500n, 500n],
        [499n, 500n],
        [501n, 501n],
        [1n, 501n],
      ] as const) {
        await beacon.post(round, sign(round));
        expect(await beacon.latestRound()).to.equal(latest);
        expect((await beacon.randomness(round))[0]).to.equal(storedRandomness(sign(round)));
      }
      expect(await beacon.randomness(2)).to.deep.equal([ethers.ZeroHash, 0n]);
    });
  });
});
