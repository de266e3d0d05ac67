import { JobStatus } from "@assay/sdk";
import { expect } from "chai";

import { activeJob, activeSession, openJob, SESSION } from "../../helpers/escrow/jobs.js";
import { expectMoves } from "../../helpers/escrow/ledger.js";
import { networkHelpers, passTime, standardSystem, usd } from "../../helpers/escrow/system.js";

const MAX_UINT96 = 2n ** 96n - 1n;

describe("JobEscrow", () => {
  describe("topUp", () => {
    it("adds to the budget from the requester's balance", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester } = system;
      const { job, jobId } = await activeSession(system);
      const sent = await expectMoves(system, () => escrow.connect(requester).topUp(job, usd(5)), {
        "requester.balance": -usd(5),
      });
      await expect(sent).to.emit(escrow, "SessionToppedUp").withArgs(jobId, usd(5), usd(105));
      expect(await escrow.sessionOf(jobId)).to.deep.equal([JobStatus.Active, usd(105), 0n, 0n]);
    });

    it("keeps the account's nonce", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester } = system;
      const { job } = await activeSession(system);
      await escrow.connect(requester).topUp(job, usd(1));
      expect((await escrow.accountOf(requester.address)).nonce).to.equal(1n);
    });

    it("is the requester's", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { job } = await activeSession(system);
      await expect(system.escrow.connect(system.operator).topUp(job, 1n))
        .to.be.revertedWithCustomError(system.escrow, "JobEscrow_NotRequester")
        .withArgs(system.operator.address, system.requester.address);
    });

    it("refuses nothing, more than the balance, and a budget above 96 bits", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, asset, requester } = system;
      const { job } = await activeSession(system);
      await expect(escrow.connect(requester).topUp(job, 0n)).to.be.revertedWithCustomError(
        escrow,
        "JobEscrow_ZeroAmount",
      );
      await expect(escrow.connect(requester).topUp(job, usd(9_900) + 1n))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_InsufficientBalance")
        .withArgs(requester.address, usd(9_900) + 1n, usd(9_900));
      await asset.mint(requester.address, MAX_UINT96);
      await asset.connect(requester).approve(escrow, MAX_UINT96);
      await escrow.connect(requester).deposit(requester.address, MAX_UINT96);
      await expect(escrow.connect(requester).topUp(job, MAX_UINT96))
        .to.be.revertedWithCustomError(escrow, "SafeCastOverflowedUintDowncast")
        .withArgs(96n, MAX_UINT96 + usd(100));
    });

    it("is for sessions that are bound, not closing and not over", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester } = system;
      for (const { job, jobId } of [await activeJob(system), await openJob(system, SESSION)]) {
        await expect(escrow.connect(requester).topUp(job, 1n))
          .to.be.revertedWithCustomError(escrow, "JobEscrow_WrongStatus")
          .withArgs(jobId, JobStatus.None, JobStatus.Active);
      }
      const closing = await activeSession(system);
      const late = await activeSession(system);
      await escrow.connect(requester).closeJob(closing.job);
      await expect(escrow.connect(requester).topUp(closing.job, 1n))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_WrongStatus")
        .withArgs(closing.jobId, JobStatus.Closing, JobStatus.Active);
      await passTime(late.job.commitBy + 1n);
      await expect(escrow.connect(requester).topUp(late.job, 1n))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_DeadlinePassed")
        .withArgs(late.jobId, late.job.commitBy);
    });
  });
});
