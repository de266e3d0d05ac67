import { JobStatus } from "@assay/sdk";
import { expect } from "chai";
import { ZeroHash } from "ethers";

import { activeJob, openJob } from "../../helpers/escrow/jobs.js";
import { expectMoves } from "../../helpers/escrow/ledger.js";
import { networkHelpers, standardSystem, usd } from "../../helpers/escrow/system.js";

describe("JobEscrow", () => {
  describe("cancelJob", () => {
    it("refunds the requester at any time", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester } = system;
      const { job, jobId } = await openJob(system);
      const sent = await expectMoves(system, () => escrow.connect(requester).cancelJob(job), {
        "requester.balance": usd(2),
      });
      await expect(sent).to.emit(escrow, "JobCancelled").withArgs(jobId, usd(2));
      expect(await escrow.jobStateOf(jobId)).to.deep.equal([JobStatus.None, ZeroHash]);
    });

    it("is for anyone after acceptBy, and for nobody else before", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, stranger } = system;
      const { job, jobId } = await openJob(system);
      await networkHelpers.time.setNextBlockTimestamp(job.acceptBy);
      await expect(escrow.connect(stranger).cancelJob(job))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_DeadlineNotReached")
        .withArgs(jobId, job.acceptBy);
      await networkHelpers.time.setNextBlockTimestamp(job.acceptBy + 1n);
      await expectMoves(system, () => escrow.connect(stranger).cancelJob(job), { "requester.balance": usd(2) });
    });

    it("needs an Open job, and refunds once", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester } = system;
      const active = await activeJob(system);
      await expect(escrow.connect(requester).cancelJob(active.job))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_WrongStatus")
        .withArgs(active.jobId, JobStatus.Active, JobStatus.Open);
      const open = await openJob(system);
      await escrow.connect(requester).cancelJob(open.job);
      await expect(escrow.connect(requester).cancelJob(open.job))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_WrongStatus")
        .withArgs(open.jobId, JobStatus.None, JobStatus.Open);
    });
  });
});
