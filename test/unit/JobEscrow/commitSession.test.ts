import { type Job, JobStatus, type Voucher, VOUCHER_TYPES } from "@assay/sdk";
import { expect } from "chai";
import { concat, ZeroHash } from "ethers";

import {
  activeSession,
  commitOpened,
  freshHash,
  jobOf,
  openJob,
  quoteOf,
  SESSION,
  sessionCommitment,
  voucherOf,
} from "../../helpers/escrow/jobs.js";
import { expectMoves } from "../../helpers/escrow/ledger.js";
import {
  bytes32,
  courtSigner,
  deployAll,
  ethers,
  fund,
  networkHelpers,
  passTime,
  post,
  standardSystem,
  usd,
} from "../../helpers/escrow/system.js";

describe("JobEscrow", () => {
  describe("commitBatch of a session", () => {
    it("commits what the requester signed, from the receipt counter on", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator } = system;
      const opened = await activeSession(system);
      const { job, jobId } = opened;
      const commitment = sessionCommitment();
      const voucher = await voucherOf(system, opened, commitment);
      await expectMoves(system, () => escrow.connect(operator).commitBatch(job, commitment, voucher), {
        "provider.locked": usd(100),
        exposure: usd(2),
      });
      expect(await escrow.sessionOf(jobId)).to.deep.equal([JobStatus.Active, usd(98), 3n, 0n]);
      const [event] = await escrow.queryFilter(escrow.filters.BatchCommitted(), "latest");
      const { batch, batchId } = event!.args;
      expect([batch.jobId, batch.root, batch.total, batch.firstNonce, batch.count]).to.deep.equal([
        jobId,
        commitment.root,
        usd(2),
        0n,
        3n,
      ]);
      expect((await escrow.jobStateOf(jobId)).batchTag).to.equal(`0x${batchId.slice(4)}00`);
    });

    it("pays each of several batches that are open at once, in any order", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow } = system;
      const opened = await activeSession(system);
      const batches = [];
      for (const count of [3n, 1n, 2n ** 32n - 1n]) {
        batches.push(await commitOpened(system, opened, { commitment: { count } }));
      }
      expect(batches.map(({ batch }) => batch.firstNonce)).to.deep.equal([0n, 3n, 4n]);
      for (const { batch } of batches) {
        if ((await system.beacon.randomness(batch.targetRound)).postedAt === 0n) await post(system, batch.targetRound);
      }
      for (const index of [1, 0, 2]) {
        const { job, batch, batchId, jobId } = batches[index]!;
        await expect(escrow.finalizeBatch(job, batch)).to.emit(escrow, "BatchPaid");
        await expect(escrow.finalizeBatch(job, batch)).to.be.revert(ethers);
        expect(await escrow.batchStatusOf(batchId, jobId)).to.equal(JobStatus.None);
      }
      expect(await escrow.sessionOf(opened.jobId)).to.deep.equal([JobStatus.Active, usd(94), 3n + 2n ** 32n, 0n]);
      await commitOpened(system, opened);
    });

    it("audits one of several batches, and refunds it to the requester's balance when it is rejected", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, staking } = system;
      const opened = await activeSession(system);
      const first = await commitOpened(system, opened);
      const drawn = await commitOpened(system, opened, { drawn: true });
      await post(system, drawn.batch.targetRound);
      await expect(escrow.finalizeBatch(opened.job, drawn.batch)).to.emit(escrow, "BatchAudited");
      expect(await escrow.batchStatusOf(drawn.batchId, opened.jobId)).to.equal(JobStatus.Audited);
      expect(await escrow.batchStatusOf(first.batchId, opened.jobId)).to.equal(JobStatus.Committed);
      const court = await courtSigner(system);
      await staking.connect(court).slash(opened.job.provider, drawn.batch.collateral, []);
      await expectMoves(system, () => escrow.connect(court).settleAudit(opened.job, drawn.batch, 1n, []), {
        "requester.balance": usd(2),
        exposure: -usd(2),
      });
      expect(await escrow.batchStatusOf(drawn.batchId, opened.jobId)).to.equal(JobStatus.None);
      expect((await escrow.sessionOf(opened.jobId)).remaining).to.equal(usd(96));
      await post(system, first.batch.targetRound).catch(() => undefined);
      await expect(escrow.finalizeBatch(opened.job, first.batch)).to.emit(escrow, "BatchPaid");
    });

    it("takes no second batch in the place of the one that is in the job's slot", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow } = system;
      const opened = await activeSession(system);
      const committed = await commitOpened(system, opened);
      await post(system, committed.batch.targetRound);
      const other = { ...committed.batch, total: committed.batch.total + 1n };
      await expect(escrow.finalizeBatch(opened.job, other)).to.be.revertedWithCustomError(
        escrow,
        "JobEscrow_UnknownBatch",
      );
    });

    const wrong: [what: string, changes: Partial<Voucher>][] = [
      ["another job", { jobId: ZeroHash }],
      ["another first nonce", { firstNonce: 1n }],
      ["another count", { count: 4n }],
      ["another total", { total: usd(2) - 1n }],
      ["another root", { root: bytes32("another") }],
    ];
    for (const [what, changes] of wrong) {
      it(`refuses a voucher over ${what}`, async () => {
        const system = await networkHelpers.loadFixture(standardSystem);
        const { escrow, operator } = system;
        const opened = await activeSession(system);
        const commitment = sessionCommitment();
        const voucher = await voucherOf(system, opened, commitment, changes);
        await expect(escrow.connect(operator).commitBatch(opened.job, commitment, voucher))
          .to.be.revertedWithCustomError(escrow, "JobEscrow_InvalidVoucher")
          .withArgs(opened.jobId, 0n, 3n);
      });
    }

    it("refuses no voucher, half of one, one by somebody else, and one of another chain or contract", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator } = system;
      const other = await deployAll();
      const opened = await activeSession(system);
      const commitment = sessionCommitment();
      const own = await voucherOf(system, opened, commitment);
      const domain = { name: "Assay", version: "1", verifyingContract: await escrow.getAddress() };
      const voucher = { jobId: opened.jobId, firstNonce: 0n, count: 3n, total: usd(2), root: commitment.root };
      for (const signature of [
        "0x",
        own.slice(0, 66),
        await voucherOf(system, opened, commitment, { signer: operator }),
        await voucherOf(other, opened, commitment),
        await system.requester.signTypedData({ ...domain, chainId: 1n }, VOUCHER_TYPES, voucher),
      ]) {
        await expect(escrow.connect(operator).commitBatch(opened.job, commitment, signature))
          .to.be.revertedWithCustomError(escrow, "JobEscrow_InvalidVoucher")
          .withArgs(opened.jobId, 0n, 3n);
      }
    });

    it("counts a voucher once", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator } = system;
      const opened = await activeSession(system);
      const commitment = sessionCommitment();
      const voucher = await voucherOf(system, opened, commitment);
      await escrow.connect(operator).commitBatch(opened.job, commitment, voucher);
      await expect(escrow.connect(operator).commitBatch(opened.job, commitment, voucher))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_InvalidVoucher")
        .withArgs(opened.jobId, 3n, 3n);
      // An equal session of the same two has another id.
      const twin = await activeSession(system, { acceptBy: opened.job.acceptBy, commitBy: opened.job.commitBy });
      await expect(escrow.connect(operator).commitBatch(twin.job, commitment, voucher))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_InvalidVoucher")
        .withArgs(twin.jobId, 0n, 3n);
    });

    it("takes an older voucher, and from there on only one that follows it", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator } = system;
      const opened = await activeSession(system);
      const [older, newer] = [sessionCommitment({ count: 2n }), sessionCommitment({ count: 5n })];
      const [olderVoucher, newerVoucher] = [
        await voucherOf(system, opened, older),
        await voucherOf(system, opened, newer),
      ];
      await escrow.connect(operator).commitBatch(opened.job, older, olderVoucher);
      await expect(escrow.connect(operator).commitBatch(opened.job, newer, newerVoucher))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_InvalidVoucher")
        .withArgs(opened.jobId, 2n, 5n);
    });

    it("takes what a requester that is a contract signs (ERC-1271)", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, asset, operator, stranger } = system;
      const wallet = await ethers.deployContract("ContractWallet", [stranger.address]);
      await fund(system, stranger, usd(200));
      await asset.mint(stranger.address, usd(200));
      await asset.connect(stranger).approve(escrow, usd(200));
      await escrow.connect(stranger).deposit(wallet, usd(200));
      const job = await jobOf(system, { ...SESSION, requester: await wallet.getAddress() });
      const open = escrow.interface.encodeFunctionData("openJob", [job, await quoteOf(system, job)]);
      await wallet.connect(stranger).execute(escrow, open);
      const opened = { job, jobId: await escrow.jobIdOf(job) };
      const commitment = sessionCommitment();
      const signature = await voucherOf(system, opened, commitment, { signer: stranger });
      // Longer than a key's signature: only the wallet can say what it means.
      const voucher = concat([signature, "0x1234"]);
      await expect(escrow.connect(operator).commitBatch(job, commitment, voucher)).to.emit(escrow, "BatchCommitted");
    });

    it("spends no more than the budget with its top-ups", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator, requester } = system;
      const opened = await activeSession(system, { budget: usd(3) });
      await commitOpened(system, opened);
      const commitment = sessionCommitment();
      const voucher = await voucherOf(system, opened, commitment);
      await expect(escrow.connect(operator).commitBatch(opened.job, commitment, voucher))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_BudgetExceeded")
        .withArgs(opened.jobId, usd(2), usd(1));
      await escrow.connect(requester).topUp(opened.job, usd(1));
      await escrow.connect(operator).commitBatch(opened.job, commitment, voucher);
      expect((await escrow.sessionOf(opened.jobId)).remaining).to.equal(0n);
    });

    const terms: [field: string, changes: object, actual: bigint, limit: bigint][] = [
      ["count", { count: 0n }, 0n, 1n],
      ["root", { root: ZeroHash }, 0n, 1n],
      ["maxLeafFee", { maxLeafFee: 0n }, 0n, 1n],
      ["maxLeafFee", { maxLeafFee: usd(2) + 1n }, usd(2) + 1n, usd(2)],
    ];
    for (const [field, changes, actual, limit] of terms) {
      it(`refuses ${field} = ${String(actual)}`, async () => {
        const system = await networkHelpers.loadFixture(standardSystem);
        const { escrow, operator } = system;
        const opened = await activeSession(system);
        const commitment = sessionCommitment(changes);
        const voucher = await voucherOf(system, opened, commitment);
        await expect(escrow.connect(operator).commitBatch(opened.job, commitment, voucher))
          .to.be.revertedWithCustomError(escrow, "JobEscrow_InvalidTerm")
          .withArgs(bytes32(field), actual, limit);
      });
    }

    it("refuses less collateral than the session's terms ask for", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator } = system;
      const opened = await activeSession(system);
      const commitment = sessionCommitment({ collateral: usd(5) - 1n });
      const voucher = await voucherOf(system, opened, commitment);
      await expect(escrow.connect(operator).commitBatch(opened.job, commitment, voucher))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_CollateralTooLow")
        .withArgs(usd(5) - 1n, usd(5));
    });

    it("is the provider's", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester, provider } = system;
      const opened = await activeSession(system);
      const commitment = sessionCommitment();
      const voucher = await voucherOf(system, opened, commitment);
      await expect(escrow.connect(requester).commitBatch(opened.job, commitment, voucher))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_NotProvider")
        .withArgs(requester.address, provider.address);
    });

    it("refuses sessions that are not bound, and every commit after the last second", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, operator, requester } = system;
      const commit = async (opened: { job: Job; jobId: string }) => {
        const commitment = sessionCommitment({ root: freshHash() });
        const voucher = await voucherOf(system, opened, commitment);
        return escrow.connect(operator).commitBatch(opened.job, commitment, voucher);
      };
      const unbound = await openJob(system, SESSION);
      await expect(commit(unbound))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_WrongStatus")
        .withArgs(unbound.jobId, JobStatus.None, JobStatus.Active);
      const [closing, late] = [await activeSession(system), await activeSession(system)];
      await escrow.connect(requester).closeJob(closing.job);
      await passTime(late.job.commitBy - 1n);
      await commit(late);
      await expect(commit(late))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_DeadlinePassed")
        .withArgs(late.jobId, late.job.commitBy);
      await expect(commit(closing))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_DeadlinePassed")
        .withArgs(closing.jobId, closing.job.commitBy);
    });

    it("cannot be expired as a one-shot job can", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow } = system;
      const { job } = await activeSession(system);
      await passTime(job.commitBy + 1n);
      await expect(escrow.expireJob(job))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_InvalidTerm")
        .withArgs(bytes32("kind"), 1n, 0n);
    });
  });
});
