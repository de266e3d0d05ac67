import { encodeBase64, toUtf8Bytes, Wallet } from "ethers";

import type { AnswerContext } from "../../src/protocol/checkAnswer.js";
import { assayDomain } from "../../src/protocol/eip712.js";
import { requestDocument } from "../../src/protocol/inferenceRequest.js";
import { keccakHex } from "../../src/protocol/keccak.js";
import { digest, hashReceipt, jobId, receiptSeed, responseRoot } from "../../src/protocol/receipts.js";
import { SumTree } from "../../src/protocol/sumTree.js";
import type { Batch, Job, Receipt } from "../../src/protocol/types.js";
import type { JobAnswer } from "../../src/protocol/workerApi.js";

export const REQUESTER = new Wallet(keccakHex("requester"));
export const OPERATOR = new Wallet(keccakHex("operator"));
export const OWNER = new Wallet(keccakHex("owner"));
export const DOMAIN = assayDomain(31337n, Wallet.createRandom().address);

/** A job over one request, with its committed batch and its answer: everything that a requester ends up with. */
export interface ServedJob {
  readonly request: string;
  readonly context: Required<AnswerContext> & { readonly batch: Batch };
  readonly answer: JobAnswer;
}

export function servedJob(prompt = "Alice was", outputText = " beginning to get very tired"): ServedJob {
  const { json, requestHash } = requestDocument({ prompt, maxOutputUnits: 64 });
  const job: Job = {
    requester: REQUESTER.address,
    nonce: 0n,
    provider: OWNER.address,
    kind: 0n,
    modelId: 1n,
    version: 1n,
    units: 1n,
    requestHash,
    budget: 1_000_000n,
    inputPrice: 0n,
    outputPrice: 0n,
    creditLine: 0n,
    valueAtRisk: 0n,
    collateralBps: 25_000n,
    royaltyBps: 500n,
    verifierFee: 1_000n,
    samplePoints: 1n,
    detection: 10n ** 18n,
    disputeWindow: 0n,
    acceptBy: 2_000_000_000n,
    commitBy: 2_000_003_600n,
    callback: `0x${"0".repeat(40)}`,
  };
  const id = jobId(job, DOMAIN);
  const policyId = keccakHex("policy");
  const output = toUtf8Bytes(outputText);
  const [inputUnits, outputUnits] = [BigInt(prompt.length), BigInt(output.length)];
  const salt = keccakHex("salt");
  const receipt: Receipt = {
    provider: job.provider,
    jobId: id,
    nonce: 0n,
    modelId: job.modelId,
    version: job.version,
    policyId,
    requestHash,
    responseRoot: responseRoot(salt, digest(keccakHex(output), inputUnits, outputUnits)),
    seed: receiptSeed(id, 0n),
    inputUnits,
    outputUnits,
    fee: job.budget,
    startedAt: 1_999_999_000n,
    finishedAt: 1_999_999_001n,
  };
  const batch: Batch = {
    jobId: id,
    root: SumTree.build([{ content: hashReceipt(receipt), sum: receipt.fee }]).root,
    total: job.budget,
    collateral: 2_500_000n,
    firstNonce: 0n,
    count: 1n,
    maxLeafFee: job.budget,
    targetRound: 100n,
    seatsAtCommit: 9n,
    eligibleProviders: 8n,
    p: 10n ** 18n,
    committedAt: 1_999_999_002n,
  };
  const answer: JobAnswer = { jobId: id, output: encodeBase64(output), receipt, salt };
  return { request: json, context: { jobId: id, job, policyId, batch }, answer };
}
