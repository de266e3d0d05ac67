import { encodeBase64, hexlify, randomBytes, toUtf8Bytes } from "ethers";

import { prepareJob, type PrepareJobParameters, type PreparedJob } from "../../src/actions/prepareJob.js";
import { requestDocument } from "../../src/protocol/inferenceRequest.js";
import { keccakHex } from "../../src/protocol/keccak.js";
import { digest, hashReceipt, receiptSeed, responseRoot, vote } from "../../src/protocol/receipts.js";
import { SumTree } from "../../src/protocol/sumTree.js";
import type { AnswerOpening, Commitment, LeafOpening, Receipt } from "../../src/protocol/types.js";
import type { JobAnswer } from "../../src/protocol/workerApi.js";
import { type Market, type Network, POLICY } from "./network.js";

export const REQUEST = requestDocument({ prompt: "Alice was", maxOutputUnits: 64 });
export const OUTPUT = " beginning to get very tired";

/** What a provider makes of a job of one request. */
export interface Work {
  readonly answer: JobAnswer;
  readonly commitment: Commitment;
  readonly leaf: LeafOpening;
  readonly opening: AnswerOpening;
  /** The vote of whoever computes the same output. */
  readonly vote: string;
}

export function serve(prepared: Pick<PreparedJob, "job" | "jobId" | "commitment">, text = OUTPUT): Work {
  const { job, jobId } = prepared;
  const output = toUtf8Bytes(text);
  const outputHash = keccakHex(output);
  const [inputUnits, outputUnits] = [9n, BigInt(output.length)];
  const answerDigest = digest(outputHash, inputUnits, outputUnits);
  const salt = hexlify(randomBytes(32));
  const receipt: Receipt = {
    provider: job.provider,
    jobId,
    nonce: 0n,
    modelId: job.modelId,
    version: job.version,
    policyId: POLICY.policyId,
    requestHash: job.requestHash,
    responseRoot: responseRoot(salt, answerDigest),
    seed: receiptSeed(jobId, 0n),
    inputUnits,
    outputUnits,
    fee: job.budget,
    startedAt: 1_700_000_000n,
    finishedAt: 1_700_000_001n,
  };
  const { root } = SumTree.build([{ content: hashReceipt(receipt), sum: receipt.fee }]);
  return {
    answer: { jobId, output: encodeBase64(output), receipt, salt },
    commitment: { ...prepared.commitment, root },
    leaf: {
      index: 0n,
      receipt,
      request: hexlify(toUtf8Bytes(REQUEST.json)),
      siblingHashes: [],
      siblingSums: [],
      requestSiblingHashes: [],
      requestSiblingSums: [],
    },
    opening: { responseRoot: receipt.responseRoot, inputUnits, outputUnits, salt, outputHash },
    vote: vote([answerDigest]),
  };
}

type Terms = Partial<PrepareJobParameters> & { readonly fee?: bigint };

/** A job of the market's requester for one of its providers. */
export async function draftJob(
  { requester, providers, modelId }: Market,
  { fee = 10_000_000n, ...terms }: Terms = {},
): Promise<PreparedJob> {
  return await prepareJob(requester, {
    requester: requester.address,
    provider: providers[0]!.owner.address,
    modelId,
    requests: [{ hash: REQUEST.requestHash, fee }],
    collateralBps: 25_000n,
    ...terms,
  });
}

/** The signature of the round that decides a batch, once that round's time has come. */
export async function signatureFor(network: Network, targetRound: bigint): Promise<string> {
  const due = await network.contracts.beacon.timeOf(targetRound);
  const now = await network.now();
  if (now < due) await network.passTime(due - now);
  return network.sign(targetRound);
}
