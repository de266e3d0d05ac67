/** A session's terms for tests that need no chain. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { assayDomain, type Job, JobKind, jobId, keccakHex, policyDocument } from "@assay/sdk";
import { FastSigner } from "@assay/sdk/node";
import { pino } from "pino";

import type { ModelEntry, Offer } from "../../src/domain/catalogue.js";
import { offerId } from "../../src/domain/catalogue.js";
import type { SessionDeal } from "../../src/domain/sessionDeal.js";
import { SessionClient } from "../../src/services/session/sessionClient.js";
import type { SessionClientOptions } from "../../src/services/session/sessionOptions.js";
import { TestProvider, type TestProviderOptions } from "./testProvider.js";

export const REQUESTER_KEY = keccakHex("requester of the tests");
export const OPERATOR_KEY = keccakHex("operator of the tests");
export const DOMAIN = assayDomain(31_337n, "0x1000000000000000000000000000000000000001");
export const quiet = pino({ level: "silent" });

const POLICY = policyDocument({
  mode: "exact",
  engine: "test",
  engineVersion: "1",
  weights: keccakHex("weights"),
  tokenizer: "bytes",
  template: "none",
  precision: { weights: "fp16", activations: "fp16", kvCache: "fp16" },
  hardwareClass: "any",
  maxOutputUnits: 4_096,
  temperature: 0,
  samplePoints: 1,
  detection: "1000000000000000000",
  verifierFee: "0",
  maxDataBytes: 8_192,
});

export function testJob(terms: Partial<Job> = {}): Job {
  const now = BigInt(Math.floor(Date.now() / 1_000));
  return {
    requester: new FastSigner(REQUESTER_KEY).address,
    nonce: 0n,
    provider: "0x2000000000000000000000000000000000000002",
    kind: JobKind.Session,
    modelId: 1n,
    version: 1n,
    units: 0n,
    requestHash: `0x${"00".repeat(32)}`,
    budget: 1_000_000_000n,
    inputPrice: 1_000_000n,
    outputPrice: 2_000_000n,
    creditLine: 10_000_000n,
    valueAtRisk: 0n,
    collateralBps: 25_000n,
    royaltyBps: 0n,
    verifierFee: 0n,
    samplePoints: 1n,
    detection: 10n ** 18n,
    disputeWindow: 0n,
    acceptBy: now + 300n,
    commitBy: now + 86_400n,
    callback: "0x0000000000000000000000000000000000000000",
    ...terms,
  };
}

/** A provider and the terms of a session with it. */
export async function testSession(
  options: Partial<TestProviderOptions> & { readonly terms?: Partial<Job> } = {},
): Promise<{ provider: TestProvider; terms: SessionDeal; offer: Offer }> {
  const { terms: changed, ...rest } = options;
  const job = testJob(changed);
  const id = jobId(job, DOMAIN);
  const provider = await TestProvider.start({
    job,
    jobId: id,
    domain: DOMAIN,
    policyId: POLICY.policyId,
    operatorKey: OPERATOR_KEY,
    ...rest,
  });
  const operator = new FastSigner(OPERATOR_KEY).address;
  const terms: SessionDeal = {
    jobId: id,
    job,
    domain: DOMAIN,
    policyId: POLICY.policyId,
    unit: "bytes",
    endpoint: provider.url,
    signers: [operator, job.provider],
  };
  const offer: Offer = {
    id: offerId(job.provider, job.modelId, job.version),
    provider: job.provider,
    operator,
    name: undefined,
    endpoint: provider.url,
    modelId: job.modelId,
    version: job.version,
    inputPrice: job.inputPrice,
    outputPrice: job.outputPrice,
    creditLine: undefined,
    maxBudget: undefined,
    maxSeconds: undefined,
    maxCollateralBps: undefined,
  };
  return { provider, terms, offer };
}

/** The one model of the tests. */
export function testModel(offers: readonly Offer[], changed: Partial<ModelEntry> = {}): ModelEntry {
  return {
    names: ["alice", "assay/1"],
    modelId: 1n,
    version: 1n,
    policyId: POLICY.policyId,
    unit: "bytes",
    endpoints: ["chat", "completions", "embeddings"],
    maxOutputUnits: POLICY.policy.maxOutputUnits,
    maxDataBytes: POLICY.policy.maxDataBytes,
    quantization: POLICY.policy.precision.weights,
    created: 1_790_000_000,
    offers,
    ...changed,
  };
}

export async function openClient(
  terms: SessionDeal,
  folder: string,
  options: Partial<SessionClientOptions> = {},
): Promise<SessionClient> {
  return await SessionClient.open({
    terms,
    signer: new FastSigner(REQUESTER_KEY),
    folder,
    escrowed: terms.job.budget,
    logger: quiet,
    ...options,
  });
}

/** A folder that is gone when the test is over. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "assay-gateway-"));
  return {
    path,
    remove: async () => {
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** Waits until something holds. */
export async function until(holds: () => boolean, milliseconds = 5_000): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!holds()) {
    if (Date.now() > end) throw new Error("it did not come to be in time");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
