import { storedRandomness } from "@assay/sdk";
import { expect } from "chai";
import { ZeroHash } from "ethers";

import { beaconFixture, GAP, goTo, MAX_CANDIDATES, networkHelpers, sign, TIMEOUT } from "../../helpers/beacon.js";

const PENDING = 0n;
const READY = 1n;
const DEAD = 2n;

async function targetFixture() {
  const beacon = await beaconFixture();
  const target = await beacon.nextTarget(await networkHelpers.time.latest());
  return { beacon, target };
}

describe("DrandBeacon", () => {
  describe("resolve", () => {
    it("waits for the target until its time is over", async () => {
      const { beacon, target } = await networkHelpers.loadFixture(targetFixture);
      expect(await beacon.resolve(target)).to.deep.equal([PENDING, ZeroHash, 0n]);
      await goTo(beacon, target, TIMEOUT - 1n);
      expect(await beacon.resolve(target)).to.deep.equal([PENDING, ZeroHash, 0n]);
      await goTo(beacon, target, TIMEOUT);
      expect(await beacon.resolve(target)).to.deep.equal([PENDING, ZeroHash, 1n]);
    });

    it("takes the target when it was posted in time, for good", async () => {
      const { beacon, target } = await networkHelpers.loadFixture(targetFixture);
      await goTo(beacon, target);
      await beacon.post(target, sign(target));
      const ready = [READY, storedRandomness(sign(target)), 0n];
      expect(await beacon.resolve(target)).to.deep.equal(ready);
      const later = target + 3n * GAP;
      await goTo(beacon, later, 1n);
      await beacon.post(later, sign(later));
      expect(await beacon.resolve(target)).to.deep.equal(ready);
    });

    it("does not take a round that was posted too late, so nobody can choose among public rounds", async () => {
      const { beacon, target } = await networkHelpers.loadFixture(targetFixture);
      await goTo(beacon, target, TIMEOUT);
      // Both the target and the next candidate are public now; a late posting of the target changes nothing.
      await beacon.post(target, sign(target));
      expect(await beacon.resolve(target)).to.deep.equal([PENDING, ZeroHash, 1n]);
      const next = target + GAP;
      await beacon.post(next, sign(next));
      expect(await beacon.resolve(target)).to.deep.equal([READY, storedRandomness(sign(next)), 1n]);
    });

    it("takes the first candidate in time, whatever is posted of the later ones", async () => {
      const { beacon, target } = await networkHelpers.loadFixture(targetFixture);
      const [second, third] = [target + 2n * GAP, target + 3n * GAP];
      await goTo(beacon, second, 5n);
      await beacon.post(third, sign(third));
      expect(await beacon.resolve(target)).to.deep.equal([PENDING, ZeroHash, 2n]);
      await beacon.post(second, sign(second));
      expect(await beacon.resolve(target)).to.deep.equal([READY, storedRandomness(sign(second)), 2n]);
    });

    it("is dead when the last candidate's time is over without one", async () => {
      const { beacon, target } = await networkHelpers.loadFixture(targetFixture);
      const last = target + (MAX_CANDIDATES - 1n) * GAP;
      await goTo(beacon, last, TIMEOUT - 1n);
      expect(await beacon.resolve(target)).to.deep.equal([PENDING, ZeroHash, MAX_CANDIDATES - 1n]);
      await goTo(beacon, last, TIMEOUT);
      expect(await beacon.resolve(target)).to.deep.equal([DEAD, ZeroHash, MAX_CANDIDATES]);
      await beacon.post(last, sign(last));
      expect(await beacon.resolve(target)).to.deep.equal([DEAD, ZeroHash, MAX_CANDIDATES]);
    });
  });
});
