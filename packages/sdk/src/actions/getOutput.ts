import { assayDomain } from "../protocol/eip712.js";
import {
  type JobAnswer,
  jobAnswerSchema,
  type JobPending,
  jobPendingSchema,
  OUTPUT_REQUEST_TYPES,
  outputAuthorization,
} from "../protocol/workerApi.js";
import type { Context } from "./context.js";
import { callWorker, parseReply, workerUrl } from "./workerClient.js";

/** Seconds for which a request to read an output holds. */
const LIFETIME = 300n;

export interface GetOutputParameters {
  readonly endpoint: string;
  readonly jobId: string;
  readonly signal?: AbortSignal;
}

/**
 * Asks for a job's answer, in the requester's name: the sender must be the job's requester.
 *
 * @returns the answer, unchecked (`checkAnswer`), or where the job stands
 * @throws AssayError `WORKER_UNREACHABLE`, `WORKER_REPLY_INVALID`, or the worker's own reason
 *
 * @example
 * const reply = await getOutput({ contracts, sender }, { endpoint, jobId });
 * if ("output" in reply) console.log(reply.output);
 */
export async function getOutput(
  { contracts, sender }: Context,
  { endpoint, jobId, signal }: GetOutputParameters,
): Promise<JobAnswer | JobPending> {
  const url = workerUrl(endpoint, `/v1/jobs/${jobId}/output`);
  const domain = assayDomain(contracts.chainId, contracts.deployment.contracts.JobEscrow);
  const expiresAt = BigInt(Math.floor(Date.now() / 1_000)) + LIFETIME;
  const signature = await sender.signTypedData(domain, OUTPUT_REQUEST_TYPES, { jobId, expiresAt });
  const reply = await callWorker(url, {
    headers: { authorization: outputAuthorization(expiresAt, signature) },
    signal,
  });
  if (reply.status === 202) return parseReply(jobPendingSchema, reply, url);
  return parseReply(jobAnswerSchema, reply, url);
}
