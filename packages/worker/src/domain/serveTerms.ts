import {
  AssayError,
  type CommitPreview,
  type EscrowParams,
  type InferenceRequest,
  type Job,
  JobKind,
  keccakHex,
  parseRequest,
  type Policy,
  previewCommit,
  priceOf,
  type Prices,
} from "@assay/sdk";
import { ZeroHash } from "ethers";

import type { WorkerConfig } from "./configSchema.js";

const BPS = 10_000n;

/** What a job is held against before it is taken. */
export interface ServingConditions {
  readonly provider: string;
  readonly policy: Policy;
  readonly prices: Prices;
  readonly limits: WorkerConfig["limits"];
  readonly escrow: EscrowParams;
  /** The model's royalty and sampling terms in the registry now. */
  readonly registryTerms: Pick<Job, "royaltyBps" | "verifierFee" | "samplePoints" | "detection">;
  readonly onProbation: boolean;
  /** Chain time, Unix seconds. */
  readonly now: number;
  readonly inputUnits: (request: InferenceRequest) => number;
}

/** What taking the job means. */
export interface Assessment {
  readonly request: InferenceRequest;
  /** Collateral to lock for its batch. */
  readonly collateral: bigint;
  readonly preview: CommitPreview;
}

export function refuse(code: string, message: string, hint: string, details: Record<string, unknown> = {}): never {
  throw new AssayError({ code, message, hint, details });
}

/**
 * Reads a request and holds it to the hash that was agreed and to the policy.
 *
 * @throws AssayError `REQUEST_TOO_LARGE`, `REQUEST_MISMATCH`, `INVALID_REQUEST`, `REQUEST_NOT_CANONICAL`, `OUTPUT_LIMIT`
 */
export function readRequest(
  text: Uint8Array,
  { requestHash, policy }: { readonly requestHash: string; readonly policy: Policy },
): InferenceRequest {
  if (text.length > policy.maxDataBytes) {
    refuse(
      "REQUEST_TOO_LARGE",
      `The request has ${text.length} bytes, the model takes ${policy.maxDataBytes}.`,
      "Shorten the prompt.",
    );
  }
  const actual = keccakHex(text);
  if (actual !== requestHash.toLowerCase()) {
    refuse(
      "REQUEST_MISMATCH",
      `The request's hash is ${actual}, the job's is ${requestHash}.`,
      "Send the exact bytes whose keccak256 the job holds.",
    );
  }
  const { request } = parseRequest(decode(text));
  if (request.maxOutputUnits > policy.maxOutputUnits) {
    refuse(
      "OUTPUT_LIMIT",
      `The request asks for ${request.maxOutputUnits} output units, the model gives at most ${policy.maxOutputUnits}.`,
      "Ask for fewer.",
    );
  }
  return request;
}

function decode(text: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(text);
  } catch (cause) {
    throw new AssayError({ code: "INVALID_REQUEST", message: "The request is not UTF-8.", cause });
  }
}

/**
 * Decides whether a one-shot job is worth taking, and with how much collateral.
 *
 * @param text bytes of the request
 * @throws AssayError with the term that does not suit: `UNSUPPORTED_JOB`, `WRONG_PROVIDER`, `TERMS_OUTDATED`, `DEADLINE_TOO_SHORT`, `QUOTE_TOO_LONG`,
 * `DISPUTE_WINDOW_TOO_LONG`, `PRICE_TOO_LOW`, `COLLATERAL_TOO_HIGH`, `NOT_WORTH_IT`, and those of {@link readRequest}
 */
export function assessJob(job: Job, text: Uint8Array, conditions: ServingConditions): Assessment {
  const { provider, policy, prices, limits, escrow } = conditions;
  if (job.provider !== provider) {
    refuse("WRONG_PROVIDER", `The job names the provider ${job.provider}.`, `This worker serves for ${provider}.`);
  }
  if (job.kind !== JobKind.OneShot || job.units !== 1n) {
    refuse("UNSUPPORTED_JOB", "This worker takes one-shot jobs of one unit.", "Open a job for each request.");
  }
  checkRegistryTerms(job, conditions.registryTerms);
  checkTimes(job, limits, conditions.now);
  const request = readRequest(text, { requestHash: job.requestHash, policy });
  const inputUnits = BigInt(conditions.inputUnits(request));
  const price = priceOf(prices, inputUnits, BigInt(request.maxOutputUnits));
  if (job.budget < price) {
    refuse("PRICE_TOO_LOW", `The budget is ${job.budget}, the price ${price}.`, "Raise the budget to the price.", {
      budget: job.budget,
      price,
    });
  }
  return { request, ...chooseCollateral(job, limits, escrow, conditions.onProbation) };
}

export function checkRegistryTerms(job: Job, terms: ServingConditions["registryTerms"]): void {
  for (const field of ["royaltyBps", "verifierFee", "samplePoints", "detection"] as const) {
    if (job[field] === terms[field]) continue;
    refuse(
      "TERMS_OUTDATED",
      `The job's ${field} is ${job[field]}, the model's ${terms[field]}.`,
      "Prepare the job again from the model's present terms.",
    );
  }
}

export function checkTimes(job: Job, limits: WorkerConfig["limits"], now: number): void {
  if (job.acceptBy < BigInt(now) || job.commitBy < BigInt(now + limits.minServeSeconds)) {
    refuse(
      "DEADLINE_TOO_SHORT",
      `The job is to be committed by ${job.commitBy}; it is ${now} now.`,
      `Leave the provider at least ${limits.minServeSeconds} seconds.`,
    );
  }
  if (job.acceptBy > BigInt(now + limits.maxQuoteSeconds)) {
    refuse(
      "QUOTE_TOO_LONG",
      `The job may be opened until ${job.acceptBy}; it is ${now} now.`,
      `Stake is kept free for a quote: use it within ${limits.maxQuoteSeconds} seconds.`,
    );
  }
  if (job.disputeWindow > BigInt(limits.maxDisputeWindow)) {
    refuse(
      "DISPUTE_WINDOW_TOO_LONG",
      `The dispute window is ${job.disputeWindow} seconds.`,
      `This provider waits at most ${limits.maxDisputeWindow} seconds for its pay.`,
    );
  }
}

function chooseCollateral(
  job: Job,
  limits: WorkerConfig["limits"],
  escrow: EscrowParams,
  onProbation: boolean,
): Pick<Assessment, "collateral" | "preview"> {
  const draft = { root: ZeroHash, total: job.budget, count: 1n, maxLeafFee: job.budget };
  const { requiredCollateral } = previewCommit(job, { ...draft, collateral: 0n }, escrow, { onProbation });
  const wanted = (job.budget * BigInt(limits.minCollateralBps) + BPS - 1n) / BPS;
  const collateral = requiredCollateral > wanted ? requiredCollateral : wanted;
  const most = (job.budget * BigInt(limits.maxCollateralBps)) / BPS;
  if (collateral > most) {
    refuse(
      "COLLATERAL_TOO_HIGH",
      `The job needs a collateral of ${collateral}; this provider locks at most ${most} for it.`,
      "Ask for less collateral, or state a lower value at risk.",
    );
  }
  const preview = previewCommit(job, { ...draft, collateral }, escrow, { onProbation });
  if (preview.providerPay <= 0n) {
    refuse(
      "NOT_WORTH_IT",
      `Royalty, protocol fee and premium of the job come to ${job.budget - preview.providerPay}, its budget is ${job.budget}.`,
      "Raise the budget, or the collateral: more collateral means a lower premium.",
    );
  }
  return { collateral, preview };
}
