import { JobStatus, Outcome } from "@assay/sdk";
import { expect } from "chai";
import { dataSlice, id, ZeroHash } from "ethers";

import {
  activeJob,
  auditedJob,
  committedJob,
  decidableJob,
  jobOf,
  openJob,
  paidJob,
  settle,
} from "../../helpers/escrow/jobs.js";
import {
  courtSigner,
  deployAll,
  ethers,
  networkHelpers,
  PARAMETERS,
  passTime,
  type System,
  usd,
} from "../../helpers/escrow/system.js";

const Mode = { Record: 0, BurnGas: 1, ReturnMegabytes: 2, RevertMegabytes: 3 };
const STIPEND = 1_000_000n;
const anyBigint = (value: unknown): boolean => typeof value === "bigint";
const REENTRANT = dataSlice(id("ReentrancyGuardReentrantCall()"), 0, 4);

/** The highest stipend that a deployment may have. */
async function probed() {
  const parameters = { ...PARAMETERS, escrow: { ...PARAMETERS.escrow, callbackGas: Number(STIPEND) } };
  const system = await deployAll({ parameters });
  const probe = await ethers.deployContract("CallbackProbe");
  return { ...system, probe, terms: { callback: await probe.getAddress() } };
}

describe("JobEscrow", () => {
  describe("callback", () => {
    async function expectCalled(
      { probe, escrow }: Awaited<ReturnType<typeof probed>>,
      jobId: string,
      outcome: bigint,
      root: string,
    ): Promise<void> {
      expect([await probe.calls(), await probe.caller()]).to.deep.equal([1n, await escrow.getAddress()]);
      expect([await probe.jobId(), await probe.outcome(), await probe.root()]).to.deep.equal([jobId, outcome, root]);
      // What entering the function costs is all that is missing.
      expect(STIPEND - (await probe.gasGiven())).to.be.lessThan(500n);
    }

    it("hears that the job was paid, without an audit and after one", async () => {
      const system = await networkHelpers.loadFixture(probed);
      const { terms } = system;
      const paid = await paidJob(system, { terms });
      await expectCalled(system, paid.jobId, Outcome.Paid, paid.batch.root);
    });

    for (const [name, outcome] of [
      ["Paid", Outcome.Paid],
      ["Rejected", Outcome.Rejected],
      ["Void", Outcome.Void],
    ] as const) {
      it(`hears that an audit ended: ${name}`, async () => {
        const system = await networkHelpers.loadFixture(probed);
        const audited = await auditedJob(system, { terms: system.terms });
        expect(await system.probe.calls()).to.equal(0n);
        await settle(system, audited, outcome);
        await expectCalled(system, audited.jobId, outcome, audited.batch.root);
      });
    }

    it("hears that the beacon died", async () => {
      const system = await networkHelpers.loadFixture(probed);
      const { job, jobId, batch } = await committedJob(system, { terms: system.terms });
      await passTime((await system.beacon.timeOf(batch.targetRound)) + 8n * BigInt(PARAMETERS.beacon.timeout));
      await system.escrow.voidBatch(job, batch);
      await expectCalled(system, jobId, Outcome.Void, batch.root);
    });

    it("hears that nothing was delivered: expired or cancelled", async () => {
      const system = await networkHelpers.loadFixture(probed);
      const { escrow, requester, probe, terms } = system;
      const cancelled = await openJob(system, terms);
      await escrow.connect(requester).cancelJob(cancelled.job);
      await expectCalled(system, cancelled.jobId, Outcome.Undelivered, ZeroHash);
      const expired = await activeJob(system, terms);
      await passTime(expired.job.commitBy + 1n);
      await escrow.expireJob(expired.job);
      expect([await probe.calls(), await probe.jobId(), await probe.outcome(), await probe.root()]).to.deep.equal([
        2n,
        expired.jobId,
        Outcome.Undelivered,
        ZeroHash,
      ]);
    });

    // Adversary 29.
    for (const mode of ["BurnGas", "ReturnMegabytes", "RevertMegabytes"] as const) {
      it(`is paid for once and stops nothing when it does ${mode}`, async () => {
        const system = await networkHelpers.loadFixture(probed);
        const { escrow, probe, terms, provider } = system;
        const plain = await decidableJob(system);
        const base = (await (await escrow.finalizeBatch(plain.job, plain.batch)).wait())!.gasUsed;
        await probe.setMode(Mode[mode]);
        const { job, jobId, batch, batchId } = await decidableJob(system, { terms });
        const before = (await escrow.accountOf(provider.address)).balance;
        const sent = await escrow.finalizeBatch(job, batch);
        await expect(sent)
          .to.emit(escrow, "BatchPaid")
          .withArgs(batchId, jobId, anyBigint, anyBigint, anyBigint, anyBigint);
        if (mode === "ReturnMegabytes") await expect(sent).not.to.emit(escrow, "CallbackFailed");
        else
          await expect(sent)
            .to.emit(escrow, "CallbackFailed")
            .withArgs(jobId, await probe.getAddress());
        expect((await escrow.accountOf(provider.address)).balance).to.be.greaterThan(before);
        expect(await escrow.jobStateOf(jobId)).to.deep.equal([JobStatus.None, ZeroHash]);
        expect((await sent.wait())!.gasUsed - base).to.be.lessThan(STIPEND + 10_000n);
      });
    }

    it("gets its full stipend or the call reverts: nobody can starve it", async () => {
      const system = await networkHelpers.loadFixture(probed);
      const { escrow, probe, terms, stranger } = system;
      const { job, jobId, batch } = await decidableJob(system, { terms });
      const data = escrow.interface.encodeFunctionData("finalizeBatch", [job, batch]);
      const least = async (low: bigint, high: bigint): Promise<bigint> => {
        if (high - low <= 1n) return high;
        const middle = (low + high) / 2n;
        const works = await stranger.call({ to: escrow, data, gasLimit: middle }).then(
          () => true,
          () => false,
        );
        return works ? least(low, middle) : least(middle, high);
      };
      const gasLimit = await least(1_000_000n, 2_000_000n);
      await expect(stranger.call({ to: escrow, data, gasLimit: gasLimit - 1n }))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_InsufficientCallbackGas")
        .withArgs(STIPEND + 4_999n, STIPEND + 5_000n);
      await stranger.sendTransaction({ to: escrow, data, gasLimit });
      await expectCalled(system, jobId, Outcome.Paid, batch.root);
      expect(await probe.calls()).to.equal(1n);
    });

    it("may be an account without code", async () => {
      const system = await networkHelpers.loadFixture(probed);
      const { job, batch } = await decidableJob(system, { terms: { callback: system.stranger.address } });
      await expect(system.escrow.finalizeBatch(job, batch)).not.to.emit(system.escrow, "CallbackFailed");
    });
  });

  describe("callback that calls back", () => {
    const finalizeArmed = async (
      system: Awaited<ReturnType<typeof probed>>,
      call: (system: System) => Promise<string>,
    ) => {
      const { escrow, probe, terms } = system;
      const { job, batch } = await decidableJob(system, { terms });
      await probe.arm(escrow, await call(system));
      await escrow.finalizeBatch(job, batch);
      return { succeeded: await probe.succeeded(), error: await probe.error() };
    };

    it("can open the next job", async () => {
      const system = await networkHelpers.loadFixture(probed);
      const { asset, escrow, requester, probe } = system;
      await asset.mint(requester.address, usd(2));
      await escrow.connect(requester).deposit(probe, usd(2));
      const next = await jobOf(system, { requester: await probe.getAddress() });
      const { succeeded } = await finalizeArmed(system, () =>
        Promise.resolve(escrow.interface.encodeFunctionData("openJob", [next, "0x"])),
      );
      expect(succeeded).to.equal(true);
      expect((await escrow.jobStateOf(await escrow.jobIdOf(next))).status).to.equal(JobStatus.Open);
    });

    it("cannot end the same job again, nor another", async () => {
      const system = await networkHelpers.loadFixture(probed);
      const { escrow, probe, terms } = system;
      const other = await decidableJob(system);
      const { job, batch, jobId } = await decidableJob(system, { terms });
      for (const item of [{ job, batch }, other]) {
        const snapshot = await networkHelpers.takeSnapshot();
        await probe.arm(escrow, escrow.interface.encodeFunctionData("finalizeBatch", [item.job, item.batch]));
        await escrow.finalizeBatch(job, batch);
        expect([await probe.succeeded(), await probe.error()]).to.deep.equal([false, REENTRANT]);
        await snapshot.restore();
      }
      await probe.arm(escrow, escrow.interface.encodeFunctionData("finalizeMany", [[other.job], [other.batch]]));
      await expect(escrow.finalizeBatch(job, batch)).to.emit(escrow, "BatchSkipped").withArgs(other.batchId, REENTRANT);
      expect((await escrow.jobStateOf(jobId)).status).to.equal(JobStatus.None);
      expect((await escrow.jobStateOf(other.jobId)).status).to.equal(JobStatus.Committed);
    });

    it("cannot move tokens", async () => {
      const system = await networkHelpers.loadFixture(probed);
      const { asset, escrow, requester, probe, stranger } = system;
      await asset.mint(requester.address, usd(2));
      await escrow.connect(requester).deposit(probe, usd(2));
      for (const call of [
        escrow.interface.encodeFunctionData("withdraw", [stranger.address, usd(2)]),
        escrow.interface.encodeFunctionData("deposit", [stranger.address, usd(2)]),
        escrow.interface.encodeFunctionData("flushRoyalty", [1n]),
        escrow.interface.encodeFunctionData("flushProtocolFees", [1n]),
      ]) {
        expect(await finalizeArmed(system, () => Promise.resolve(call))).to.deep.equal({
          succeeded: false,
          error: REENTRANT,
        });
      }
      expect(await asset.balanceOf(stranger.address)).to.equal(0n);
    });

    it("cannot cancel, expire, void, post or settle", async () => {
      const system = await networkHelpers.loadFixture(probed);
      const { escrow } = system;
      const { job, batch } = await decidableJob(system);
      for (const call of [
        escrow.interface.encodeFunctionData("cancelJob", [job]),
        escrow.interface.encodeFunctionData("expireJob", [job]),
        escrow.interface.encodeFunctionData("voidBatch", [job, batch]),
        escrow.interface.encodeFunctionData("postRound", [job, batch, "0x"]),
        escrow.interface.encodeFunctionData("settleAudit", [job, batch, Outcome.Paid, []]),
      ]) {
        expect(await finalizeArmed(system, () => Promise.resolve(call))).to.deep.equal({
          succeeded: false,
          error: REENTRANT,
        });
      }
    });

    it("finds the guard released afterwards, in the same transaction too", async () => {
      const system = await networkHelpers.loadFixture(probed);
      const { escrow, probe, terms } = system;
      const first = await decidableJob(system, { terms });
      const second = await decidableJob(system, { terms });
      await probe.setMode(Mode.Record);
      expect(await escrow.finalizeMany.staticCall([first.job, second.job], [first.batch, second.batch])).to.deep.equal([
        1n,
        1n,
      ]);
      await escrow.finalizeMany([first.job, second.job], [first.batch, second.batch], { gasLimit: 5_000_000n });
      expect(await probe.calls()).to.equal(2n);
    });

    it("is told by the court's caller too, who cannot starve it", async () => {
      const system = await networkHelpers.loadFixture(probed);
      const { escrow, terms } = system;
      const { job, batch } = await auditedJob(system, { terms });
      const court = await courtSigner(system);
      await expect(
        escrow.connect(court).settleAudit.staticCall(job, batch, Outcome.Paid, [], { gasLimit: 900_000n }),
      ).to.be.revertedWithCustomError(escrow, "JobEscrow_InsufficientCallbackGas");
    });
  });
});
