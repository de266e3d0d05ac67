import { nextTarget, roundAt, timeOfRound } from "@assay/sdk";
import { expect } from "chai";

import {
  beaconFixture,
  bytes32,
  GAP,
  GENESIS,
  MAX_CANDIDATES,
  networkHelpers,
  nextRound,
  PERIOD,
  sign,
  STRIDE,
} from "../../helpers/beacon.js";

const SCHEDULE = { genesis: GENESIS, period: PERIOD, stride: STRIDE };
const TIMES = [0n, GENESIS - 1n, GENESIS, GENESIS + 1n, GENESIS + 2n, GENESIS + 3n, GENESIS + 1_000_000n];

describe("DrandBeacon", () => {
  describe("roundAt", () => {
    it("is the first round strictly later, as its TypeScript twin says too", async () => {
      const beacon = await networkHelpers.loadFixture(beaconFixture);
      const expected = [1n, 1n, 2n, 2n, 2n, 3n, 333_335n];
      for (const [index, time] of TIMES.entries()) {
        const round = await beacon.roundAt(time);
        expect(round).to.equal(expected[index]);
        expect(round).to.equal(roundAt(SCHEDULE, time));
        expect(await beacon.timeOf(round)).to.be.greaterThan(time);
        if (round > 1n) expect(await beacon.timeOf(round - 1n)).to.be.at.most(time);
      }
    });
  });

  describe("timeOf", () => {
    it("counts from the genesis", async () => {
      const beacon = await networkHelpers.loadFixture(beaconFixture);
      expect(await beacon.timeOf(1)).to.equal(GENESIS);
      expect(await beacon.timeOf(101)).to.equal(GENESIS + 300n);
      expect(timeOfRound(SCHEDULE, 101n)).to.equal(GENESIS + 300n);
    });

    it("reverts for round 0 and for rounds whose time does not fit", async () => {
      const beacon = await networkHelpers.loadFixture(beaconFixture);
      for (const round of [0n, (1n << 64n) - 1n]) {
        await expect(beacon.timeOf(round))
          .to.be.revertedWithCustomError(beacon, "RandomnessBeacon_InvalidRound")
          .withArgs(round);
      }
    });
  });

  describe("nextTarget", () => {
    it("is a multiple of the stride, not before roundAt, as its twin says too", async () => {
      const beacon = await networkHelpers.loadFixture(beaconFixture);
      for (const time of TIMES) {
        const [target, first] = [await beacon.nextTarget(time), await beacon.roundAt(time)];
        expect(target).to.equal(nextTarget(SCHEDULE, time));
        expect(target % STRIDE).to.equal(0n);
        expect(target - first).to.be.within(0n, STRIDE - 1n);
      }
    });

    it("reverts when a round at or after the target is public: the chain's clock lags", async () => {
      const beacon = await networkHelpers.loadFixture(beaconFixture);
      const now = BigInt(await networkHelpers.time.latest());
      const target = await beacon.nextTarget(now);
      await beacon.post(target - 1n, sign(target - 1n));
      expect(await beacon.nextTarget(now)).to.equal(target);
      // Who posts a round that is ahead of the chain's clock shows everybody that it is public.
      await beacon.post(target + 5n, sign(target + 5n));
      await expect(beacon.nextTarget(now))
        .to.be.revertedWithCustomError(beacon, "RandomnessBeacon_TargetAlreadyPosted")
        .withArgs(target, target + 5n);
      expect(await beacon.nextTarget(now + STRIDE * PERIOD)).to.equal(target + STRIDE);
    });
  });

  describe("candidate", () => {
    it("is fixed in advance and a target itself", async () => {
      const beacon = await networkHelpers.loadFixture(beaconFixture);
      const target = await beacon.nextTarget(await networkHelpers.time.latest());
      for (let index = 0n; index < MAX_CANDIDATES; ++index) {
        const round = await beacon.candidate(target, index);
        expect(round).to.equal(target + index * GAP);
        expect(round % STRIDE).to.equal(0n);
      }
    });

    it("reverts beyond the last, for round 0 and for rounds that do not fit", async () => {
      const beacon = await networkHelpers.loadFixture(beaconFixture);
      await expect(beacon.candidate(20, MAX_CANDIDATES))
        .to.be.revertedWithCustomError(beacon, "RandomnessBeacon_InvalidParameter")
        .withArgs(bytes32("index"), MAX_CANDIDATES, MAX_CANDIDATES - 1n);
      await expect(beacon.candidate(0, 0))
        .to.be.revertedWithCustomError(beacon, "RandomnessBeacon_InvalidRound")
        .withArgs(0n);
      const last = (1n << 64n) - 1n;
      await expect(beacon.candidate(last, 1))
        .to.be.revertedWithCustomError(beacon, "RandomnessBeacon_InvalidRound")
        .withArgs(last);
    });
  });

  describe("randomness", () => {
    it("is nothing before the round is posted", async () => {
      const beacon = await networkHelpers.loadFixture(beaconFixture);
      expect(await beacon.randomness(await nextRound(beacon))).to.deep.equal([bytes32(""), 0n]);
    });
  });
});
