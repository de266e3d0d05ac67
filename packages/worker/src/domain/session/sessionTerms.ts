import {
  AssayError,
  type EscrowParams,
  type Job,
  JobKind,
  previewCommit,
  type Policy,
  type Prices,
  sessionFeeUp,
  type SessionTerms,
} from "@assay/sdk";
import { ZeroAddress, ZeroHash } from "ethers";

import type { WorkerConfig } from "../configSchema.js";
import { checkRegistryTerms, checkTimes, refuse, type ServingConditions } from "../serveTerms.js";

const BPS = 10_000n;
const MAX_UINT96 = 2n ** 96n - 1n;
/** The default credit line, in largest possible answers. */
const CREDIT_ANSWERS = 4n;
/** What an engine may count beside the bytes of a request: see its `inputUnits`. */
const EXTRA_INPUT_UNITS = 256n;

/** The terms on which sessions with a model are quoted, all defaults filled in. */
export function sessionTermsOf(
  { creditLine, maxBudget, maxSeconds, maxConcurrent }: WorkerConfig["session"],
  prices: Prices,
  { maxDataBytes, maxOutputUnits }: Pick<Policy, "maxDataBytes" | "maxOutputUnits">,
): SessionTerms {
  const largest = sessionFeeUp(
    { inputPrice: prices.perMillionInputUnits, outputPrice: prices.perMillionOutputUnits },
    BigInt(maxDataBytes) + EXTRA_INPUT_UNITS,
    BigInt(maxOutputUnits),
  );
  const most = largest * CREDIT_ANSWERS;
  return {
    creditLine: creditLine ?? (most < MAX_UINT96 ? most : MAX_UINT96),
    maxBudget: maxBudget ?? MAX_UINT96,
    maxSeconds,
    maxConcurrent,
  };
}

export type SessionConditions = Omit<ServingConditions, "inputUnits"> & { readonly terms: SessionTerms };

/**
 * Decides whether a session is worth quoting.
 *
 * @returns collateral for the credit line: what serving at all takes
 * @throws AssayError with the term that does not suit: `WRONG_PROVIDER`, `UNSUPPORTED_JOB`, `TERMS_OUTDATED`, `DEADLINE_TOO_SHORT`, `QUOTE_TOO_LONG`,
 * `SESSION_TOO_LONG`, `DISPUTE_WINDOW_TOO_LONG`, `PRICE_TOO_LOW`, `CREDIT_LINE_TOO_HIGH`, `BUDGET_TOO_HIGH`, `COLLATERAL_TOO_HIGH`, `NOT_WORTH_IT`
 */
export function assessSession(job: Job, request: string, conditions: SessionConditions): bigint {
  const { provider, prices, limits, escrow, terms, now, onProbation } = conditions;
  if (job.provider !== provider) {
    refuse("WRONG_PROVIDER", `The job names the provider ${job.provider}.`, `This worker serves for ${provider}.`);
  }
  checkForm(job, request);
  checkRegistryTerms(job, conditions.registryTerms);
  checkTimes(job, limits, now);
  if (job.commitBy > BigInt(now + terms.maxSeconds)) {
    refuse(
      "SESSION_TOO_LONG",
      `The session lasts until ${job.commitBy}; it is ${now} now.`,
      `This provider keeps a session for at most ${terms.maxSeconds} seconds.`,
    );
  }
  checkPrices(job, prices);
  atMost("CREDIT_LINE_TOO_HIGH", "credit line", job.creditLine, terms.creditLine);
  atMost("BUDGET_TOO_HIGH", "budget", job.budget, terms.maxBudget);
  const collateral = batchCollateral(
    job,
    { total: job.budget, maxLeafFee: job.budget },
    { limits, escrow, onProbation },
  );
  const most = (job.budget * BigInt(limits.maxCollateralBps)) / BPS;
  if (collateral > most) {
    refuse(
      "COLLATERAL_TOO_HIGH",
      `A batch of the whole budget needs a collateral of ${collateral}; this provider locks at most ${most} for it.`,
      "Ask for less collateral, or state a lower value at risk.",
    );
  }
  const costs = batchPay(
    job,
    { total: job.budget, maxLeafFee: job.budget, count: 1n },
    collateral,
    escrow,
    onProbation,
  );
  if (costs <= 0n) {
    refuse(
      "NOT_WORTH_IT",
      `Royalty, protocol fee and premium of a batch of the whole budget come to ${job.budget - costs}, the budget is ${job.budget}.`,
      "Raise the budget, or the collateral: more collateral means a lower premium.",
    );
  }
  return (collateral * job.creditLine + job.budget - 1n) / job.budget;
}

function checkForm(job: Job, request: string): void {
  const plain =
    job.kind === JobKind.Session && job.units === 0n && job.requestHash === ZeroHash && job.callback === ZeroAddress;
  if (plain && job.budget > 0n && request === "") return;
  refuse(
    "UNSUPPORTED_JOB",
    "A session has no units, no request, no callback, and a budget.",
    "Ask for it with an empty request, requestHash and callback zero, units 0.",
  );
}

function checkPrices(job: Job, { perMillionInputUnits, perMillionOutputUnits }: Prices): void {
  const asked = { inputPrice: perMillionInputUnits, outputPrice: perMillionOutputUnits };
  for (const field of ["inputPrice", "outputPrice"] as const) {
    if (job[field] >= asked[field]) continue;
    refuse(
      "PRICE_TOO_LOW",
      `The session's ${field} is ${job[field]} per million units, the provider's ${asked[field]}.`,
      "Take the prices of the provider's metadata.",
      { [field]: asked[field] },
    );
  }
}

function atMost(code: string, what: string, actual: bigint, most: bigint): void {
  if (actual <= most) return;
  refuse(
    code,
    `The session's ${what} is ${actual}; this provider takes at most ${most}.`,
    "Its metadata states its terms.",
    {
      most,
    },
  );
}

/** What a batch of a session is committed with. */
export interface BatchValue {
  readonly total: bigint;
  readonly maxLeafFee: bigint;
}

export interface BatchConditions {
  readonly limits: Pick<WorkerConfig["limits"], "minCollateralBps">;
  readonly escrow: EscrowParams;
  readonly onProbation: boolean;
}

/** Collateral to lock for a batch: what the sampling law and the job ask for, or what this provider wants if that is more. */
export function batchCollateral(
  job: Job,
  { total, maxLeafFee }: BatchValue,
  { limits, escrow, onProbation }: BatchConditions,
): bigint {
  const draft = { root: ZeroHash, total, count: 1n, maxLeafFee, collateral: 0n };
  const { requiredCollateral } = previewCommit(job, draft, escrow, { onProbation });
  const wanted = (total * BigInt(limits.minCollateralBps) + BPS - 1n) / BPS;
  return requiredCollateral > wanted ? requiredCollateral : wanted;
}

/** What the provider keeps of a batch that is paid; the commit reverts if it is below 0. */
export function batchPay(
  job: Job,
  { total, maxLeafFee, count }: BatchValue & { readonly count: bigint },
  collateral: bigint,
  escrow: EscrowParams,
  onProbation: boolean,
): bigint {
  return previewCommit(job, { root: ZeroHash, total, count, maxLeafFee, collateral }, escrow, { onProbation })
    .providerPay;
}

/** How long before the chain takes a batch no more it is committed, in seconds: never more than a quarter of the session's time. */
export function commitMargin({ acceptBy, commitBy }: Job, marginSeconds: number): bigint {
  const quarter = (commitBy - acceptBy) / 4n;
  return quarter < BigInt(marginSeconds) ? quarter : BigInt(marginSeconds);
}

/** What a session refuses a request with; the requester tries again when it signed, topped up, or a batch was committed. */
export function shortage(code: "CREDIT_EXHAUSTED" | "BUDGET_EXHAUSTED" | "CAPACITY" | "TOO_MANY_REQUESTS"): AssayError {
  const [message, hint] = {
    CREDIT_EXHAUSTED: ["What was answered and not signed has reached the credit line.", "Sign a voucher."],
    BUDGET_EXHAUSTED: ["The session's budget does not cover the request.", "Top the session up, or open another."],
    CAPACITY: ["The provider's free stake does not back more answers now.", "Ask another provider, or try again soon."],
    TOO_MANY_REQUESTS: ["As many requests are in work as the session may have at once.", "Wait for one of them."],
  }[code] as [string, string];
  return new AssayError({ code, message, hint, retryable: true });
}
