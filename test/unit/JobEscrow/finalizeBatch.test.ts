import {
  AuditPhase,
  batchId as hashBatch,
  expectedPanelists,
  FinalizeStatus,
  JobStatus,
  panelFee,
  premium,
  type Batch,
  type Job,
} from "@assay/sdk";
import { expect } from "chai";
import { toBeHex, ZeroHash } from "ethers";

import { activeJob, auditedJob, committedJob, decidableJob, paidJob } from "../../helpers/escrow/jobs.js";
import { expectMoves } from "../../helpers/escrow/ledger.js";
import {
  networkHelpers,
  passTime,
  post,
  PARAMETERS,
  signatureOf,
  standardSystem,
  TERMS,
  usd,
  WAD,
} from "../../helpers/escrow/system.js";

/** What a paid batch brings, and to whom. */
function shares(job: Job, batch: Batch) {
  const royalty = (batch.total * job.royaltyBps) / 10_000n;
  const protocolFee = (batch.total * TERMS.protocolFeeBps) / 10_000n;
  const fee = panelFee(job, batch, TERMS.verifierValueBps);
  const pool = premium(batch.p, fee, expectedPanelists(TERMS.collusion), TERMS.beaconShare);
  return { royalty, protocolFee, premium: pool, paid: batch.total - royalty - protocolFee - pool };
}

describe("JobEscrow", () => {
  describe("finalizeBatch", () => {
    it("pays a batch that was not drawn, to the smallest unit, and frees its collateral", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, stranger } = system;
      // Terms whose shares do not divide evenly.
      const terms = { budget: usd(2) + 333n, valueAtRisk: 77n };
      const { job, jobId, batch, batchId } = await decidableJob(system, {
        terms,
        commitment: { collateral: usd(100) },
      });
      const { royalty, protocolFee, premium: pool, paid } = shares(job, batch);
      expect([royalty, protocolFee]).to.deep.equal([usd("0.1") + 16n, usd("0.02") + 3n]);
      expect(await escrow.connect(stranger).finalizeBatch.staticCall(job, batch)).to.equal(FinalizeStatus.Paid);
      const sent = await expectMoves(system, () => escrow.connect(stranger).finalizeBatch(job, batch), {
        "provider.balance": paid,
        "provider.locked": -usd(100),
        royaltyOwed: royalty,
        protocolFees: protocolFee,
        pool,
        exposure: -batch.total - 77n,
      });
      await expect(sent).to.emit(escrow, "BatchPaid").withArgs(batchId, jobId, paid, royalty, protocolFee, pool);
      expect(await escrow.jobStateOf(jobId)).to.deep.equal([JobStatus.None, ZeroHash]);
    });

    it("hands a batch that was drawn to the court, at once", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, court, stranger } = system;
      const terms = { disputeWindow: 3_600n };
      const { job, jobId, batch, batchId, seed } = await decidableJob(system, { terms, drawn: true });
      expect(await escrow.connect(stranger).finalizeBatch.staticCall(job, batch)).to.equal(FinalizeStatus.Audited);
      const sent = await expectMoves(system, () => escrow.connect(stranger).finalizeBatch(job, batch), {});
      await expect(sent).to.emit(escrow, "BatchAudited").withArgs(batchId, jobId, seed);
      await expect(sent).to.emit(court, "AuditOpened").withArgs(batchId, job.provider, job.modelId, seed);
      const tag = toBeHex((BigInt(batchId) << 8n) & ((1n << 256n) - 1n), 32);
      expect(await escrow.jobStateOf(jobId)).to.deep.equal([JobStatus.Audited, tag]);
      const audit = await court.auditOf(batchId);
      expect(audit.seed).to.equal(seed);
      expect(audit.phase).to.not.equal(AuditPhase.None);
    });

    it("draws every batch when p is 1", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow } = system;
      for (let tried = 0; tried < 3; tried += 1) {
        const terms = { budget: TERMS.alwaysAuditAbove + 1n };
        const { job, batch } = await committedJob(system, { terms, commitment: { collateral: usd(2_600) } });
        expect(batch.p).to.equal(WAD);
        await post(system, batch.targetRound);
        expect(await escrow.finalizeBatch.staticCall(job, batch)).to.equal(FinalizeStatus.Audited);
      }
    });

    it("waits for the round, and names the one that can be posted", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, beacon } = system;
      const { job, batch, batchId } = await committedJob(system);
      const { timeout, period } = PARAMETERS.beacon;
      await expect(escrow.finalizeBatch(job, batch))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_RoundNotPosted")
        .withArgs(batchId, batch.targetRound);
      await passTime((await beacon.timeOf(batch.targetRound)) + BigInt(timeout));
      await expect(escrow.finalizeBatch(job, batch))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_RoundNotPosted")
        .withArgs(batchId, batch.targetRound + BigInt(timeout / period));
    });

    it("draws every batch that a later candidate decides: withholding a round gains nothing (adversary 11)", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, beacon } = system;
      const { job, batch } = await committedJob(system, { commitment: { collateral: usd(9_000) } });
      const { timeout, period } = PARAMETERS.beacon;
      await passTime((await beacon.timeOf(batch.targetRound)) + BigInt(timeout));
      // The first candidate is public by now and would not have drawn it; it comes too late to count.
      await beacon.post(batch.targetRound, signatureOf(batch.targetRound));
      const later = batch.targetRound + BigInt(timeout / period);
      await expect(escrow.finalizeBatch(job, batch)).to.be.revertedWithCustomError(escrow, "JobEscrow_RoundNotPosted");
      await post(system, later);
      expect(await escrow.finalizeBatch.staticCall(job, batch)).to.equal(FinalizeStatus.Audited);
    });

    it("pays when the dispute window is over", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow } = system;
      const { job, batch, batchId } = await decidableJob(system, { terms: { disputeWindow: 7_200n } });
      const closesAt = batch.committedAt + 7_200n;
      await networkHelpers.time.setNextBlockTimestamp(closesAt - 1n);
      await expect(escrow.finalizeBatch(job, batch))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_WindowOpen")
        .withArgs(batchId, closesAt);
      await networkHelpers.time.setNextBlockTimestamp(closesAt);
      await escrow.finalizeBatch(job, batch);
    });

    it("says that a beacon is dead", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, beacon } = system;
      const { job, batch, batchId } = await committedJob(system);
      await passTime((await beacon.timeOf(batch.targetRound)) + 8n * BigInt(PARAMETERS.beacon.timeout));
      await expect(escrow.finalizeBatch(job, batch))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_BeaconDead")
        .withArgs(batchId, batch.targetRound);
    });

    it("needs a Committed batch, and pays it once", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow } = system;
      const [paid, audited] = [await paidJob(system), await auditedJob(system)];
      const active = await activeJob(system);
      for (const [{ job, jobId }, { batch }, status] of [
        [paid, paid, JobStatus.None],
        [audited, audited, JobStatus.Audited],
        [active, paid, JobStatus.Active],
      ] as const) {
        await expect(escrow.finalizeBatch(job, batch))
          .to.be.revertedWithCustomError(escrow, "JobEscrow_WrongStatus")
          .withArgs(jobId, status, JobStatus.Committed);
      }
    });

    it("refuses every batch but the one committed", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow } = system;
      const { job, jobId, batch } = await decidableJob(system);
      const other = await committedJob(system);
      const forged: Batch[] = [
        { ...batch, p: 1n },
        { ...batch, collateral: batch.collateral + 1n },
        { ...batch, targetRound: batch.targetRound - 1n },
        other.batch,
      ];
      for (const wrong of forged) {
        await expect(escrow.finalizeBatch(job, wrong))
          .to.be.revertedWithCustomError(escrow, "JobEscrow_UnknownBatch")
          .withArgs(hashBatch(wrong), jobId);
      }
      await expect(escrow.finalizeBatch(other.job, batch))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_UnknownBatch")
        .withArgs(hashBatch(batch), other.jobId);
    });
  });
});
