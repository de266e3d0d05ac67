import { expect } from "chai";
import { AbiCoder, keccak256, TypedDataEncoder } from "ethers";

import {
  assayDomain,
  batchId,
  batchSeed,
  digest,
  domainSeparator,
  hashJob,
  hashReceipt,
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
} from "../../src/index.js";
import { oneShotJob, Random, randomBatch, randomJob, randomReceipt } from "./fixtures.js";
import { expectAssayError } from "./expectAssayError.js";

const abi = AbiCoder.defaultAbiCoder();
const hashAbi = (types: string[], values: unknown[]): string => keccak256(abi.encode(types, values));

const BATCH_ABI = [
  "bytes32 jobId, bytes32 root, uint96 total, uint96 collateral, uint64 firstNonce, uint32 count, uint96 maxLeafFee",
  "uint64 targetRound, uint32 seatsAtCommit, uint16 eligibleProviders, uint64 p, uint64 committedAt",
].join(", ");

describe("receipts", () => {
  const random = new Random(1n);
  const domain = assayDomain(31_337n, random.bytes(20));
  const hash = random.bytes(32);
  const seed = random.bytes(32);

  it("hashes jobs, receipts and batches as ethers does", () => {
    expect(domainSeparator(domain)).to.equal(TypedDataEncoder.hashDomain(domain));
    for (let i = 0; i < 100; i += 1) {
      const job = randomJob(random);
      expect(hashJob(job)).to.equal(TypedDataEncoder.hashStruct("Job", JOB_TYPES, job));
      expect(jobId(job, domain)).to.equal(TypedDataEncoder.hash(domain, JOB_TYPES, job));

      const receipt = randomReceipt(random);
      expect(hashReceipt(receipt)).to.equal(TypedDataEncoder.hashStruct("Receipt", RECEIPT_TYPES, receipt));

      const batch = randomBatch(random);
      expect(batchId(batch)).to.equal(hashAbi([`tuple(${BATCH_ABI})`], [batch]));
    }
  });

  it("refuses values that no contract could hold, naming them", () => {
    expectAssayError(() => hashJob({ ...oneShotJob, budget: 1n << 96n }), "VALUE_OUT_OF_RANGE", "budget");
    expectAssayError(() => hashJob({ ...oneShotJob, nonce: -1n }), "VALUE_OUT_OF_RANGE", "nonce");
    expectAssayError(() => hashJob({ ...oneShotJob, requestHash: "0x12" }), "INVALID_HEX", "requestHash");
    expectAssayError(() => hashJob({ ...oneShotJob, callback: hash }), "INVALID_HEX", "callback");
    expectAssayError(() => digest(`${hash.slice(0, -1)}g`, 1n, 1n), "INVALID_HEX", "outputHash");
  });

  it("makes digests, blinded roots and votes as `abi.encode` does", () => {
    expect(digest(hash, 12n, 2n ** 64n - 1n)).to.equal(
      hashAbi(["bytes32", "uint64", "uint64"], [hash, 12n, 2n ** 64n - 1n]),
    );
    expect(responseRoot(seed, hash)).to.equal(hashAbi(["bytes32", "bytes32"], [seed, hash]));
    for (const digests of [[], [hash], [hash, seed, hash]]) {
      expect(vote(digests)).to.equal(hashAbi(["bytes32[]"], [digests]));
    }
  });

  it("derives seeds, commitments and sample points as `abi.encode` does", () => {
    const escrow = domain.verifyingContract;
    expect(receiptSeed(hash, 7n)).to.equal(BigInt(hashAbi(["bytes32", "uint64"], [hash, 7n])) & (2n ** 64n - 1n));
    expect(batchSeed(seed, 1n, escrow, hash)).to.equal(
      hashAbi(["bytes32", "uint256", "address", "bytes32"], [seed, 1n, escrow, hash]),
    );
    expect(panelSeed(seed, 3n)).to.equal(hashAbi(["bytes32", "string", "uint8"], [seed, "panel", 3n]));
    expect(samplePoint(seed, 5n, 12_345n)).to.equal(
      BigInt(hashAbi(["bytes32", "string", "uint256"], [seed, "sample", 5n])) % 12_345n,
    );
    const verdict = { chainId: 1n, court: escrow, auditId: hash, panel: 2n, provider: escrow, vote: hash, salt: seed };
    expect(verdictCommitment(verdict)).to.equal(
      hashAbi(
        ["uint256", "address", "bytes32", "uint8", "address", "bytes32", "bytes32"],
        [1n, escrow, hash, 2n, escrow, hash, seed],
      ),
    );
  });

  it("has no sample points in an empty batch", () => {
    expectAssayError(() => samplePoint(seed, 0n, 0n), "VALUE_OUT_OF_RANGE");
  });

  it("draws a batch below its threshold only, and always at p = 1", () => {
    const drawn = BigInt(hashAbi(["bytes32", "string"], [seed, "audit"])) % 10n ** 18n;
    expect(isAudited(seed, drawn)).to.equal(false);
    expect(isAudited(seed, drawn + 1n)).to.equal(true);
    for (let i = 0; i < 1_000; i += 1) expect(isAudited(random.bytes(32), 10n ** 18n)).to.equal(true);
  });
});
