/**
 * What a provider's worker and a requester say to each other over HTTP. Amounts and other integers of the chain are decimal
 * strings in JSON, hashes and signatures 0x strings.
 *
 *   POST /v1/quotes             QuoteRequest          → 200 QuoteResponse
 *   POST /v1/jobs/:id/request   JobRequest            → 202 JobRequestAccepted
 *   GET  /v1/jobs/:id/output    Authorization header  → 200 JobAnswer, or 202 JobPending while there is none
 *
 * Every other status carries an ApiError.
 */
import { getAddress, type TypedDataField, verifyTypedData } from "ethers";
import { z } from "zod";

import { AssayError } from "../errors.js";
import type { AssayDomain } from "./eip712.js";
import type { Job, Receipt } from "./types.js";
import { wireAddress as address, wireBytes as hexBytes, wireBytes32 as bytes32, wireUint as uint } from "./wire.js";

/** A job as JSON. */
export const jobSchema = z.strictObject({
  requester: address,
  nonce: uint(64),
  provider: address,
  kind: uint(8),
  modelId: uint(256),
  version: uint(32),
  units: uint(32),
  requestHash: bytes32,
  budget: uint(96),
  inputPrice: uint(96),
  outputPrice: uint(96),
  creditLine: uint(96),
  valueAtRisk: uint(96),
  collateralBps: uint(32),
  royaltyBps: uint(16),
  verifierFee: uint(96),
  samplePoints: uint(16),
  detection: uint(64),
  disputeWindow: uint(32),
  acceptBy: uint(64),
  commitBy: uint(64),
  callback: address,
}) satisfies z.ZodType<Job>;

/** A receipt as JSON. */
export const receiptSchema = z.strictObject({
  provider: address,
  jobId: bytes32,
  nonce: uint(64),
  modelId: uint(256),
  version: uint(32),
  policyId: bytes32,
  requestHash: bytes32,
  responseRoot: bytes32,
  seed: uint(64),
  inputUnits: uint(64),
  outputUnits: uint(64),
  fee: uint(96),
  startedAt: uint(64),
  finishedAt: uint(64),
}) satisfies z.ZodType<Receipt>;

/** What a provider asks. All in smallest units of the settlement asset. */
export const pricesSchema = z.object({
  perJob: uint(96),
  perMillionInputUnits: uint(96),
  perMillionOutputUnits: uint(96),
});

export type Prices = z.infer<typeof pricesSchema>;

/** On what terms a provider quotes sessions with a model. */
export const sessionTermsSchema = z.object({
  /** Most that a job's `creditLine` may be, in smallest units: what may be served beyond the last voucher. */
  creditLine: uint(96),
  /** Most that a session may hold when it is opened, in smallest units. */
  maxBudget: uint(96),
  /** Longest time from a quote to the session's `commitBy`, in seconds. */
  maxSeconds: z.int().positive(),
  /** Most requests that may be in work at once. */
  maxConcurrent: z.int().positive(),
});

export type SessionTerms = z.infer<typeof sessionTermsSchema>;

/** What can be asked of a model, as OpenAI names the paths. */
export const MODEL_ENDPOINTS = ["chat", "completions", "embeddings"] as const;

export type ModelEndpoint = (typeof MODEL_ENDPOINTS)[number];

/** What a provider's `metadataURI` leads to. Fields that are not known here are ignored: others may add some. */
export const providerMetadataSchema = z.object({
  /** For people. */
  name: z.string().max(200).optional(),
  /** Where its worker answers: the base of the paths above. */
  endpoint: z.url({ protocol: /^https?$/ }),
  /** As registered, so that a stale file is noticed. */
  operator: address,
  models: z.array(
    z.object({
      modelId: uint(256),
      version: uint(32),
      prices: pricesSchema,
      /** Most collateral that it will lock, in bps of the budget. */
      maxCollateralBps: uint(32).optional(),
      /** Left out by a provider that quotes no sessions. */
      session: sessionTermsSchema.optional(),
      /** What input and output units count. */
      unit: z.enum(["bytes", "tokens"]).optional(),
      /** Most output units of an answer. */
      maxOutputUnits: z.int().positive().optional(),
      /** Largest request: bytes of its canonical JSON. */
      maxDataBytes: z.int().positive().optional(),
      /** Names that are not known here are ignored by whoever reads them. */
      endpoints: z.array(z.string().max(40)).max(16).optional(),
      /** Precision of the weights, as the version's policy pins it. */
      quantization: z.string().max(200).optional(),
    }),
  ),
});

export type ProviderMetadata = z.infer<typeof providerMetadataSchema>;

/** Asks for a quote over exactly this job, whose request has the text `request`. */
export const quoteRequestSchema = z.strictObject({
  job: jobSchema,
  /** Canonical JSON of an `InferenceRequest`; its hash is the job's. */
  request: z.string(),
});

export type QuoteRequest = z.infer<typeof quoteRequestSchema>;

export const quoteResponseSchema = z.object({
  jobId: bytes32,
  /** The operator's signature over the job. */
  quote: hexBytes,
  /** What the provider will lock for the batch: decides how likely an audit is. */
  collateral: uint(96),
});

export type QuoteResponse = z.infer<typeof quoteResponseSchema>;

/** Brings the request of a job that was opened without a quote, or to a worker that has forgotten it. */
export const jobRequestSchema = z.strictObject({ request: z.string() });

export type JobRequest = z.infer<typeof jobRequestSchema>;

export const jobRequestAcceptedSchema = z.object({ jobId: bytes32 });

/** Where a job stands that has no answer yet. */
export const jobPendingSchema = z.object({
  jobId: bytes32,
  /** `waiting`: not seen on the chain or without its request. `running`: in work. `committing`: done, not yet on the chain. */
  status: z.enum(["waiting", "running", "committing"]),
});

export type JobPending = z.infer<typeof jobPendingSchema>;

/** The answer to a job's request, with all that is needed to check it against the chain. */
export const jobAnswerSchema = z.object({
  jobId: bytes32,
  /** The output's bytes, base64. */
  output: z.base64(),
  receipt: receiptSchema,
  /** Unblinds the receipt's `responseRoot`. */
  salt: bytes32,
});

export type JobAnswer = z.infer<typeof jobAnswerSchema>;

/** What went wrong, in the shape of an {@link AssayError}. */
export const apiErrorSchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    hint: z.string().optional(),
    retryable: z.boolean().default(false),
    details: z.record(z.string(), z.unknown()).optional(),
  }),
});

export type ApiError = z.infer<typeof apiErrorSchema>;

/** Any value of this file as JSON text: bigints become decimal strings. */
export function toWireJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? item.toString() : item));
}

/** What the operator asks for a request, rounded up. */
export function priceOf(prices: Prices, inputUnits: bigint, maxOutputUnits: bigint): bigint {
  const million = 1_000_000n;
  const variable = inputUnits * prices.perMillionInputUnits + maxOutputUnits * prices.perMillionOutputUnits;
  return prices.perJob + (variable + million - 1n) / million;
}

/** EIP-712 types of what a requester signs to read an output. */
export const OUTPUT_REQUEST_TYPES: Record<string, TypedDataField[]> = {
  OutputRequest: [
    { name: "jobId", type: "bytes32" },
    { name: "expiresAt", type: "uint64" },
  ],
};

/** Nobody needs one for longer, so one that lasts longer is refused, in seconds. */
export const LONGEST_OUTPUT_REQUEST = 3_600n;

const AUTHORIZATION = /^OutputRequest expiresAt=([0-9]{1,20}), signature=(0x[0-9a-fA-F]+)$/;

/** The `Authorization` header that carries a signed output request. */
export function outputAuthorization(expiresAt: bigint, signature: string): string {
  return `OutputRequest expiresAt=${expiresAt}, signature=${signature}`;
}

/**
 * Checks the `Authorization` header of a request for an output: signed by `requester`, for this job, not expired.
 *
 * @param now Unix seconds
 * @throws AssayError `OUTPUT_UNAUTHORIZED`
 */
export function checkOutputAuthorization(
  header: string | undefined,
  { domain, jobId, requester, now }: { domain: AssayDomain; jobId: string; requester: string; now: bigint },
): void {
  const [, expiry, signature] = AUTHORIZATION.exec(header ?? "") ?? [];
  if (expiry === undefined || signature === undefined) throw unauthorized("no output request in its header");
  const expiresAt = BigInt(expiry);
  if (expiresAt < now) throw unauthorized("an output request that has expired");
  if (expiresAt > now + LONGEST_OUTPUT_REQUEST) throw unauthorized("an output request that lasts too long");
  if (signerOf(domain, { jobId, expiresAt }, signature) !== getAddress(requester)) {
    throw unauthorized("an output request that the job's requester did not sign");
  }
}

function signerOf(
  domain: AssayDomain,
  value: { jobId: string; expiresAt: bigint },
  signature: string,
): string | undefined {
  try {
    return verifyTypedData(domain, OUTPUT_REQUEST_TYPES, value, signature);
  } catch {
    return undefined;
  }
}

function unauthorized(what: string): AssayError {
  return new AssayError({
    code: "OUTPUT_UNAUTHORIZED",
    message: `The call has ${what}.`,
    hint: "Sign OutputRequest(bytes32 jobId,uint64 expiresAt) with the requester's key.",
  });
}
