import { JobStatus } from "@assay/sdk";
import { expect } from "chai";
import { ZeroHash } from "ethers";

import { activeJob, openJob } from "../../helpers/escrow/jobs.js";
import { expectMoves } from "../../helpers/escrow/ledger.js";
import { networkHelpers, standardSystem, usd } from "../../helpers/escrow/system.js";

describe("JobEscrow", () => {
  describe("acceptJob", () => {
    for (const who of ["operator", "provider"] as const) {
      it(`binds the provider when its ${who === "provider" ? "owner" : who} accepts`, async () => {
        const system = await networkHelpers.loadFixture(standardSystem);
        const { escrow, provider } = system;
        const { job, jobId } = await openJob(system);
        const sent = await expectMoves(system, () => escrow.connect(system[who]).acceptJob(job), {
          "provider.locked": usd("0.2"),
        });
        await expect(sent).to.emit(escrow, "JobAccepted").withArgs(jobId, provider.address);
        expect(await escrow.jobStateOf(jobId)).to.deep.equal([JobStatus.Active, ZeroHash]);
      });
    }

    it("is for the named provider only", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester, provider, verifiers } = system;
      const { job } = await openJob(system);
      for (const caller of [requester, verifiers[0]!]) {
        await expect(escrow.connect(caller).acceptJob(job))
          .to.be.revertedWithCustomError(escrow, "JobEscrow_NotProvider")
          .withArgs(caller.address, provider.address);
      }
    });

    it("is not for an account that is no provider, named or not", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, stranger } = system;
      const { job } = await openJob(system, { provider: stranger.address });
      await expect(escrow.connect(stranger).acceptJob(job))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_NotProvider")
        .withArgs(stranger.address, stranger.address);
    });

    it("ends with the last second of acceptBy", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator } = system;
      const [early, late] = [await openJob(system), await openJob(system)];
      const deadline = early.job.acceptBy;
      await networkHelpers.time.setNextBlockTimestamp(deadline);
      await escrow.connect(operator).acceptJob(early.job);
      await networkHelpers.time.setNextBlockTimestamp(late.job.acceptBy + 1n);
      await expect(escrow.connect(operator).acceptJob(late.job))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_DeadlinePassed")
        .withArgs(late.jobId, late.job.acceptBy);
    });

    it("needs an Open job", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator } = system;
      const { job, jobId } = await activeJob(system);
      await expect(escrow.connect(operator).acceptJob(job))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_WrongStatus")
        .withArgs(jobId, JobStatus.Active, JobStatus.Open);
      const other = { ...job, budget: job.budget + 1n };
      await expect(escrow.connect(operator).acceptJob(other))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_WrongStatus")
        .withArgs(await escrow.jobIdOf(other), JobStatus.None, JobStatus.Open);
    });

    it("needs the stake to lock", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, staking, provider, operator } = system;
      const { job } = await openJob(system);
      await staking.connect(provider).withdraw(provider.address, usd(10_000));
      await expect(escrow.connect(operator).acceptJob(job))
        .to.be.revertedWithCustomError(staking, "ProviderStaking_InsufficientFreeStake")
        .withArgs(provider.address, usd("0.2"), 0n);
    });
  });
});
