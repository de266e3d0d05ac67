import { type Commitment, JobStatus } from "@assay/sdk";
import { expect } from "chai";

import { activeSession, freshHash, type OpenedJob, sessionCommitment, voucherOf } from "../../helpers/escrow/jobs.js";
import {
  networkHelpers,
  PARAMETERS,
  passTime,
  post,
  standardSystem,
  type System,
  usd,
} from "../../helpers/escrow/system.js";

/** Two vouchers of one tree: three receipts, and the same three with three more. */
async function twoVouchers(system: System, opened: OpenedJob) {
  const [short, long] = [sessionCommitment(), sessionCommitment({ count: 6n, total: usd(4) })];
  return {
    short,
    long,
    shortVoucher: await voucherOf(system, opened, short),
    longVoucher: await voucherOf(system, opened, long),
  };
}

async function commit({ escrow, operator }: System, { job }: OpenedJob, terms: Commitment, voucher: string) {
  await escrow.connect(operator).commitBatch(job, terms, voucher);
  const [event] = await escrow.queryFilter(escrow.filters.BatchCommitted(), "latest");
  return event!.args;
}

describe("Adversary 10: a session is committed again, or its root ground, for a better draw", () => {
  it("cannot commit another voucher over the same receipts once it has seen the round", async () => {
    const system = await networkHelpers.loadFixture(standardSystem);
    const { escrow, operator } = system;
    const opened = await activeSession(system);
    const { short, long, shortVoucher, longVoucher } = await twoVouchers(system, opened);
    const { batch } = await commit(system, opened, short, shortVoucher);
    await post(system, batch.targetRound);
    for (const [terms, voucher] of [
      [short, shortVoucher],
      [{ ...short, collateral: short.collateral + 1n }, shortVoucher],
      [long, longVoucher],
    ] as const) {
      await expect(escrow.connect(operator).commitBatch(opened.job, terms, voucher))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_InvalidVoucher")
        .withArgs(opened.jobId, 3n, terms.count);
    }
    expect((await escrow.sessionOf(opened.jobId)).nextNonce).to.equal(3n);
  });

  it("nor two at once: of one call the first counts", async () => {
    const system = await networkHelpers.loadFixture(standardSystem);
    const { escrow, operator } = system;
    const opened = await activeSession(system);
    const { short, long, shortVoucher, longVoucher } = await twoVouchers(system, opened);
    const collaterals = [0n, 1n, 2n].map((more) => ({ ...short, collateral: short.collateral + more }));
    const terms = [...collaterals, long];
    const jobs = terms.map(() => opened.job);
    const vouchers = [shortVoucher, shortVoucher, shortVoucher, longVoucher];
    await escrow.connect(operator).commitMany(jobs, terms, vouchers);
    const committed = await escrow.queryFilter(escrow.filters.BatchCommitted(), "latest");
    expect(committed.map(({ args }) => args.batch.collateral)).to.deep.equal([short.collateral]);
    expect(await escrow.queryFilter(escrow.filters.CommitSkipped(), "latest")).to.have.length(3);
  });

  it("fixes neither root nor count nor total: those are its requester's", async () => {
    const system = await networkHelpers.loadFixture(standardSystem);
    const { escrow, operator } = system;
    const opened = await activeSession(system);
    const terms = sessionCommitment();
    const voucher = await voucherOf(system, opened, terms);
    for (const changes of [
      { root: freshHash() },
      { count: terms.count + 1n },
      { count: terms.count - 1n },
      { total: terms.total + 1n },
      { total: terms.total - 1n },
    ]) {
      await expect(
        escrow.connect(operator).commitBatch(opened.job, { ...terms, ...changes }, voucher),
      ).to.be.revertedWithCustomError(escrow, "JobEscrow_InvalidVoucher");
    }
  });

  it("chooses collateral and time before the round exists: none from the target on is public", async () => {
    const system = await networkHelpers.loadFixture(standardSystem);
    const { escrow, beacon } = system;
    const delay = BigInt(PARAMETERS.escrow.beaconDelay);
    const opened = await activeSession(system);
    let lastTarget = 0n;
    for (const collateral of [usd(100), usd(200), usd(400)]) {
      const terms = sessionCommitment({ collateral });
      const { batch } = await commit(system, opened, terms, await voucherOf(system, opened, terms));
      expect(await beacon.timeOf(batch.targetRound)).to.be.at.least(batch.committedAt + delay);
      expect(await beacon.latestRound()).to.be.below(batch.targetRound);
      // What it has seen of the batch before says nothing about this one.
      expect(batch.targetRound).to.be.above(lastTarget);
      await post(system, batch.targetRound);
      lastTarget = batch.targetRound;
    }
    expect((await escrow.sessionOf(opened.jobId)).nextNonce).to.equal(9n);
  });

  it("cannot drop a batch that is going to be audited: the session ends, the batch stays", async () => {
    const system = await networkHelpers.loadFixture(standardSystem);
    const { escrow, operator, requester } = system;
    const opened = await activeSession(system);
    const { short, long, shortVoucher, longVoucher } = await twoVouchers(system, opened);
    const { batch, batchId } = await commit(system, opened, short, shortVoucher);
    await post(system, batch.targetRound);
    await escrow.connect(operator).closeJob(opened.job);
    expect(await escrow.batchStatusOf(batchId, opened.jobId)).to.equal(JobStatus.Committed);
    await expect(escrow.connect(operator).commitBatch(opened.job, long, longVoucher)).to.be.revertedWithCustomError(
      escrow,
      "JobEscrow_WrongStatus",
    );
    await passTime(opened.job.commitBy + 1n);
    await expect(escrow.connect(requester).closeJob(opened.job)).to.be.revertedWithCustomError(
      escrow,
      "JobEscrow_WrongStatus",
    );
    expect(await escrow.batchStatusOf(batchId, opened.jobId)).to.equal(JobStatus.Committed);
  });
});
