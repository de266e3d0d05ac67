import { AssayError, type EscrowParams, type Job, keccakHex, policyDocument, requestDocument } from "@assay/sdk";
import { expect } from "chai";

import { configSchema } from "../../src/domain/configSchema.js";
import { promptOf } from "../../src/domain/prompt.js";
import { assessJob, readRequest, type ServingConditions } from "../../src/domain/serveTerms.js";
import { PROVIDER, REQUESTER, sampleJob } from "../helpers/samples.js";

const { policy } = policyDocument({
  mode: "exact",
  engine: "ngram",
  engineVersion: "1",
  weights: `0x${"11".repeat(32)}`,
  order: 6,
  tokenizer: "bytes",
  template: "none",
  precision: { weights: "uint32", activations: "none", kvCache: "none" },
  hardwareClass: "any",
  maxOutputUnits: 100,
  temperature: 0,
  samplePoints: 1,
  detection: "1000000000000000000",
  verifierFee: "1000",
  maxDataBytes: 200,
});

const { limits } = configSchema.parse({
  rpcUrls: ["http://localhost"],
  deployment: "d",
  keystore: "k",
  passwordFile: "p",
  models: [{ modelId: 1, version: 1, policy: "p", weights: "w", order: 1 }],
});

const escrow: EscrowParams = {
  treasury: REQUESTER,
  protocolFeeBps: 100n,
  beaconShare: 5_000n,
  beaconDelay: 3n,
  maxDisputeWindow: 86_400n,
  callbackGas: 100_000n,
  verifierValueBps: 100n,
  alwaysAuditAbove: 10n ** 10n,
  collusion: 2n * 10n ** 17n,
  capture: 8n * 10n ** 16n,
  recovery: 5n * 10n ** 17n,
  safety: 2n * 10n ** 18n,
  floor: 10n ** 16n,
  closeGrace: 86_400n,
  testNetwork: true,
};

const { json, requestHash } = requestDocument({ prompt: "Alice was ", maxOutputUnits: 50 });
const TEXT = new TextEncoder().encode(json);

const conditions = (over: Partial<ServingConditions> = {}): ServingConditions => ({
  provider: PROVIDER,
  policy,
  prices: { perJob: 500_000n, perMillionInputUnits: 1_000_000_000n, perMillionOutputUnits: 2_000_000_000n },
  limits,
  escrow,
  registryTerms: { royaltyBps: 500n, verifierFee: 1_000n, samplePoints: 1n, detection: 10n ** 18n },
  onProbation: false,
  now: 1_500,
  inputUnits: (request) => promptOf(request).length,
  ...over,
});
const suitable = (over: Partial<Job> = {}): Job => sampleJob({ requestHash, ...over });

function refusal(work: () => unknown): AssayError {
  try {
    work();
  } catch (error) {
    if (AssayError.is(error)) return error;
    throw error;
  }
  return expect.fail("it was accepted");
}

describe("serveTerms", () => {
  describe("assessJob", () => {
    it("takes a suitable job with the collateral it asks for", () => {
      const { request, collateral, preview } = assessJob(suitable(), TEXT, conditions());

      expect(request).to.deep.equal({ prompt: "Alice was ", maxOutputUnits: 50 });
      expect(collateral).to.equal(2_500_000n);
      expect(preview.p).to.equal(966_183_574_879_227_054n);
    });

    it("locks what the sampling law needs if the job asks for less, and what the provider wants if that is more", () => {
      expect(assessJob(suitable({ collateralBps: 1n }), TEXT, conditions()).collateral).to.equal(2_347_827n);
      const generous = conditions({ limits: { ...limits, minCollateralBps: 200_000 } });
      expect(assessJob(suitable(), TEXT, generous).collateral).to.equal(20_000_000n);
    });

    it("charges for the job, its input and the most output it may have", () => {
      // 500,000 + 10 · 1,000 + 50 · 2,000
      expect(() => assessJob(suitable({ budget: 610_000n }), TEXT, conditions())).to.not.throw();
      expect(refusal(() => assessJob(suitable({ budget: 609_999n }), TEXT, conditions()))).to.deep.include({
        code: "PRICE_TOO_LOW",
        details: { budget: 609_999n, price: 610_000n },
      });
    });

    it("refuses what is not its own or not of its kind", () => {
      const refused = (over: Partial<Job>): string => refusal(() => assessJob(suitable(over), TEXT, conditions())).code;

      expect(refused({ provider: REQUESTER })).to.equal("WRONG_PROVIDER");
      expect(refused({ kind: 1n })).to.equal("UNSUPPORTED_JOB");
      expect(refused({ units: 2n })).to.equal("UNSUPPORTED_JOB");
      expect(refused({ royaltyBps: 499n })).to.equal("TERMS_OUTDATED");
      expect(refused({ verifierFee: 1n })).to.equal("TERMS_OUTDATED");
      expect(refused({ samplePoints: 8n })).to.equal("TERMS_OUTDATED");
      expect(refused({ detection: 1n })).to.equal("TERMS_OUTDATED");
    });

    it("refuses deadlines that are too short, and ones that bind it too long", () => {
      const refused = (over: Partial<Job>): string => refusal(() => assessJob(suitable(over), TEXT, conditions())).code;

      expect(refused({ acceptBy: 1_499n })).to.equal("DEADLINE_TOO_SHORT");
      expect(refused({ acceptBy: 1_500n, commitBy: 1_559n })).to.equal("DEADLINE_TOO_SHORT");
      expect(refused({ acceptBy: 2_401n })).to.equal("QUOTE_TOO_LONG");
      expect(refused({ disputeWindow: 86_401n })).to.equal("DISPUTE_WINDOW_TOO_LONG");
      expect(() => assessJob(suitable({ acceptBy: 1_500n, commitBy: 1_560n }), TEXT, conditions())).to.not.throw();
    });

    it("refuses more collateral than it wants to lock for a job", () => {
      expect(refusal(() => assessJob(suitable({ collateralBps: 1_000_001n }), TEXT, conditions()))).to.include({
        code: "COLLATERAL_TOO_HIGH",
        message: "The job needs a collateral of 100000100; this provider locks at most 100000000 for it.",
      });
      expect(refusal(() => assessJob(suitable({ valueAtRisk: 10n ** 9n }), TEXT, conditions())).code).to.equal(
        "COLLATERAL_TOO_HIGH",
      );
    });

    it("refuses a job whose costs eat its budget", () => {
      const cheap = conditions({ prices: { perJob: 0n, perMillionInputUnits: 0n, perMillionOutputUnits: 0n } });
      expect(refusal(() => assessJob(suitable({ budget: 5_000n }), TEXT, cheap)).code).to.equal("NOT_WORTH_IT");
    });
  });

  describe("readRequest", () => {
    const read = (text: string): unknown => {
      const bytes = new TextEncoder().encode(text);
      return readRequest(bytes, { requestHash: keccakHex(bytes), policy });
    };

    it("refuses bytes whose hash is not the agreed one", () => {
      const wrong = TEXT.with(12, 0x41);
      const error = refusal(() => readRequest(wrong, { requestHash, policy }));

      expect(error).to.include({
        code: "REQUEST_MISMATCH",
        message: `The request's hash is ${keccakHex(wrong)}, the job's is ${requestHash}.`,
      });
    });

    it("takes the agreed hash in capital letters", () => {
      const capitals = `0x${requestHash.slice(2).toUpperCase()}`;
      expect(readRequest(TEXT, { requestHash: capitals, policy }).maxOutputUnits).to.equal(50);
    });

    it("refuses what the policy does not allow", () => {
      const { json: long } = requestDocument({ prompt: "x".repeat(200), maxOutputUnits: 1 });
      expect(refusal(() => read(long)).code).to.equal("REQUEST_TOO_LARGE");
      expect(refusal(() => read('{"maxOutputUnits":101,"prompt":"x"}'))).to.include({
        code: "OUTPUT_LIMIT",
        message: "The request asks for 101 output units, the model gives at most 100.",
      });
    });

    it("refuses what is no canonical request, although its hash is right", () => {
      expect(refusal(() => read('{"prompt":"x","maxOutputUnits":1}')).code).to.equal("REQUEST_NOT_CANONICAL");
      expect(refusal(() => read('{"maxOutputUnits":1,"prompt":"x","temperature":1}')).code).to.equal("INVALID_REQUEST");
      expect(refusal(() => read("nonsense")).code).to.equal("INVALID_REQUEST");
      const bytes = Uint8Array.of(0x22, 0xff, 0x22);
      expect(refusal(() => readRequest(bytes, { requestHash: keccakHex(bytes), policy })).code).to.equal(
        "INVALID_REQUEST",
      );
    });
  });
});
