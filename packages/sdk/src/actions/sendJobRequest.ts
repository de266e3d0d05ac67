import { jobRequestAcceptedSchema } from "../protocol/workerApi.js";
import { callWorker, parseReply, workerUrl } from "./workerClient.js";

export interface SendJobRequestParameters {
  readonly endpoint: string;
  readonly jobId: string;
  /** Canonical JSON of the request; its hash is the job's. */
  readonly request: string;
  readonly signal?: AbortSignal;
}

/**
 * Brings a job's request to its provider.
 *
 * @throws AssayError `WORKER_UNREACHABLE`, `WORKER_REPLY_INVALID`, or the worker's own reason
 *
 * @example
 * await sendJobRequest({ endpoint, jobId, request: json });
 */
export async function sendJobRequest({ endpoint, jobId, request, signal }: SendJobRequestParameters): Promise<void> {
  const url = workerUrl(endpoint, `/v1/jobs/${jobId}/request`);
  parseReply(jobRequestAcceptedSchema, await callWorker(url, { method: "POST", body: { request }, signal }), url);
}
