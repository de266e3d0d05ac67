import { decodeBase64, keccak256 } from "ethers";

import { AssayError } from "../errors.js";
import { digest, hashReceipt, receiptSeed, responseRoot } from "./receipts.js";
import { SumTree } from "./sumTree.js";
import type { Batch, Job } from "./types.js";
import type { JobAnswer } from "./workerApi.js";

/** What an answer is checked against: what was agreed, and what was committed. */
export interface AnswerContext {
  readonly jobId: string;
  readonly job: Job;
  /** The version's policy. */
  readonly policyId: string;
  /** The committed batch; without one only the answer's own hashes are checked. */
  readonly batch?: Batch | undefined;
}

/** An answer that holds. */
export interface CheckedAnswer {
  readonly output: Uint8Array;
  /** Digest that honest providers agree on. */
  readonly digest: string;
  readonly receiptHash: string;
}

/**
 * Checks that an answer is the one that was agreed and committed: the receipt's terms are the job's, its response root binds
 * exactly these bytes and units, and the batch's tree holds exactly this receipt. For jobs of one unit.
 *
 * Warning: it says nothing about whether the model was run. That is what audits are for.
 *
 * @throws AssayError `ANSWER_MISMATCH` that names what differs
 *
 * @example
 * const { output } = checkAnswer(answer, { jobId, job, policyId, batch });
 */
export function checkAnswer(answer: JobAnswer, { jobId, job, policyId, batch }: AnswerContext): CheckedAnswer {
  const { receipt, salt } = answer;
  requireEqual("jobId", receipt.jobId, jobId);
  requireEqual("provider", receipt.provider, job.provider);
  requireEqual("nonce", receipt.nonce, 0n);
  requireEqual("modelId", receipt.modelId, job.modelId);
  requireEqual("version", receipt.version, job.version);
  requireEqual("policyId", receipt.policyId, policyId);
  requireEqual("requestHash", receipt.requestHash, job.requestHash);
  requireEqual("seed", receipt.seed, receiptSeed(jobId, receipt.nonce));
  requireEqual("fee", receipt.fee, job.budget);

  const output = decodeBase64(answer.output);
  const answerDigest = digest(keccak256(output), receipt.inputUnits, receipt.outputUnits);
  requireEqual("responseRoot", receipt.responseRoot, responseRoot(salt, answerDigest));

  const receiptHash = hashReceipt(receipt);
  if (batch !== undefined) {
    requireEqual("batch", batch.jobId, jobId);
    requireEqual("root", SumTree.build([{ content: receiptHash, sum: receipt.fee }]).root, batch.root);
  }
  return { output, digest: answerDigest, receiptHash };
}

function requireEqual(field: string, actual: string | bigint, expected: string | bigint): void {
  if (String(actual).toLowerCase() === String(expected).toLowerCase()) return;
  throw new AssayError({
    code: "ANSWER_MISMATCH",
    message: `The answer's ${field} is ${String(actual)}, not ${String(expected)}.`,
    hint: "Do not use the answer; what was paid for is what the batch commits to.",
    details: { field, actual, expected },
  });
}
