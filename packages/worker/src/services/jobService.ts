import { randomBytes } from "node:crypto";

import {
  acceptJob,
  AssayError,
  type Commitment,
  commitBatch,
  digest,
  hashReceipt,
  type Job,
  JobKind,
  type JobPending,
  JobStatus,
  receiptSeed,
  responseRoot,
  SumTree,
} from "@assay/sdk";
import { hexlify, keccak256 } from "ethers";

import { collectAnswer } from "../adapters/engine/collectAnswer.js";
import type { EngineAnswer } from "../adapters/engine/engine.js";
import type { ServedModel } from "../adapters/engine/loadModels.js";
import type { JobAnswer, JobRecord } from "../domain/job.js";
import { readRequest } from "../domain/serveTerms.js";
import type { WorkerContext } from "./context.js";
import type { Intake } from "./intake.js";
import { effectKey } from "./keys.js";

/** The tree of a one-shot batch: one leaf. */
export function receiptTree({ receipt }: JobAnswer): SumTree {
  return SumTree.build([{ content: hashReceipt(receipt), sum: receipt.fee }]);
}

/** Where a job stands that has no answer to give away yet. */
export function pendingStatus({ stage, request, answer }: JobRecord): JobPending["status"] {
  if (stage !== "active" || request === undefined) return "waiting";
  return answer === undefined ? "running" : "committing";
}

/** Takes jobs from their opening to their commit. */
export class JobService {
  constructor(
    private readonly context: WorkerContext,
    private readonly intake: Intake,
  ) {}

  /** Starts what the jobs need now. */
  async tick(): Promise<void> {
    const { jobs, tasks } = this.context;
    for (const record of await jobs.live()) {
      if (record.failure !== undefined || record.job.kind === JobKind.Session) continue;
      if (record.stage === "open")
        tasks.start(`accept/${record.jobId}`, async () => {
          await this.#accept(record);
        });
      if (record.stage === "active")
        tasks.start(`serve/${record.jobId}`, async () => {
          await this.#serve(record);
        });
    }
  }

  /** Binds this provider to a job that was opened without its quote, once its request is there and if it suits. */
  async #accept(record: JobRecord): Promise<void> {
    const { contracts, sender, jobs, clock, logger, provider } = this.context;
    const { jobId, job, request } = record;
    if (BigInt(clock.now) > job.acceptBy) {
      await jobs.saveFailure(jobId, "it was not accepted in time");
      return;
    }
    if (request === undefined || (await this.#statusOf(jobId)) !== JobStatus.Open) return;
    try {
      await this.intake.assessOpen(record, request);
    } catch (error) {
      if (!AssayError.is(error) || error.retryable) throw error;
      logger.info({ jobId, code: error.code }, `not accepted: ${error.message}`);
      await jobs.saveFailure(jobId, error.message);
      return;
    }
    const key = await effectKey(this.context, `accept/${jobId}`);
    const accepted = await acceptJob({ contracts, sender }, { job, provider, key });
    logger.info({ jobId: accepted.jobId, ...(accepted.jobId !== jobId && { openJobId: jobId }) }, "accepted a job");
  }

  async #serve(record: JobRecord): Promise<void> {
    const { jobs, clock, logger } = this.context;
    const { jobId, job, request } = record;
    if (BigInt(clock.now) > job.commitBy) {
      logger.error(
        { jobId, commitBy: job.commitBy },
        "a job was not committed in time; its lock goes to the requester",
      );
      await jobs.saveFailure(jobId, "it was not committed in time");
      return;
    }
    // Without its request there is nothing to serve; the requester may still bring it.
    if (request === undefined || (await this.#statusOf(jobId)) !== JobStatus.Active) return;
    const answer = record.answer ?? (await this.#answer(jobId, job, request));
    await this.#commit(record, answer);
  }

  /** Computes the answer and writes it down, with the salt, before anything of it leaves this process. */
  async #answer(jobId: string, job: Job, text: Uint8Array): Promise<JobAnswer> {
    const { jobs, config, signal, provider, logger } = this.context;
    const model = this.intake.modelOf(job);
    const startedAt = unixSeconds();
    const timeout = AbortSignal.timeout(config.limits.generateSeconds * 1_000);
    const result = await runModel(model, text, job.requestHash, AbortSignal.any([signal, timeout]));
    const salt = hexlify(randomBytes(32));
    const [inputUnits, outputUnits] = [BigInt(result.inputUnits), BigInt(result.outputUnits)];
    const answer = await jobs.saveAnswer(jobId, {
      output: result.output,
      inputUnits,
      outputUnits,
      salt,
      receipt: {
        provider,
        jobId,
        nonce: 0n,
        modelId: job.modelId,
        version: job.version,
        policyId: model.document.policyId,
        requestHash: job.requestHash,
        responseRoot: responseRoot(salt, digest(keccak256(result.output), inputUnits, outputUnits)),
        seed: receiptSeed(jobId, 0n),
        inputUnits,
        outputUnits,
        fee: job.budget,
        startedAt,
        finishedAt: unixSeconds(),
      },
    });
    logger.info({ jobId, inputUnits, outputUnits }, "answered a job");
    return answer;
  }

  async #commit({ jobId, job, collateral }: JobRecord, answer: JobAnswer): Promise<void> {
    const { contracts, sender, logger } = this.context;
    const { root, total } = receiptTree(answer);
    const commitment: Commitment = { root, total, collateral, count: 1n, maxLeafFee: answer.receipt.fee };
    const key = await effectKey(this.context, `commit/${jobId}`);
    const { batchId, batch } = await commitBatch({ contracts, sender }, { job, commitment, key });
    logger.info({ jobId, batchId, p: batch.p, targetRound: batch.targetRound }, "committed a batch");
  }

  async #statusOf(jobId: string): Promise<bigint> {
    const [status] = await this.context.contracts.escrow.jobStateOf(jobId);
    return status;
  }
}

/**
 * Computes the answer to a request under a model version's policy. What a verifier recomputes is exactly this.
 *
 * @throws AssayError what `readRequest` and the engine throw, `ENGINE_FAILED` (retryable)
 */
export async function runModel(
  { document: { policy }, engine }: ServedModel,
  text: Uint8Array,
  requestHash: string,
  signal: AbortSignal,
): Promise<EngineAnswer> {
  const request = readRequest(text, { requestHash, policy });
  const { temperature, template } = policy;
  try {
    return await collectAnswer(engine, { request, temperature, template }, signal);
  } catch (cause) {
    throw engineError(cause);
  }
}

/** What an engine threw, as an error that says whether to try again. */
export function engineError(cause: unknown): AssayError {
  if (AssayError.is(cause)) return cause;
  return new AssayError({
    code: "ENGINE_FAILED",
    message: `The engine gave no answer: ${cause instanceof Error ? cause.message : String(cause)}.`,
    retryable: true,
    cause,
  });
}

function unixSeconds(): bigint {
  return BigInt(Math.floor(Date.now() / 1_000));
}
