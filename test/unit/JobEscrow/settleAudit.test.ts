import { expectedPanelists, JobStatus, Outcome, panelFee, premium } from "@assay/sdk";
import { expect } from "chai";
import { ZeroHash } from "ethers";

import { auditedJob, committedJob, paidJob, settle } from "../../helpers/escrow/jobs.js";
import { expectMoves } from "../../helpers/escrow/ledger.js";
import {
  bytes32,
  courtSigner,
  MODEL,
  networkHelpers,
  standardSystem,
  TERMS,
  usd,
  WAD,
} from "../../helpers/escrow/system.js";

describe("JobEscrow", () => {
  describe("settleAudit", () => {
    it("Paid: pays as if it had not been drawn, then the panel from the pool", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, verifiers } = system;
      const audited = await auditedJob(system);
      const { job, jobId, batch, batchId } = audited;
      const fee = panelFee(job, batch, TERMS.verifierValueBps);
      const pool = premium(batch.p, fee, expectedPanelists(TERMS.collusion), TERMS.beaconShare);
      const paid = usd(2) - usd("0.1") - usd("0.02") - pool;
      const fees = [
        { to: verifiers[0]!.address, amount: 7_000n },
        { to: verifiers[1]!.address, amount: 0n },
        { to: verifiers[2]!.address, amount: pool - 7_000n + 1n },
      ];
      const sent = await expectMoves(system, () => settle(system, audited, Outcome.Paid, fees), {
        "provider.balance": paid,
        "provider.locked": -usd(100),
        "verifier0.balance": 7_000n,
        royaltyOwed: usd("0.1"),
        protocolFees: usd("0.02"),
        pool: pool - 7_000n,
        // One unit more than the pool holds.
        poolDebt: pool - 7_000n + 1n,
        exposure: -usd(2),
      });
      await expect(sent).to.emit(escrow, "BatchPaid").withArgs(batchId, jobId, paid, usd("0.1"), usd("0.02"), pool);
      await expect(sent).to.emit(escrow, "PoolPaid").withArgs(MODEL, verifiers[0]!.address, 7_000n, false);
      await expect(sent)
        .to.emit(escrow, "PoolPaid")
        .withArgs(MODEL, verifiers[2]!.address, pool - 7_000n + 1n, true);
      expect(await escrow.jobStateOf(jobId)).to.deep.equal([JobStatus.None, ZeroHash]);
    });

    it("Rejected: refunds the requester and leaves the collateral to the court", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow } = system;
      const audited = await auditedJob(system);
      const sent = await expectMoves(system, () => settle(system, audited, Outcome.Rejected), {
        "requester.balance": usd(2),
        // What the court slashes before.
        "provider.staked": -usd(100),
        "provider.locked": -usd(100),
        sink: usd(100),
        exposure: -usd(2),
      });
      await expect(sent)
        .to.emit(escrow, "BatchRefunded")
        .withArgs(audited.batchId, audited.jobId, Outcome.Rejected, usd(2));
      expect(await escrow.jobStateOf(audited.jobId)).to.deep.equal([JobStatus.None, ZeroHash]);
    });

    it("Void: refunds the requester, frees the collateral and sets probation", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, registry, provider } = system;
      const audited = await auditedJob(system);
      const sent = await expectMoves(system, () => settle(system, audited, Outcome.Void), {
        "requester.balance": usd(2),
        "provider.locked": -usd(100),
        exposure: -usd(2),
      });
      await expect(sent)
        .to.emit(escrow, "BatchRefunded")
        .withArgs(audited.batchId, audited.jobId, Outcome.Void, usd(2));
      await expect(sent).to.emit(registry, "ProbationSet").withArgs(MODEL, provider.address, 3);
      expect(await escrow.jobStateOf(audited.jobId)).to.deep.equal([JobStatus.None, ZeroHash]);
    });

    it("counts passed batches on probation only where p was 1", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { registry, provider } = system;
      const probation = async () => (await registry.holdingOf(MODEL, provider.address)).probation;
      const before = await auditedJob(system);
      expect(before.batch.p).to.be.lessThan(WAD);
      await settle(system, await auditedJob(system), Outcome.Void);
      expect(await probation()).to.equal(3n);
      // Committed before the probation: it passed by luck for all one knows.
      await settle(system, before, Outcome.Paid);
      expect(await probation()).to.equal(3n);
      for (const left of [2n, 1n, 0n]) {
        const passed = await auditedJob(system);
        expect(passed.batch.p).to.equal(WAD);
        await settle(system, passed, Outcome.Paid);
        expect(await probation()).to.equal(left);
      }
      expect((await committedJob(system)).batch.p).to.be.lessThan(WAD);
    });

    it("does not count a rejected batch", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { registry, provider } = system;
      await settle(system, await auditedJob(system), Outcome.Void);
      await settle(system, await auditedJob(system), Outcome.Rejected);
      expect((await registry.holdingOf(MODEL, provider.address)).probation).to.equal(3n);
    });

    it("is for the court only", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, provider } = system;
      const { job, batch } = await auditedJob(system);
      await expect(escrow.connect(provider).settleAudit(job, batch, Outcome.Paid, []))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_UnauthorizedCaller")
        .withArgs(provider.address);
    });

    it("needs an Audited batch, and ends it once", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow } = system;
      const court = await courtSigner(system);
      const audited = await auditedJob(system);
      await settle(system, audited, Outcome.Paid);
      const paid = await paidJob(system);
      const committed = await committedJob(system);
      for (const [{ job, jobId, batch }, status] of [
        [audited, JobStatus.None],
        [paid, JobStatus.None],
        [committed, JobStatus.Committed],
      ] as const) {
        await expect(escrow.connect(court).settleAudit(job, batch, Outcome.Paid, []))
          .to.be.revertedWithCustomError(escrow, "JobEscrow_WrongStatus")
          .withArgs(jobId, status, JobStatus.Audited);
      }
      const other = await auditedJob(system);
      await expect(escrow.connect(court).settleAudit(other.job, audited.batch, Outcome.Paid, []))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_UnknownBatch")
        .withArgs(audited.batchId, other.jobId);
    });

    it("refuses an outcome that no batch has", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      await expect(settle(system, await auditedJob(system), Outcome.Undelivered))
        .to.be.revertedWithCustomError(system.escrow, "JobEscrow_InvalidTerm")
        .withArgs(bytes32("outcome"), Outcome.Undelivered, Outcome.Void);
    });
  });
});
