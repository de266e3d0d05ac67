import { JobStatus } from "@assay/sdk";
import { expect } from "chai";
import { ZeroHash } from "ethers";

import { activeJob, committedJob, openJob } from "../../helpers/escrow/jobs.js";
import { expectMoves } from "../../helpers/escrow/ledger.js";
import { networkHelpers, passTime, standardSystem, usd } from "../../helpers/escrow/system.js";

describe("JobEscrow", () => {
  describe("expireJob", () => {
    it("refunds the requester and gives it the provider's lock: it accepted and did not deliver", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, staking, requester, provider, stranger } = system;
      const { job, jobId } = await activeJob(system);
      await passTime(job.commitBy + 1n);
      const sent = await expectMoves(system, () => escrow.connect(stranger).expireJob(job), {
        "requester.balance": usd(2),
        "requester.staked": usd("0.2"),
        "provider.staked": -usd("0.2"),
        "provider.locked": -usd("0.2"),
      });
      await expect(sent).to.emit(escrow, "JobExpired").withArgs(jobId, usd(2), usd("0.2"));
      await expect(sent).to.emit(staking, "StakeCompensated").withArgs(requester.address, provider.address, usd("0.2"));
      expect(await escrow.jobStateOf(jobId)).to.deep.equal([JobStatus.None, ZeroHash]);
    });

    it("refunds a budget that was too small for a lock", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow } = system;
      const { job, jobId } = await activeJob(system, { budget: 9n });
      await passTime(job.commitBy + 1n);
      const sent = await expectMoves(system, () => escrow.expireJob(job), { "requester.balance": 9n });
      await expect(sent).to.emit(escrow, "JobExpired").withArgs(jobId, 9n, 0n);
    });

    it("waits until commitBy is over", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester } = system;
      const { job, jobId } = await activeJob(system);
      await networkHelpers.time.setNextBlockTimestamp(job.commitBy);
      await expect(escrow.connect(requester).expireJob(job))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_DeadlineNotReached")
        .withArgs(jobId, job.commitBy);
      await networkHelpers.time.setNextBlockTimestamp(job.commitBy + 1n);
      await escrow.connect(requester).expireJob(job);
    });

    it("needs an Active job", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow } = system;
      const [open, committed] = [await openJob(system), await committedJob(system)];
      await passTime(committed.job.commitBy + 1n);
      for (const [{ job, jobId }, status] of [
        [open, JobStatus.Open],
        [committed, JobStatus.Committed],
      ] as const) {
        await expect(escrow.expireJob(job))
          .to.be.revertedWithCustomError(escrow, "JobEscrow_WrongStatus")
          .withArgs(jobId, status, JobStatus.Active);
      }
    });

    it("makes accepting every job and delivering none a loss (adversary 32)", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, staking, provider } = system;
      const jobs = [await activeJob(system), await activeJob(system), await activeJob(system)];
      await passTime(jobs[2]!.job.commitBy + 1n);
      for (const { job } of jobs) await escrow.expireJob(job);
      expect(await staking.accountOf(provider.address)).to.deep.equal([usd("9999.4"), 0n]);
    });
  });
});
