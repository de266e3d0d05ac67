import { assayDomain } from "../protocol/eip712.js";
import { jobId } from "../protocol/receipts.js";
import type { Job } from "../protocol/types.js";
import type { ReadContext } from "./context.js";
import { isSignedByProvider } from "./signatures.js";

export interface VerifyQuoteParameters {
  readonly job: Job;
  readonly quote: string;
}

/**
 * Says whether the escrow would take the quote for the job: signed by the provider's operator or owner, who may be contracts.
 *
 * @example
 * if (!(await verifyQuote({ contracts }, { job, quote }))) return; // ask another provider
 */
export async function verifyQuote({ contracts }: ReadContext, { job, quote }: VerifyQuoteParameters): Promise<boolean> {
  const id = jobId(job, assayDomain(contracts.chainId, contracts.deployment.contracts.JobEscrow));
  return await isSignedByProvider(contracts, job.provider, id, quote);
}
