import { assayDomain, JOB_TYPES } from "../protocol/eip712.js";
import type { Job } from "../protocol/types.js";
import type { Context } from "./context.js";

/**
 * Signs a job as its provider: a quote. Whoever has it can open exactly this job, once, until `acceptBy`, and bind the
 * provider with it. The sender must be the provider's operator or owner.
 *
 * @returns the signature that `openJob` takes
 *
 * @example
 * const quote = await signQuote({ contracts, sender: operator }, { job });
 */
export async function signQuote({ contracts, sender }: Context, { job }: { readonly job: Job }): Promise<string> {
  const domain = assayDomain(contracts.chainId, contracts.deployment.contracts.JobEscrow);
  return await sender.signTypedData(domain, JOB_TYPES, { ...job });
}
