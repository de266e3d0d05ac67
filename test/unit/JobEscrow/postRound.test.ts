import { JobStatus, storedRandomness } from "@assay/sdk";
import { expect } from "chai";

import { auditedJob, committedJob, paidJob } from "../../helpers/escrow/jobs.js";
import { expectMoves } from "../../helpers/escrow/ledger.js";
import {
  MODEL,
  networkHelpers,
  passTime,
  PARAMETERS,
  post,
  signatureOf,
  standardSystem,
  TERMS,
} from "../../helpers/escrow/system.js";

const TIMEOUT = BigInt(PARAMETERS.beacon.timeout);

describe("JobEscrow", () => {
  describe("postRound", () => {
    it("posts the round that a batch waits for and pays the poster from the model's pool", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, beacon, stranger } = system;
      await paidJob(system);
      const { job, batch } = await committedJob(system);
      await passTime(await beacon.timeOf(batch.targetRound));
      const signature = signatureOf(batch.targetRound);
      const sent = await expectMoves(system, () => escrow.connect(stranger).postRound(job, batch, signature), {
        "stranger.balance": TERMS.beaconShare,
        pool: -TERMS.beaconShare,
      });
      await expect(sent).to.emit(escrow, "PoolPaid").withArgs(MODEL, stranger.address, TERMS.beaconShare, false);
      expect((await beacon.randomness(batch.targetRound)).value).to.equal(storedRandomness(signature));
    });

    it("owes the poster what an empty pool cannot pay", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, beacon, stranger } = system;
      const { job, batch } = await committedJob(system);
      await passTime(await beacon.timeOf(batch.targetRound));
      const signature = signatureOf(batch.targetRound);
      const sent = await expectMoves(system, () => escrow.connect(stranger).postRound(job, batch, signature), {
        poolDebt: TERMS.beaconShare,
      });
      await expect(sent).to.emit(escrow, "PoolPaid").withArgs(MODEL, stranger.address, TERMS.beaconShare, true);
    });

    it("posts the later candidate when the first is too late", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, beacon, stranger } = system;
      const { job, batch } = await committedJob(system);
      const later = batch.targetRound + TIMEOUT / BigInt(PARAMETERS.beacon.period);
      await passTime(await beacon.timeOf(later));
      await expect(escrow.postRound(job, batch, signatureOf(batch.targetRound)))
        .to.be.revertedWithCustomError(beacon, "RandomnessBeacon_InvalidSignature")
        .withArgs(later);
      await expect(escrow.connect(stranger).postRound(job, batch, signatureOf(later)))
        .to.emit(beacon, "RoundPosted")
        .withArgs(later, storedRandomness(signatureOf(later)), await escrow.getAddress());
    });

    it("pays a round once, whoever posts it and for whichever batch (adversary 31)", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, beacon, stranger } = system;
      const first = await committedJob(system);
      const second = await committedJob(system);
      expect(first.batch.targetRound).to.equal(second.batch.targetRound);
      await passTime(await beacon.timeOf(first.batch.targetRound));
      const signature = signatureOf(first.batch.targetRound);
      await escrow.connect(stranger).postRound(first.job, first.batch, signature);
      for (const { job, batch } of [first, second]) {
        await expect(escrow.connect(stranger).postRound(job, batch, signature))
          .to.be.revertedWithCustomError(beacon, "RandomnessBeacon_RoundAlreadyPosted")
          .withArgs(batch.targetRound);
      }
    });

    it("pays nothing for a round that was posted at the beacon itself", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, beacon } = system;
      const { job, batch } = await committedJob(system);
      await post(system, batch.targetRound);
      await expect(escrow.postRound(job, batch, signatureOf(batch.targetRound)))
        .to.be.revertedWithCustomError(beacon, "RandomnessBeacon_RoundAlreadyPosted")
        .withArgs(batch.targetRound);
    });

    it("pays nothing for a wrong signature", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, beacon } = system;
      const { job, batch } = await committedJob(system);
      await expectMoves(
        system,
        async () => {
          await expect(escrow.postRound(job, batch, signatureOf(batch.targetRound + 1n)))
            .to.be.revertedWithCustomError(beacon, "RandomnessBeacon_InvalidSignature")
            .withArgs(batch.targetRound);
        },
        {},
      );
    });

    it("says that a beacon is dead", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, beacon } = system;
      const { job, batch, batchId } = await committedJob(system);
      await passTime((await beacon.timeOf(batch.targetRound)) + 8n * TIMEOUT);
      await expect(escrow.postRound(job, batch, signatureOf(batch.targetRound)))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_BeaconDead")
        .withArgs(batchId, batch.targetRound);
    });

    it("needs a Committed batch", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow } = system;
      const { job, jobId, batch } = await auditedJob(system);
      await expect(escrow.postRound(job, batch, signatureOf(batch.targetRound)))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_WrongStatus")
        .withArgs(jobId, JobStatus.Audited, JobStatus.Committed);
      const committed = await committedJob(system);
      const other = { ...committed.batch, targetRound: 20n };
      await expect(escrow.postRound(committed.job, other, signatureOf(20n)))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_UnknownBatch")
        .withArgs((value: string) => value !== committed.batchId, committed.jobId);
    });
  });
});
