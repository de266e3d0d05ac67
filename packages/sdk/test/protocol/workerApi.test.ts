import { expect } from "chai";

import { AssayError } from "../../src/errors.js";
import {
  apiErrorSchema,
  checkOutputAuthorization,
  jobAnswerSchema,
  OUTPUT_REQUEST_TYPES,
  outputAuthorization,
  priceOf,
  providerMetadataSchema,
  quoteRequestSchema,
  quoteResponseSchema,
  toWireJson,
} from "../../src/protocol/workerApi.js";
import { DOMAIN, OPERATOR, REQUESTER, servedJob } from "../helpers/fixtures.js";

const { request, context, answer } = servedJob();
const { job, jobId } = context;
const wire = (value: unknown): unknown => JSON.parse(toWireJson(value)) as unknown;

describe("worker API", () => {
  it("carries jobs, quotes and answers as JSON without losing a digit", () => {
    const large = { ...job, budget: 2n ** 96n - 1n, detection: 10n ** 18n };
    expect(quoteRequestSchema.parse(wire({ job: large, request }))).to.deep.equal({ job: large, request });
    const quote = { jobId, quote: "0x1234", collateral: 25n };
    expect(quoteResponseSchema.parse(wire(quote))).to.deep.equal(quote);
    expect(jobAnswerSchema.parse(wire(answer))).to.deep.equal(answer);
  });

  it("writes amounts as decimal strings", () => {
    expect(toWireJson({ collateral: 2n ** 96n, none: undefined })).to.equal(
      '{"collateral":"79228162514264337593543950336"}',
    );
  });

  const problems: [string, object, string][] = [
    ["a number for an amount", { budget: 5 }, "job.budget"],
    ["an amount that no field can hold", { budget: (2n ** 96n).toString() }, "job.budget"],
    ["a negative amount", { budget: "-1" }, "job.budget"],
    ["an amount with a leading zero", { budget: "01" }, "job.budget"],
    ["a short hash", { requestHash: "0x12" }, "job.requestHash"],
    ["no address", { provider: "0x12" }, "job.provider"],
    ["a field that is not known", { extra: "1" }, "job"],
  ];
  for (const [what, change, path] of problems) {
    it(`refuses a job with ${what}`, () => {
      const result = quoteRequestSchema.safeParse({ job: { ...(wire(job) as object), ...change }, request });
      expect(result.success).to.equal(false);
      expect(result.error?.issues[0]?.path.join(".")).to.equal(path);
    });
  }

  it("reads a provider's metadata, ignoring what others add", () => {
    const prices = { perJob: "1000", perMillionInputUnits: "0", perMillionOutputUnits: "20000" };
    const metadata = providerMetadataSchema.parse({
      endpoint: "https://gpu.example/assay",
      operator: OPERATOR.address.toLowerCase(),
      models: [{ modelId: "1", version: "1", prices, region: "eu" }],
      logo: "x.svg",
    });
    expect(metadata).to.deep.equal({
      endpoint: "https://gpu.example/assay",
      operator: OPERATOR.address,
      models: [
        {
          modelId: 1n,
          version: 1n,
          prices: { perJob: 1000n, perMillionInputUnits: 0n, perMillionOutputUnits: 20_000n },
        },
      ],
    });
  });

  it("refuses an endpoint that no requester can call", () => {
    const metadata = { operator: OPERATOR.address, models: [] };
    for (const endpoint of ["gpu.example", "file:///etc/passwd", "javascript:alert(1)"]) {
      expect(providerMetadataSchema.safeParse({ ...metadata, endpoint }).success, endpoint).to.equal(false);
    }
  });

  it("fills in that an error is final", () => {
    const error = { code: "PRICE_TOO_LOW", message: "It costs 5." };
    expect(apiErrorSchema.parse({ error })).to.deep.equal({ error: { ...error, retryable: false } });
  });

  it("prices a request by its units, rounded up", () => {
    const prices = { perJob: 100n, perMillionInputUnits: 1n, perMillionOutputUnits: 2_000_000n };
    expect(priceOf(prices, 0n, 0n)).to.equal(100n);
    expect(priceOf(prices, 1n, 0n)).to.equal(101n);
    expect(priceOf(prices, 1_000_000n, 3n)).to.equal(107n);
  });
});

describe("checkOutputAuthorization", () => {
  const now = 1_000_000n;
  const expected = { domain: DOMAIN, jobId, requester: REQUESTER.address, now };
  const headerOf = async (expiresAt: bigint, signer = REQUESTER, id = jobId): Promise<string> =>
    outputAuthorization(expiresAt, await signer.signTypedData(DOMAIN, OUTPUT_REQUEST_TYPES, { jobId: id, expiresAt }));
  const problemOf = (header: string | undefined): string => {
    try {
      checkOutputAuthorization(header, expected);
    } catch (error) {
      if (AssayError.is(error) && error.code === "OUTPUT_UNAUTHORIZED") return error.message;
      throw error;
    }
    return "";
  };

  it("accepts the requester's signature until it expires", async () => {
    expect(problemOf(await headerOf(now))).to.equal("");
    expect(problemOf(await headerOf(now + 3_600n))).to.equal("");
  });

  it("refuses what has expired or lasts too long", async () => {
    expect(problemOf(await headerOf(now - 1n))).to.include("has expired");
    expect(problemOf(await headerOf(now + 3_601n))).to.include("lasts too long");
  });

  it("refuses another signer, another job, another expiry and another deployment", async () => {
    const refused = "that the job's requester did not sign";
    expect(problemOf(await headerOf(now, OPERATOR))).to.include(refused);
    expect(problemOf(await headerOf(now, REQUESTER, context.policyId))).to.include(refused);
    expect(problemOf((await headerOf(now)).replace("1000000", "1000001"))).to.include(refused);
    const elsewhere = { ...DOMAIN, chainId: 1n };
    const signature = await REQUESTER.signTypedData(elsewhere, OUTPUT_REQUEST_TYPES, { jobId, expiresAt: now });
    expect(problemOf(outputAuthorization(now, signature))).to.include(refused);
  });

  it("refuses what is no header of this kind", () => {
    for (const header of [undefined, "", "Bearer x", "OutputRequest expiresAt=5, signature=0xzz"]) {
      expect(problemOf(header)).to.include("no output request");
    }
    expect(problemOf(outputAuthorization(now, "0x1234"))).to.include("did not sign");
  });
});
