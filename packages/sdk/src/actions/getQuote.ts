import { AssayError } from "../errors.js";
import { assayDomain } from "../protocol/eip712.js";
import { jobId } from "../protocol/receipts.js";
import type { Job } from "../protocol/types.js";
import { type QuoteResponse, quoteResponseSchema } from "../protocol/workerApi.js";
import type { ReadContext } from "./context.js";
import { verifyQuote } from "./verifyQuote.js";
import { callWorker, parseReply, workerUrl } from "./workerClient.js";

export interface GetQuoteParameters {
  /** The provider's endpoint, from its metadata. */
  readonly endpoint: string;
  readonly job: Job;
  /** Canonical JSON of the request; its hash is the job's. */
  readonly request: string;
  readonly signal?: AbortSignal;
}

/**
 * Asks a provider to quote for a job, and checks that the quote binds it.
 *
 * @throws AssayError `QUOTE_INVALID`, `WORKER_UNREACHABLE`, `WORKER_REPLY_INVALID`, or the worker's own reason
 *
 * @example
 * const { quote, collateral } = await getQuote({ contracts }, { endpoint, job, request: json });
 */
export async function getQuote(
  context: ReadContext,
  { endpoint, job, request, signal }: GetQuoteParameters,
): Promise<QuoteResponse> {
  const { contracts } = context;
  const url = workerUrl(endpoint, "/v1/quotes");
  const reply = await callWorker(url, { method: "POST", body: { job, request }, signal });
  const response = parseReply(quoteResponseSchema, reply, url);
  const id = jobId(job, assayDomain(contracts.chainId, contracts.deployment.contracts.JobEscrow));
  if (response.jobId.toLowerCase() === id && (await verifyQuote(context, { job, quote: response.quote })))
    return response;
  throw new AssayError({
    code: "QUOTE_INVALID",
    message: `The quote of ${endpoint} does not bind the provider to the job.`,
    hint: "The endpoint may work for another provider or another deployment; choose another one.",
  });
}
