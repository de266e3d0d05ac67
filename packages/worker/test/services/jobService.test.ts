import {
  AssayError,
  checkAnswer,
  type Commitment,
  IJobEscrow__factory,
  type Job,
  jobId as hashJobId,
  assayDomain,
  JobStatus,
  outputAuthorization,
  OUTPUT_REQUEST_TYPES,
  requestDocument,
} from "@assay/sdk";
import type { HttpServer } from "@assay/sdk/node";
import { expect } from "chai";
import { encodeBase64, type Log, Wallet, ZeroHash } from "ethers";

import { startHttpServer } from "../../src/adapters/http/httpServer.js";
import { Metrics } from "../../src/adapters/metrics.js";
import { API_STATUSES, apiRoutes } from "../../src/services/api.js";
import type { WorkerContext } from "../../src/services/context.js";
import { Intake } from "../../src/services/intake.js";
import { JobService } from "../../src/services/jobService.js";
import { Tasks } from "../../src/services/tasks.js";
import { DEPLOYMENT, DOCUMENT, RecordingSender, testContext } from "../helpers/context.js";
import { ADDRESSES, FakeChain } from "../helpers/fakeChain.js";
import { JournalFixture, PLACES } from "../helpers/journals.js";
import { hash, opened, PROVIDER, sampleBatch, sampleEvent, sampleJob } from "../helpers/samples.js";

const escrow = IJobEscrow__factory.createInterface();
const { json, requestHash } = requestDocument({ prompt: "Alice was ", maxOutputUnits: 9 });
const domain = assayDomain(31337n, DEPLOYMENT.contracts.JobEscrow);
const requester = Wallet.createRandom();

describe("jobs, from their request to their answer", () => {
  let fixture: JournalFixture;
  let chain: FakeChain;
  let sender: RecordingSender;
  let context: WorkerContext;
  let service: JobService;
  let server: HttpServer;
  let status: bigint;
  let job: Job;
  let jobId: string;

  beforeEach(async () => {
    job = sampleJob({ requester: requester.address, requestHash });
    jobId = hashJobId(job, domain);
    status = JobStatus.Active;
    fixture = new JournalFixture(PLACES[0]!);
    chain = await FakeChain.start({
      chainId: 31337n,
      missing: [],
      provider: PROVIDER,
      staked: 10n ** 9n,
      gas: 1n,
      version: undefined,
      logs: [],
      calls: { jobStateOf: () => [status, ZeroHash] },
    });
    sender = new RecordingSender();
    context = testContext(chain, await fixture.open(), sender);
    const intake = new Intake(context, { reserved: () => Promise.resolve(0n) });
    service = new JobService(context, intake);
    server = await startHttpServer({
      host: "127.0.0.1",
      port: 0,
      routes: apiRoutes({
        runtime: () => ({ context, intake }),
        metadata: () => ({ endpoint: "http://x", operator: sender.address, models: [] }),
        metrics: new Metrics(""),
        problems: () => [],
        maxDataBytes: 8_192,
      }),
      statuses: API_STATUSES,
      onFault: (error) => expect.fail(String(error)),
    });
  });

  afterEach(async () => {
    await server.close(100);
    await chain.stop();
    await fixture.dispose();
  });

  const accepted = (): Promise<void> =>
    context.chain.advance({ number: 10, hash: hash(10) }, [
      opened(jobId, [10, 0], job),
      sampleEvent("JobAccepted", { jobId, provider: PROVIDER }, [10, 1]),
    ]);
  const committed = (): Promise<void> =>
    context.chain.advance({ number: 11, hash: hash(11) }, [
      sampleEvent("BatchCommitted", { batchId: hash(2), jobId, batch: sampleBatch(jobId) }, [11, 0]),
    ]);
  const work = async (): Promise<void> => {
    await service.tick();
    await context.tasks.settled();
  };
  const post = async (path: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }> => {
    const reply = await fetch(server.url + path, { method: "POST", body: JSON.stringify(body) });
    return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
  };
  async function output(signer = requester, lasts = 300n): Promise<{ status: number; body: Record<string, unknown> }> {
    const expiresAt = BigInt(Math.floor(Date.now() / 1_000)) + lasts;
    const signature = await signer.signTypedData(domain, OUTPUT_REQUEST_TYPES, { jobId, expiresAt });
    const authorization = outputAuthorization(expiresAt, signature);
    const reply = await fetch(`${server.url}/v1/jobs/${jobId}/output`, { headers: { authorization } });
    return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
  }
  const commitLog = (): Log => {
    const batch = sampleBatch(jobId);
    const { topics, data } = escrow.encodeEventLog("BatchCommitted", [hash(2), jobId, batch]);
    return { address: context.contracts.deployment.contracts.JobEscrow, topics, data } as unknown as Log;
  };

  it("answers a job and commits it, the answer with its salt being in the journal before", async () => {
    await accepted();
    await context.jobs.saveRequest(jobId, new TextEncoder().encode(json));
    sender.failure = new AssayError({ code: "KILLED", message: "killed before it was sent", retryable: true });
    await work();
    const before = (await context.jobs.find(jobId))!.answer!;
    expect(new TextDecoder().decode(before.output)).to.equal("beginning");

    sender.failure = undefined;
    sender.logs = [commitLog()];
    // A restarted worker has the same journal and no memory.
    const tasks = new Tasks(context.logger, context.signal);
    await new JobService({ ...context, tasks }, new Intake(context, { reserved: () => Promise.resolve(0n) })).tick();
    await tasks.settled();

    expect(sender.sent.map(({ key }) => key)).to.deep.equal([`commit/${jobId}`]);
    const call = escrow.decodeFunctionData("commitBatch", sender.sent[0]!.data);
    const [sentJob, commitment] = call as unknown as [Job, Commitment];
    expect(sentJob.requestHash).to.equal(requestHash);
    const batch = { ...sampleBatch(jobId), root: commitment.root };
    const { receipt, salt, output: bytes } = (await context.jobs.find(jobId))!.answer!;
    expect(salt, "the first answer is the one that counts").to.equal(before.salt);
    expect(() =>
      checkAnswer(
        { jobId, receipt, salt, output: encodeBase64(bytes) },
        { jobId, job, policyId: DOCUMENT.policyId, batch },
      ),
    ).to.not.throw();
  });

  it("does nothing while the request is missing, or when the chain says that the job is not active", async () => {
    await accepted();
    await work();
    await context.jobs.saveRequest(jobId, new TextEncoder().encode(json));
    status = JobStatus.Committed;
    await work();

    expect((await context.jobs.find(jobId))?.answer).to.equal(undefined);
    expect(sender.sent).to.have.lengthOf(0);
  });

  it("gives a job up when its deadline has passed", async () => {
    await accepted();
    context.clock.update(3_001);
    await work();

    expect((await context.jobs.find(jobId))?.failure).to.equal("it was not committed in time");
    expect(await output()).to.deep.include({ status: 409 });
  });

  describe("POST /v1/jobs/:id/request", () => {
    it("takes exactly the bytes that were agreed", async () => {
      await accepted();
      const wrong = await post(`/v1/jobs/${jobId}/request`, { request: json.replace("Alice", "alice") });
      expect(wrong).to.have.property("status", 422);
      expect(wrong.body["error"]).to.include({ code: "REQUEST_MISMATCH" });

      const right = await post(`/v1/jobs/${jobId}/request`, { request: json });
      expect(right).to.deep.equal({ status: 202, body: { jobId } });
      expect(new TextDecoder().decode((await context.jobs.find(jobId))!.request)).to.equal(json);
    });

    it("refuses a job it does not know, an id that is none, and other bodies", async () => {
      const unknown = await post(`/v1/jobs/${hash(3)}/request`, { request: json });
      expect(unknown.status).to.equal(404);
      expect(unknown.body["error"]).to.include({ code: "UNKNOWN_JOB", retryable: true });
      expect((await post("/v1/jobs/0x12/request", { request: json })).status).to.equal(400);
      expect((await post(`/v1/jobs/${jobId}/request`, { request: 5 })).body["error"]).to.include({
        code: "INVALID_BODY",
      });
      const huge = await post(`/v1/jobs/${jobId}/request`, { request: "x".repeat(80_000) });
      expect(huge.status).to.equal(413);
    });
  });

  describe("GET /v1/jobs/:id/output", () => {
    beforeEach(async () => {
      await accepted();
    });

    it("says where the job stands, and gives the answer once the batch is on the chain", async () => {
      expect(await output()).to.deep.equal({ status: 202, body: { jobId, status: "waiting" } });
      await context.jobs.saveRequest(jobId, new TextEncoder().encode(json));
      expect((await output()).body["status"]).to.equal("running");
      sender.failure = new AssayError({ code: "AWAY", message: "away", retryable: true });
      await work();
      expect((await output()).body["status"]).to.equal("committing");

      await committed();
      const { status: code, body } = await output();
      expect(code).to.equal(200);
      expect(Buffer.from(String(body["output"]), "base64").toString()).to.equal("beginning");
      expect(body).to.have.property("salt");
    });

    it("is for the requester only", async () => {
      expect((await output(Wallet.createRandom())).status).to.equal(401);
      expect((await output(requester, -1n)).status).to.equal(401);
      expect((await output(requester, 4_000n)).status).to.equal(401);
      const bare = await fetch(`${server.url}/v1/jobs/${jobId}/output`);
      expect(bare.status).to.equal(401);
    });

    it("says when a job is over without an answer", async () => {
      await context.chain.advance({ number: 12, hash: hash(12) }, [
        sampleEvent("JobExpired", { jobId, refund: 1n, compensation: 1n }, [12, 0]),
      ]);
      const { status: code, body } = await output();
      expect(code).to.equal(410);
      expect(body["error"]).to.include({ code: "JOB_OVER" });
    });
  });

  describe("POST /v1/quotes", () => {
    const quote = (over: Partial<Job> = {}): Promise<{ status: number; body: Record<string, unknown> }> => {
      const wire = JSON.parse(
        JSON.stringify({ ...job, ...over }, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)),
      ) as object;
      return post("/v1/quotes", { job: wire, request: json });
    };

    beforeEach(() => {
      Object.assign(context.parameters, { escrow: ESCROW });
      chain.state.calls = {
        jobTerms: () => [500n, 1_000n, 1n, 10n ** 18n],
        holdingOf: () => [1n, 1n, 0n],
        // In the escrow (balance, nonce); in the staking (staked, locked).
        accountOf: (account) => (account === PROVIDER ? [6_000_000n, 0n] : [3_000_000n, 0n]),
      };
    });

    it("binds the provider to the job with its operator's signature, and remembers it", async () => {
      const first = await quote();
      expect(first.status).to.equal(200);
      expect(first.body).to.include({ jobId, collateral: "2500000" });
      const { quote: kept, request, stage } = (await context.jobs.find(jobId))!;
      expect(kept).to.equal(first.body["quote"]);
      expect(new TextDecoder().decode(request)).to.equal(json);
      expect(stage).to.equal("unseen");
      expect((await quote()).body, "asked again, the same").to.deep.equal(first.body);
    });

    it("does not promise the same stake twice", async () => {
      expect((await quote()).status).to.equal(200);
      expect((await quote({ nonce: 1n })).status).to.equal(200);
      const third = await quote({ nonce: 2n });
      expect(third.status).to.equal(503);
      expect(third.body["error"]).to.include({
        code: "STAKE_EXHAUSTED",
        message: "The job needs a collateral of 2500000; of the free stake of 6000000, 5000000 is promised.",
      });
      // Another job with the first one's nonce takes its place: only one of the two can ever be opened.
      expect((await quote({ nonce: 0n, disputeWindow: 5n })).status).to.equal(200);
      expect(await context.jobs.find(jobId)).to.equal(undefined);
    });

    it("is not given to a requester that could not open the job", async () => {
      chain.state.calls = {
        ...chain.state.calls,
        accountOf: (account) => (account === PROVIDER ? [10n ** 9n, 0n] : [999_999n, 3n]),
      };
      expect((await quote({ nonce: 2n })).body["error"]).to.include({ code: "NONCE_UNUSABLE" });
      expect((await quote({ nonce: 19n })).body["error"]).to.include({ code: "NONCE_UNUSABLE" });
      expect((await quote({ nonce: 3n })).body["error"]).to.include({
        code: "REQUESTER_UNFUNDED",
        message: "The requester has 999999 in the escrow; this job and those it has quotes for cost 1000000.",
      });
    });

    it("is not given for more than the requester has in the escrow", async () => {
      chain.state.calls = {
        ...chain.state.calls,
        accountOf: (account) => (account === PROVIDER ? [10n ** 9n, 0n] : [1_999_999n, 0n]),
      };
      expect((await quote()).status).to.equal(200);
      expect((await quote({ nonce: 1n })).body["error"]).to.include({
        code: "REQUESTER_UNFUNDED",
        message: "The requester has 1999999 in the escrow; this job and those it has quotes for cost 2000000.",
      });
    });

    it("is not given for a model that is not served", async () => {
      expect((await quote({ version: 2n })).body["error"]).to.include({ code: "MODEL_NOT_SERVED" });
    });
  });
});

const ESCROW = {
  treasury: ADDRESSES.asset,
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
