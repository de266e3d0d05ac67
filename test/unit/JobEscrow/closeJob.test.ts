import { JobStatus } from "@assay/sdk";
import { expect } from "chai";
import { ZeroHash } from "ethers";

import { activeJob, activeSession, commitOpened, openJob, SESSION } from "../../helpers/escrow/jobs.js";
import { expectMoves } from "../../helpers/escrow/ledger.js";
import { DAY, networkHelpers, passTime, post, standardSystem, usd } from "../../helpers/escrow/system.js";

/** Open for a week, so that the grace period ends before `commitBy`. */
const LONG = async () => {
  const now = BigInt(await networkHelpers.time.latest());
  return { acceptBy: now + 600n, commitBy: now + 7n * BigInt(DAY) };
};

describe("JobEscrow", () => {
  describe("closeJob", () => {
    it("by the requester, leaves the provider its grace period", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester } = system;
      const { job, jobId } = await activeSession(system, await LONG());
      const now = BigInt(await networkHelpers.time.latest()) + 1n;
      const sent = await expectMoves(system, () => escrow.connect(requester).closeJob(job), {});
      await expect(sent)
        .to.emit(escrow, "JobClosing")
        .withArgs(jobId, now + BigInt(DAY));
      expect(await escrow.sessionOf(jobId)).to.deep.equal([JobStatus.Closing, usd(100), 0n, now + BigInt(DAY)]);
      await expect(escrow.connect(requester).closeJob(job))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_DeadlineNotReached")
        .withArgs(jobId, now + BigInt(DAY));
      await passTime(now + BigInt(DAY) - 1n);
      await commitOpened(system, { job, jobId });
    });

    it("refunds what is left when the grace period is over, for anyone who asks", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester, operator, stranger } = system;
      const opened = await activeSession(system, await LONG());
      const { job, jobId } = opened;
      const { batch } = await commitOpened(system, opened);
      await post(system, batch.targetRound);
      await escrow.finalizeBatch(job, batch);
      await escrow.connect(requester).closeJob(job);
      const [, , , closesAt] = await escrow.sessionOf(jobId);
      await passTime(closesAt - 1n);
      await expect(escrow.connect(stranger).closeJob(job))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_NotRequester")
        .withArgs(stranger.address, requester.address);
      await passTime(closesAt);
      const sent = await expectMoves(system, () => escrow.connect(stranger).closeJob(job), {
        "requester.balance": usd(98),
      });
      await expect(sent).to.emit(escrow, "JobClosed").withArgs(jobId, usd(98));
      expect(await escrow.jobStateOf(jobId)).to.deep.equal([JobStatus.None, ZeroHash]);
      expect(await escrow.sessionOf(jobId)).to.deep.equal([JobStatus.None, 0n, 0n, 0n]);
      for (const caller of [requester, operator, stranger]) {
        await expect(escrow.connect(caller).closeJob(job))
          .to.be.revertedWithCustomError(escrow, "JobEscrow_WrongStatus")
          .withArgs(jobId, JobStatus.None, JobStatus.Active);
      }
    });

    it("by the provider, is at once", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester } = system;
      for (const who of ["operator", "provider"] as const) {
        const { job, jobId } = await activeSession(system);
        if (who === "provider") await escrow.connect(requester).closeJob(job);
        const sent = await expectMoves(system, () => escrow.connect(system[who]).closeJob(job), {
          "requester.balance": usd(100),
        });
        await expect(sent).to.emit(escrow, "JobClosed").withArgs(jobId, usd(100));
      }
    });

    it("grants no time after commitBy", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester, stranger } = system;
      const closing = await activeSession(system);
      const silent = await activeSession(system);
      await escrow.connect(requester).closeJob(closing.job);
      expect((await escrow.sessionOf(closing.jobId)).closesAt).to.equal(closing.job.commitBy);
      await passTime(silent.job.commitBy + 1n);
      await expectMoves(system, () => escrow.connect(stranger).closeJob(silent.job), { "requester.balance": usd(100) });
      await expectMoves(system, () => escrow.connect(stranger).closeJob(closing.job), {
        "requester.balance": usd(100),
      });
    });

    it("leaves batches that are open to settle as they would have", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator } = system;
      const opened = await activeSession(system);
      const first = await commitOpened(system, opened);
      const second = await commitOpened(system, opened);
      await expectMoves(system, () => escrow.connect(operator).closeJob(opened.job), { "requester.balance": usd(96) });
      await post(system, second.batch.targetRound);
      for (const { job, batch, jobId, batchId } of [second, first]) {
        expect(await escrow.batchStatusOf(batchId, jobId)).to.equal(JobStatus.Committed);
        if ((await system.beacon.randomness(batch.targetRound)).postedAt === 0n) await post(system, batch.targetRound);
        await expect(escrow.finalizeBatch(job, batch)).to.emit(escrow, "BatchPaid");
        expect(await escrow.batchStatusOf(batchId, jobId)).to.equal(JobStatus.None);
      }
      // What is left of the slot is no session: nothing can be committed, expired or closed again.
      await expect(escrow.expireJob(opened.job)).to.be.revertedWithCustomError(escrow, "JobEscrow_InvalidTerm");
      await expect(escrow.connect(operator).closeJob(opened.job))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_WrongStatus")
        .withArgs(opened.jobId, JobStatus.None, JobStatus.Active);
    });

    it("is for sessions that are bound", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester } = system;
      for (const { job, jobId } of [await activeJob(system), await openJob(system, SESSION)]) {
        await expect(escrow.connect(requester).closeJob(job))
          .to.be.revertedWithCustomError(escrow, "JobEscrow_WrongStatus")
          .withArgs(jobId, JobStatus.None, JobStatus.Active);
      }
    });
  });
});
