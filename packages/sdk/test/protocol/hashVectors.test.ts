import { readFileSync } from "node:fs";

import { expect } from "chai";
import { TypedDataEncoder } from "ethers";

import { readVectors } from "../../../../test/helpers/vectors.js";
import {
  assayDomain,
  batchId,
  batchSeed,
  digest,
  domainSeparator,
  hashJob,
  hashReceipt,
  hashVoucher,
  isAudited,
  JOB_TYPES,
  jobId,
  panelSeed,
  RECEIPT_TYPES,
  receiptSeed,
  responseRoot,
  samplePoint,
  verdictCommitment,
  vote,
  VOUCHER_TYPES,
  voucherDigest,
} from "../../src/index.js";

describe("shared hash vectors", () => {
  const vectors = readVectors("hashes");

  it("match for domains, jobs, receipts and batches", () => {
    const domains = vectors.domains.map(({ chainId, escrow }) => assayDomain(chainId, escrow));
    expect(domains.map(domainSeparator)).to.deep.equal(vectors.domains.map(({ separator }) => separator));
    for (const { job, hash, ids } of vectors.jobs) {
      expect(hashJob(job)).to.equal(hash);
      expect(domains.map((domain) => jobId(job, domain))).to.deep.equal(ids);
    }
    for (const { receipt, hash } of vectors.receipts) expect(hashReceipt(receipt)).to.equal(hash);
    for (const { batch, id } of vectors.batches) expect(batchId(batch)).to.equal(id);
  });

  it("match for vouchers, and for open jobs with their providers", () => {
    const domains = vectors.domains.map(({ chainId, escrow }) => assayDomain(chainId, escrow));
    for (const { voucher, hash, digests } of vectors.vouchers) {
      expect(hashVoucher(voucher)).to.equal(hash);
      expect(domains.map((domain) => voucherDigest(voucher, domain))).to.deep.equal(digests);
      expect(domains.map((domain) => TypedDataEncoder.hash(domain, VOUCHER_TYPES, voucher))).to.deep.equal(digests);
    }
    for (const { job, provider, ids } of vectors.assignedJobs) {
      expect(domains.map((domain) => jobId({ ...job, provider }, domain))).to.deep.equal(ids);
    }
  });

  it("match for digests, roots, votes and commitments", () => {
    for (const vector of vectors.digests) {
      expect(digest(vector.outputHash, vector.inputUnits, vector.outputUnits)).to.equal(vector.digest);
    }
    for (const vector of vectors.responseRoots) {
      expect(responseRoot(vector.salt, vector.digest)).to.equal(vector.root);
    }
    for (const vector of vectors.votes) expect(vote(vector.digests)).to.equal(vector.vote);
    for (const { commitment, ...verdict } of vectors.verdictCommitments) {
      expect(verdictCommitment(verdict)).to.equal(commitment);
    }
  });

  it("match for seeds, sample points and audits", () => {
    for (const vector of vectors.receiptSeeds) expect(receiptSeed(vector.jobId, vector.nonce)).to.equal(vector.seed);
    for (const { randomness, chainId, escrow, batchId: id, seed } of vectors.batchSeeds) {
      expect(batchSeed(randomness, chainId, escrow, id)).to.equal(seed);
    }
    for (const vector of vectors.panelSeeds) expect(panelSeed(vector.seed, vector.panel)).to.equal(vector.panelSeed);
    for (const { seed, index, total, point } of vectors.samplePoints) {
      expect(samplePoint(seed, index, total)).to.equal(point);
    }
    for (const { seed, p, audited } of vectors.audits) expect(isAudited(seed, p)).to.equal(audited);
  });

  it("use the EIP-712 types that the contracts declare", () => {
    const source = readFileSync(new URL("../../../../contracts/libraries/ReceiptLib.sol", import.meta.url), "utf8");
    for (const [name, fields] of Object.entries({ ...JOB_TYPES, ...RECEIPT_TYPES })) {
      const type = `${name}(${fields.map((field) => `${field.type} ${field.name}`).join(",")})`;
      expect(source).to.include(`"${type}"`);
    }
  });
});
