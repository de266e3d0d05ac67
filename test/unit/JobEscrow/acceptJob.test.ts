import { jobId, JobStatus } from "@assay/sdk";
import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";

import { activeJob, commitOpened, domainOf, openJob, SESSION } from "../../helpers/escrow/jobs.js";
import { expectMoves } from "../../helpers/escrow/ledger.js";
import { ethers, MODEL, networkHelpers, passTime, post, standardSystem, usd } from "../../helpers/escrow/system.js";

describe("JobEscrow", () => {
  describe("acceptJob", () => {
    for (const who of ["operator", "provider"] as const) {
      it(`binds the provider when its ${who === "provider" ? "owner" : who} accepts`, async () => {
        const system = await networkHelpers.loadFixture(standardSystem);
        const { escrow, provider } = system;
        const { job, jobId } = await openJob(system);
        const sent = await expectMoves(system, () => escrow.connect(system[who]).acceptJob(job, job.provider), {
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
        await expect(escrow.connect(caller).acceptJob(job, job.provider))
          .to.be.revertedWithCustomError(escrow, "JobEscrow_NotProvider")
          .withArgs(caller.address, provider.address);
      }
    });

    it("is not for an account that is no provider, named or not", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, stranger } = system;
      const { job } = await openJob(system, { provider: stranger.address });
      await expect(escrow.connect(stranger).acceptJob(job, job.provider))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_NotProvider")
        .withArgs(stranger.address, stranger.address);
    });

    it("ends with the last second of acceptBy", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator } = system;
      const [early, late] = [await openJob(system), await openJob(system)];
      const deadline = early.job.acceptBy;
      await networkHelpers.time.setNextBlockTimestamp(deadline);
      await escrow.connect(operator).acceptJob(early.job, early.job.provider);
      await networkHelpers.time.setNextBlockTimestamp(late.job.acceptBy + 1n);
      await expect(escrow.connect(operator).acceptJob(late.job, late.job.provider))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_DeadlinePassed")
        .withArgs(late.jobId, late.job.acceptBy);
    });

    it("needs an Open job", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator } = system;
      const { job, jobId } = await activeJob(system);
      await expect(escrow.connect(operator).acceptJob(job, job.provider))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_WrongStatus")
        .withArgs(jobId, JobStatus.Active, JobStatus.Open);
      const other = { ...job, budget: job.budget + 1n };
      await expect(escrow.connect(operator).acceptJob(other, other.provider))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_WrongStatus")
        .withArgs(await escrow.jobIdOf(other), JobStatus.None, JobStatus.Open);
    });

    it("needs the stake to lock", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, staking, provider, operator } = system;
      const { job } = await openJob(system);
      await staking.connect(provider).withdraw(provider.address, usd(10_000));
      await expect(escrow.connect(operator).acceptJob(job, job.provider))
        .to.be.revertedWithCustomError(staking, "ProviderStaking_InsufficientFreeStake")
        .withArgs(provider.address, usd("0.2"), 0n);
    });
  });

  describe("acceptJob of a job that is open to any provider", () => {
    for (const [kind, terms, locked] of [
      ["one-shot job", {}, usd("0.2")],
      ["session", SESSION, 0n],
    ] as const) {
      it(`goes on as a ${kind} of the provider that accepts`, async () => {
        const system = await networkHelpers.loadFixture(standardSystem);
        const { escrow, verifiers, requester } = system;
        const [taker] = verifiers;
        const { job, jobId: openId } = await openJob(system, { ...terms, provider: ZeroAddress });
        const assigned = { ...job, provider: taker!.address };
        const id = jobId(assigned, await domainOf(system));
        const sent = await expectMoves(system, () => escrow.connect(taker).acceptJob(job, taker!.address), {
          "verifier0.locked": locked,
        });
        await expect(sent).to.emit(escrow, "JobAssigned").withArgs(openId, id, taker!.address);
        await expect(sent).to.emit(escrow, "JobAccepted").withArgs(id, taker!.address);
        expect(await escrow.jobStateOf(openId)).to.deep.equal([JobStatus.None, ZeroHash]);
        expect(await escrow.jobStateOf(id)).to.deep.equal([JobStatus.Active, ZeroHash]);
        await expect(escrow.connect(verifiers[1]).acceptJob(job, verifiers[1]!.address))
          .to.be.revertedWithCustomError(escrow, "JobEscrow_WrongStatus")
          .withArgs(openId, JobStatus.None, JobStatus.Open);
        await expect(escrow.connect(requester).cancelJob(job))
          .to.be.revertedWithCustomError(escrow, "JobEscrow_WrongStatus")
          .withArgs(openId, JobStatus.None, JobStatus.Open);
        await expect(escrow.connect(requester).cancelJob(assigned))
          .to.be.revertedWithCustomError(escrow, "JobEscrow_WrongStatus")
          .withArgs(id, JobStatus.Active, JobStatus.Open);
      });
    }

    it("pays the provider that accepted", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, verifiers } = system;
      const [taker] = verifiers;
      const { job } = await openJob(system, { provider: ZeroAddress });
      await escrow.connect(taker).acceptJob(job, taker!.address);
      const assigned = { ...job, provider: taker!.address };
      const opened = { job: assigned, jobId: jobId(assigned, await domainOf(system)) };
      const committed = await commitOpened(system, opened);
      await post(system, committed.batch.targetRound);
      const { balance: before } = await escrow.accountOf(taker!.address);
      await escrow.finalizeBatch(assigned, committed.batch);
      const { balance: after } = await escrow.accountOf(taker!.address);
      expect(after - before).to.be.greaterThan(usd("1.8"));
    });

    it("gives the budget and the lock of one who delivers nothing to the requester", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, verifiers } = system;
      const [taker] = verifiers;
      const { job } = await openJob(system, { provider: ZeroAddress });
      await escrow.connect(taker).acceptJob(job, taker!.address);
      await passTime(job.commitBy + 1n);
      await expectMoves(system, () => escrow.expireJob({ ...job, provider: taker!.address }), {
        "requester.balance": usd(2),
        "requester.staked": usd("0.2"),
        "verifier0.staked": -usd("0.2"),
        "verifier0.locked": -usd("0.2"),
      });
    });

    it("is for holders of an active seat of the model, in their own name", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, registry, staking, verifiers, stranger } = system;
      const { job } = await openJob(system, { provider: ZeroAddress });
      await staking.connect(stranger).register(ethers.Wallet.createRandom().address, "");
      await expect(escrow.connect(stranger).acceptJob(job, stranger.address))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_NotSeatHolder")
        .withArgs(MODEL, stranger.address);
      await expect(escrow.connect(stranger).acceptJob(job, verifiers[0]!.address))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_NotProvider")
        .withArgs(stranger.address, verifiers[0]!.address);
      await expect(escrow.connect(stranger).acceptJob(job, ZeroAddress))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_NotProvider")
        .withArgs(stranger.address, ZeroAddress);
      // A seat that is leaving does not serve any more.
      const count = await registry.seatCount(MODEL);
      const seats = [];
      for (let seat = 0n; seat < count; seat += 1n) {
        if ((await registry.seatOf(MODEL, seat)).provider === verifiers[0]!.address) seats.push(seat);
      }
      await registry.connect(verifiers[0]).leaveSeats(MODEL, seats);
      await expect(escrow.connect(verifiers[0]).acceptJob(job, verifiers[0]!.address))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_NotSeatHolder")
        .withArgs(MODEL, verifiers[0]!.address);
    });
  });
});
