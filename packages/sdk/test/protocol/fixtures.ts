import { id } from "ethers";

import { JobKind, type Batch, type Job, type Receipt } from "../../src/index.js";

/** Deterministic pseudo-random numbers, so that a failure can be repeated: xorshift128+ on 64-bit words. */
export class Random {
  private state: [bigint, bigint];

  constructor(seed: bigint) {
    this.state = [seed ^ 0x9e3779b97f4a7c15n, seed * 2n + 1n];
    for (let i = 0; i < 20; i += 1) this.word();
  }

  word(): bigint {
    let [a, b] = this.state;
    a = BigInt.asUintN(64, a ^ (a << 23n));
    a ^= (a >> 17n) ^ b ^ (b >> 26n);
    this.state = [b, a];
    b = BigInt.asUintN(64, a + b);
    return b;
  }

  /** Uniform in [0, limit), up to a bias below 2⁻³². */
  below(limit: bigint): bigint {
    return ((this.word() << 64n) | this.word()) % limit;
  }

  /** In [0, 2^bits), with short values as likely as long ones. */
  uint(bits: number): bigint {
    const length = this.below(BigInt(bits) + 1n);
    let value = 0n;
    for (let i = 0; i < bits; i += 64) value = (value << 64n) | this.word();
    return BigInt.asUintN(Number(length), value);
  }

  bytes(length: number): string {
    let hex = "";
    while (hex.length < 2 * length) hex += this.word().toString(16).padStart(16, "0");
    return `0x${hex.slice(0, 2 * length)}`;
  }
}

export function randomJob(random: Random): Job {
  return {
    requester: random.bytes(20),
    nonce: random.uint(64),
    provider: random.bytes(20),
    kind: random.below(2n),
    modelId: random.uint(256),
    version: random.uint(32),
    units: random.uint(32),
    requestHash: random.bytes(32),
    budget: random.uint(96),
    inputPrice: random.uint(96),
    outputPrice: random.uint(96),
    creditLine: random.uint(96),
    valueAtRisk: random.uint(96),
    collateralBps: random.uint(32),
    royaltyBps: random.uint(16),
    verifierFee: random.uint(96),
    samplePoints: random.uint(16),
    detection: random.uint(64),
    disputeWindow: random.uint(32),
    acceptBy: random.uint(64),
    commitBy: random.uint(64),
    callback: random.bytes(20),
  };
}

export function randomReceipt(random: Random): Receipt {
  return {
    provider: random.bytes(20),
    jobId: random.bytes(32),
    nonce: random.uint(64),
    modelId: random.uint(256),
    version: random.uint(32),
    policyId: random.bytes(32),
    requestHash: random.bytes(32),
    responseRoot: random.bytes(32),
    seed: random.uint(64),
    inputUnits: random.uint(64),
    outputUnits: random.uint(64),
    fee: random.uint(96),
    startedAt: random.uint(64),
    finishedAt: random.uint(64),
  };
}

export function randomBatch(random: Random): Batch {
  return {
    jobId: random.bytes(32),
    root: random.bytes(32),
    total: random.uint(96),
    collateral: random.uint(96),
    firstNonce: random.uint(64),
    count: random.uint(32),
    maxLeafFee: random.uint(96),
    targetRound: random.uint(64),
    seatsAtCommit: random.uint(32),
    eligibleProviders: random.uint(16),
    p: random.uint(64),
    committedAt: random.uint(64),
  };
}

/** A one-shot job of one unit with the terms that the design page takes for granted. */
export const oneShotJob: Job = {
  requester: "0x1111111111111111111111111111111111111111",
  nonce: 0n,
  provider: "0x2222222222222222222222222222222222222222",
  kind: JobKind.OneShot,
  modelId: 1n,
  version: 1n,
  units: 1n,
  requestHash: id("request"),
  budget: 1_000_000n,
  inputPrice: 0n,
  outputPrice: 0n,
  creditLine: 0n,
  valueAtRisk: 0n,
  collateralBps: 25_000n,
  royaltyBps: 500n,
  verifierFee: 10_000n,
  samplePoints: 1n,
  detection: 10n ** 18n,
  disputeWindow: 0n,
  acceptBy: 1_700_000_600n,
  commitBy: 1_700_003_600n,
  callback: "0x0000000000000000000000000000000000000000",
};
