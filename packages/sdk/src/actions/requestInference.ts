import { AssayError } from "../errors.js";
import { checkAnswer } from "../protocol/checkAnswer.js";
import { type InferenceRequest, requestDocument } from "../protocol/inferenceRequest.js";
import { type CommitPreview, previewCommit } from "../protocol/samplingLaw.js";
import type { Batch, Job, Receipt } from "../protocol/types.js";
import type { JobAnswer } from "../protocol/workerApi.js";
import type { Context } from "./context.js";
import { getBatch } from "./getBatch.js";
import { getParameters } from "./getParameters.js";
import { getOutput } from "./getOutput.js";
import { getQuote } from "./getQuote.js";
import { openJob } from "./openJob.js";
import { prepareJob, type PrepareJobParameters } from "./prepareJob.js";
import { read } from "./read.js";
import { sendJobRequest } from "./sendJobRequest.js";
import { sleep } from "./sleep.js";

/** Milliseconds between two looks for the answer. */
const POLLING = 500;

export interface RequestInferenceParameters extends Omit<
  PrepareJobParameters,
  "requester" | "requests" | "callback" | "collateral"
> {
  /** The provider's endpoint, from its metadata. */
  readonly endpoint: string;
  readonly request: InferenceRequest;
  /** What the answer is paid; `priceOf` with the provider's prices gives what it asks. */
  readonly fee: bigint;
  /** Called before the job is opened, with what it will cost and how likely an audit is; a throw stops it. */
  readonly onPrepared?: (prepared: {
    readonly jobId: string;
    readonly job: Job;
    readonly preview: CommitPreview;
  }) => void;
  /** Called when the job is on the chain. From here on its id finds it again. */
  readonly onOpened?: (opened: { readonly jobId: string; readonly transactionHash: string }) => void;
  readonly signal?: AbortSignal;
}

export interface Inference {
  readonly jobId: string;
  readonly job: Job;
  readonly output: Uint8Array;
  /** The output as text, with replacement characters where it is not UTF-8. */
  readonly text: string;
  readonly receipt: Receipt;
  readonly batchId: string;
  /** The committed batch that holds exactly this answer. */
  readonly batch: Batch;
}

/**
 * Buys one answer: quote, job, request, answer, and the check of what arrived against what was committed. Payment follows
 * later, unless the batch is drawn and rejected: `waitForJob` tells.
 *
 * @throws AssayError whatever keeps the job from being opened; `JOB_UNDELIVERED` if the provider let its deadline pass (then
 * `expireJob` brings the budget and a compensation); `ANSWER_MISMATCH` if the answer is not the committed one
 *
 * @example
 * const { text, jobId } = await requestInference({ contracts, sender }, {
 *   endpoint, provider, modelId: 1n, collateralBps: 25_000n, fee: 2_000_000n,
 *   request: { prompt: "Alice was", maxOutputUnits: 200 },
 * });
 */
export async function requestInference(context: Context, parameters: RequestInferenceParameters): Promise<Inference> {
  const { endpoint, request, fee, onPrepared, onOpened, signal, ...terms } = parameters;
  const { json, requestHash } = requestDocument(request);
  const requester = context.sender.address;
  const requests = [{ hash: requestHash, fee }];
  const { job, jobId, commitment, onProbation } = await prepareJob(context, { ...terms, requester, requests });
  const { quote, collateral } = await getQuote(context, { endpoint, job, request: json, ...withSignal(signal) });
  const { escrow } = await getParameters(context);
  const preview = previewCommit(job, { ...commitment, collateral }, escrow, { onProbation });
  onPrepared?.({ jobId, job, preview });
  const { transactionHash } = await openJob(context, { job, quote });
  onOpened?.({ jobId, transactionHash });
  await bring(endpoint, jobId, json, signal);
  return await receiveAnswer(context, { endpoint, jobId, job, ...withSignal(signal) });
}

export interface ReceiveAnswerParameters {
  readonly endpoint: string;
  readonly jobId: string;
  readonly job: Job;
  readonly signal?: AbortSignal;
}

/**
 * Waits for the answer to an open job and for its batch, and checks the one against the other. Also takes up a job of an
 * earlier run.
 *
 * @throws AssayError `JOB_UNDELIVERED`, `ANSWER_MISMATCH`
 *
 * @example
 * const { job } = await getJob({ contracts }, { jobId });
 * const { text } = await receiveAnswer({ contracts, sender }, { endpoint, jobId, job });
 */
export async function receiveAnswer(context: Context, parameters: ReceiveAnswerParameters): Promise<Inference> {
  const { jobId, job, signal } = parameters;
  const { policyId } = await read(context.contracts.registry.versionOf(job.modelId, job.version));
  let answer: JobAnswer | undefined;
  for (;;) {
    answer ??= await tryOutput(context, parameters);
    const committed = answer === undefined ? undefined : await getBatch(context, { jobId });
    if (answer !== undefined && committed !== undefined) {
      const { batch, batchId } = committed;
      const { output } = checkAnswer(answer, { jobId, job, policyId, batch });
      return { jobId, job, output, text: new TextDecoder().decode(output), receipt: answer.receipt, batchId, batch };
    }
    await requireTimeLeft(context, jobId, job);
    await sleep(POLLING, signal);
  }
}

/** A provider that is away for a moment has until its deadline. */
async function tryOutput(
  context: Context,
  { endpoint, jobId, signal }: ReceiveAnswerParameters,
): Promise<JobAnswer | undefined> {
  try {
    const reply = await getOutput(context, { endpoint, jobId, ...withSignal(signal) });
    return "output" in reply ? reply : undefined;
  } catch (error) {
    if (AssayError.is(error) && error.retryable) return undefined;
    throw error;
  }
}

async function bring(endpoint: string, jobId: string, request: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sendJobRequest({ endpoint, jobId, request, ...withSignal(signal) });
  } catch (error) {
    // The quote brought it already; this only helps a worker that has forgotten.
    if (!AssayError.is(error) || !error.retryable) throw error;
  }
}

async function requireTimeLeft(context: Context, jobId: string, { commitBy }: Job): Promise<void> {
  const block = await read(context.contracts.provider.getBlock("latest"));
  if (block === null || BigInt(block.timestamp) <= commitBy) return;
  if ((await getBatch(context, { jobId })) !== undefined) return;
  throw new AssayError({
    code: "JOB_UNDELIVERED",
    message: `The provider did not commit the job ${jobId} by its deadline.`,
    hint: "Call expireJob: the budget comes back, with a compensation.",
    details: { jobId, commitBy },
  });
}

/** Optional properties may not be undefined. */
function withSignal(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
