import { Contract, recoverAddress, ZeroAddress } from "ethers";

import { assayDomain } from "../protocol/eip712.js";
import { jobId } from "../protocol/receipts.js";
import type { Job } from "../protocol/types.js";
import type { ReadContext } from "./context.js";
import { read } from "./read.js";

const ERC1271 = ["function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)"];
const ERC1271_MAGIC = "0x1626ba7e";

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
  const operator = await read(contracts.staking.operatorOf(job.provider));
  if (operator === ZeroAddress) return false;
  const id = jobId(job, assayDomain(contracts.chainId, contracts.deployment.contracts.JobEscrow));
  const candidates = [operator, job.provider];
  const signer = recover(id, quote);
  if (candidates.some((candidate) => candidate.toLowerCase() === signer?.toLowerCase())) return true;
  const answers = await Promise.all(candidates.map((candidate) => isValidSignature(contracts, candidate, id, quote)));
  return answers.includes(true);
}

function recover(id: string, quote: string): string | undefined {
  try {
    return recoverAddress(id, quote);
  } catch {
    return undefined;
  }
}

async function isValidSignature(
  { provider }: ReadContext["contracts"],
  address: string,
  id: string,
  quote: string,
): Promise<boolean> {
  if ((await read(provider.getCode(address))) === "0x") return false;
  try {
    const answer: unknown = await new Contract(address, ERC1271, provider).getFunction("isValidSignature")(id, quote);
    return answer === ERC1271_MAGIC;
  } catch {
    return false;
  }
}
