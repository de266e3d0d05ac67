import { type Batch, type Job, JobStatus, Outcome } from "@assay/sdk";
import { expect } from "chai";
import { ZeroHash } from "ethers";

import { activeJob, auditedJob, committedJob, paidJob } from "../../helpers/escrow/jobs.js";
import { expectMoves } from "../../helpers/escrow/ledger.js";
import { MODEL, networkHelpers, passTime, PARAMETERS, post, standardSystem, usd } from "../../helpers/escrow/system.js";

const TIMEOUT = BigInt(PARAMETERS.beacon.timeout);

describe("JobEscrow", () => {
  describe("voidBatch", () => {
    it("refunds a batch whose beacon is dead and frees its collateral, without probation", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, beacon, registry, provider, stranger } = system;
      const { job, jobId, batch, batchId } = await committedJob(system);
      await passTime((await beacon.timeOf(batch.targetRound)) + 8n * TIMEOUT);
      const sent = await expectMoves(system, () => escrow.connect(stranger).voidBatch(job, batch), {
        "requester.balance": usd(2),
        "provider.locked": -usd(100),
        exposure: -usd(2),
      });
      await expect(sent).to.emit(escrow, "BatchRefunded").withArgs(batchId, jobId, Outcome.Void, usd(2));
      expect(await escrow.jobStateOf(jobId)).to.deep.equal([JobStatus.None, ZeroHash]);
      expect((await registry.holdingOf(MODEL, provider.address)).probation).to.equal(0n);
    });

    it("refuses while a candidate can still decide, and after one did", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, beacon } = system;
      const decided = await committedJob(system);
      await post(system, decided.batch.targetRound);
      await passTime((await beacon.timeOf(decided.batch.targetRound)) + 9n * TIMEOUT);
      const { job, batch, batchId } = await committedJob(system);
      const alive = async (terms: Job, ofJob: Batch, id: string) => {
        await expect(escrow.voidBatch(terms, ofJob))
          .to.be.revertedWithCustomError(escrow, "JobEscrow_BeaconAlive")
          .withArgs(id, ofJob.targetRound);
      };
      await alive(decided.job, decided.batch, decided.batchId);
      await alive(job, batch, batchId);
      await networkHelpers.time.setNextBlockTimestamp((await beacon.timeOf(batch.targetRound)) + 8n * TIMEOUT - 1n);
      await alive(job, batch, batchId);
    });

    it("needs a Committed batch", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow } = system;
      const audited = await auditedJob(system);
      const paid = await paidJob(system);
      const active = await activeJob(system);
      for (const [{ job, jobId }, { batch }, status] of [
        [audited, audited, JobStatus.Audited],
        [paid, paid, JobStatus.None],
        [active, paid, JobStatus.Active],
      ] as const) {
        await expect(escrow.voidBatch(job, batch))
          .to.be.revertedWithCustomError(escrow, "JobEscrow_WrongStatus")
          .withArgs(jobId, status, JobStatus.Committed);
      }
      const committed = await committedJob(system);
      const other = { ...committed.batch, targetRound: 20n };
      await expect(escrow.voidBatch(committed.job, other))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_UnknownBatch")
        .withArgs((value: string) => value !== committed.batchId, committed.jobId);
    });
  });
});
