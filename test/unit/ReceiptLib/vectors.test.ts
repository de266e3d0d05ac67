import { expect } from "chai";
import { network } from "hardhat";

import type { LibraryHarness } from "../../../packages/sdk/src/typechain/mocks/LibraryHarness.js";
import { readVectors } from "../../helpers/vectors.js";

describe("ReceiptLib", () => {
  const vectors = readVectors("hashes");
  let library: LibraryHarness;

  before(async () => {
    const { ethers } = await network.create();
    library = await ethers.deployContract("LibraryHarness");
  });

  it("hashes jobs and derives their ids in each domain", async () => {
    for (const { job, hash, ids } of vectors.jobs) {
      expect(await library.hashJob(job)).to.equal(hash);
      for (const [index, { separator }] of vectors.domains.entries()) {
        expect(await library.jobId(job, separator)).to.equal(ids[index]);
        expect(await library.rawJobId(job, separator)).to.equal(ids[index]);
      }
    }
  });

  it("fills a provider into an open job", async () => {
    for (const { job, provider, ids } of vectors.assignedJobs) {
      for (const [index, { separator }] of vectors.domains.entries()) {
        expect(await library.rawAssignedJobId(job, provider, separator)).to.equal(ids[index]);
        expect(await library.jobId({ ...job, provider }, separator)).to.equal(ids[index]);
      }
    }
  });

  it("digests vouchers in each domain, from a voucher and from the batch that it is for", async () => {
    const [, other] = vectors.batches;
    for (const { voucher, digests } of vectors.vouchers) {
      for (const [index, { separator }] of vectors.domains.entries()) {
        expect(await library.voucherDigest(voucher, separator)).to.equal(digests[index]);
        // Nothing else of a batch counts.
        expect(await library.rawVoucherDigest({ ...other!.batch, ...voucher }, separator)).to.equal(digests[index]);
      }
    }
  });

  it("hashes receipts and batches", async () => {
    for (const { receipt, hash } of vectors.receipts) expect(await library.hashReceipt(receipt)).to.equal(hash);
    for (const { batch, id } of vectors.batches) {
      expect(await library.batchId(batch)).to.equal(id);
      expect(await library.rawBatchId(batch)).to.equal(id);
      expect(await library.rawBatchIdOf(batch)).to.equal(id);
    }
  });

  it("makes digests, blinded roots, seeds of receipts and votes", async () => {
    for (const { outputHash, inputUnits, outputUnits, digest } of vectors.digests) {
      expect(await library.digest(outputHash, inputUnits, outputUnits)).to.equal(digest);
    }
    for (const { salt, digest, root } of vectors.responseRoots) {
      expect(await library.responseRoot(salt, digest)).to.equal(root);
    }
    for (const { jobId, nonce, seed } of vectors.receiptSeeds) {
      expect(await library.receiptSeed(jobId, nonce)).to.equal(seed);
    }
    for (const { digests, vote } of vectors.votes) expect(await library.vote([...digests])).to.equal(vote);
  });

  it("binds a verdict to chain, court, audit, panel and provider", async () => {
    for (const { chainId, court, auditId, panel, provider, vote, salt, commitment } of vectors.verdictCommitments) {
      expect(await library.verdictCommitment(chainId, court, auditId, panel, provider, vote, salt)).to.equal(
        commitment,
      );
    }
  });

  it("derives the seeds of batches and panels", async () => {
    for (const { randomness, chainId, escrow, batchId, seed } of vectors.batchSeeds) {
      expect(await library.batchSeed(randomness, chainId, escrow, batchId)).to.equal(seed);
    }
    for (const { seed, panel, panelSeed } of vectors.panelSeeds) {
      expect(await library.panelSeed(seed, panel)).to.equal(panelSeed);
    }
  });

  it("derives sample points and decides on audits", async () => {
    for (const { seed, index, total, point } of vectors.samplePoints) {
      expect(await library.samplePoint(seed, index, total)).to.equal(point);
    }
    for (const { seed, p, audited } of vectors.audits) expect(await library.isAudited(seed, p)).to.equal(audited);
  });

  it("has no sample points in an empty batch", async () => {
    await expect(library.samplePoint(`0x${"11".repeat(32)}`, 0n, 0n)).to.be.revertedWithPanic(0x12n);
  });
});
