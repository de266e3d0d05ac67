/** Real processes: a chain, a beacon, nine providers. Sessions are served over their WebSocket, settled by voucher, audited. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import {
  assayDomain,
  AssayError,
  type Batch,
  closeJob,
  type Contracts,
  getQuote,
  getSession,
  type InferenceRequest,
  type Job,
  JobKind,
  JobStatus,
  openJob,
  Outcome,
  type PolicyDocument,
  prepareJob,
  receiveAnswer,
  requestDocument,
  sendJobRequest,
  topUp,
} from "@assay/sdk";
import { developmentKey } from "@assay/sdk/node";
import { expect } from "chai";
import { type JsonRpcProvider, ZeroAddress, ZeroHash } from "ethers";

import { Recorded, SessionClient } from "../../packages/worker/test/helpers/sessionClient.js";
import { deploy, type Endpoints, modelPolicy, startChain, untilReady } from "../../scripts/demo/network.js";
import { Ports } from "../../scripts/demo/ports.js";
import { Processes } from "../../scripts/demo/processes.js";
import {
  type Actors,
  createActors,
  type DemoProvider,
  HONEST_PROVIDERS,
  registerNetwork,
} from "../../scripts/demo/setUp.js";

const NEARLY_ALWAYS_AUDITED = 25_000n;
const SELDOM_AUDITED = 1_000_000n;
const PRICES = { perMillionInputUnits: "100000000", perMillionOutputUnits: "200000000" };
const BUDGET = 5_000_000n;
const POLLING = 100;
const ASK: InferenceRequest = { prompt: "Alice was beginning to get very", maxOutputUnits: 60 };

interface ProviderTerms {
  readonly models: readonly { readonly session: Readonly<Record<string, unknown>> }[];
}

interface Opened {
  readonly job: Job;
  readonly jobId: string;
}

describe("sessions of a worker", () => {
  let folder: string;
  let processes: Processes;
  let rpc: JsonRpcProvider;
  let contracts: Contracts;
  let actors: Actors;
  let policy: PolicyDocument;
  let modelId: bigint;
  let deploymentFile: string;
  let endpoints: Endpoints;
  const deaths: Error[] = [];

  before(async function () {
    this.timeout(240_000);
    folder = await mkdtemp(path.join(os.tmpdir(), "assay-test-"));
    await mkdir(path.join(folder, "logs"));
    processes = new Processes(folder, (error) => deaths.push(error));
    const ports = new Ports();
    endpoints = {
      chain: `http://127.0.0.1:${await ports.free()}`,
      beacon: `http://127.0.0.1:${await ports.free()}`,
      workerPorts: await Promise.all(Array.from({ length: HONEST_PROVIDERS + 1 }, () => ports.free())),
      gatewayPort: await ports.free(),
      notes: [],
    };
    rpc = await startChain(processes, endpoints);
    const deployed = await deploy(processes, folder, endpoints, rpc);
    contracts = deployed.contracts;
    deploymentFile = deployed.file;
    actors = await createActors(contracts, rpc, folder, endpoints.workerPorts);
    policy = await modelPolicy();
    ({ modelId } = await registerNetwork(contracts, actors, policy));
    for (const provider of actors.providers) await start(provider);
    await Promise.all(actors.providers.map(untilReady));
  });

  after(async function () {
    this.timeout(240_000);
    await processes.stopAll();
    rpc.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(provider: DemoProvider, session: object = {}): Promise<void> {
    await mkdir(provider.folder, { recursive: true });
    const config = path.join(provider.folder, "config.json");
    await writeFile(path.join(provider.folder, "policy.json"), policy.json);
    const settings = {
      rpcUrls: [endpoints.chain],
      deployment: deploymentFile,
      keystore: provider.keystore,
      passwordFile: provider.passwordFile,
      provider: provider.owner.address,
      dataDir: path.join(provider.folder, "data"),
      port: provider.port,
      pollMilliseconds: 200,
      logLevel: "debug",
      models: [
        {
          modelId: modelId.toString(),
          version: 1,
          policy: "policy.json",
          weights: path.resolve("packages/worker/models/alice.txt"),
          order: 6,
          price: PRICES,
        },
      ],
      session,
      duties: { turnSeconds: 4 },
    };
    await writeFile(config, JSON.stringify(settings));
    const program = provider.cheats
      ? ["--import", "tsx", "scripts/demo/cheat.ts"]
      : [path.resolve("packages/worker/dist/main.js"), "run"];
    processes.start(provider.name, [...program, "--config", config]);
  }

  async function prepare(provider: DemoProvider, requester: number, collateralBps: bigint): Promise<Job> {
    const sender = actors.requesters[requester]!;
    const { job: draft } = await prepareJob(
      { contracts },
      {
        requester: sender.address,
        provider: provider.owner.address,
        modelId,
        requests: [{ hash: ZeroHash, fee: BUDGET }],
        collateralBps,
      },
    );
    return {
      ...draft,
      kind: JobKind.Session,
      units: 0n,
      inputPrice: BigInt(PRICES.perMillionInputUnits),
      outputPrice: BigInt(PRICES.perMillionOutputUnits),
      creditLine: 1_000_000n,
    };
  }

  async function open(provider: DemoProvider, requester: number, collateralBps: bigint): Promise<Opened> {
    const sender = actors.requesters[requester]!;
    const job = await prepare(provider, requester, collateralBps);
    const { quote } = await getQuote({ contracts }, { endpoint: provider.endpoint, job, request: "" });
    const { jobId } = await openJob({ contracts, sender }, { job, quote });
    return { job, jobId };
  }

  async function connect(provider: DemoProvider, { job, jobId }: Opened, recorded: Recorded): Promise<SessionClient> {
    const domain = assayDomain(contracts.chainId, contracts.deployment.contracts.JobEscrow);
    const index = actors.requesters.findIndex(({ address }) => address === job.requester);
    const wallet = developmentKey(endpoints.workerPorts.length + 2 + index, contracts.chainId);
    const terms = { jobId, job, policyId: policy.policyId, domain, wallet };
    return await SessionClient.open(provider.endpoint, terms, recorded);
  }

  async function batchesOf(jobId: string): Promise<readonly { batchId: string; batch: Batch }[]> {
    const { escrow } = contracts;
    const events = await escrow.queryFilter(escrow.filters.BatchCommitted(undefined, jobId));
    return events.map(({ args }) => ({ batchId: args.batchId, batch: args.batch }));
  }

  async function until<T>(what: () => Promise<T | undefined>): Promise<T> {
    for (;;) {
      const found = await what();
      if (found !== undefined) return found;
      await sleep(POLLING);
    }
  }

  const committed = async (jobId: string, count = 1): Promise<readonly { batchId: string; batch: Batch }[]> =>
    await until(async () => {
      const batches = await batchesOf(jobId);
      return batches.length >= count ? batches : undefined;
    });

  /** Waits for a batch's end. @returns what was paid, or how it was refunded */
  async function end(batchId: string): Promise<{ paid?: bigint; outcome?: bigint }> {
    const { escrow } = contracts;
    return await until(async () => {
      const [paid] = await escrow.queryFilter(escrow.filters.BatchPaid(batchId));
      if (paid !== undefined) return { paid: paid.args.paid };
      const [refunded] = await escrow.queryFilter(escrow.filters.BatchRefunded(batchId));
      return refunded === undefined ? undefined : { outcome: refunded.args.outcome };
    });
  }

  const askMany = async (client: SessionClient, count: number) =>
    await Promise.all(Array.from({ length: count }, async (_, seed) => await client.ask({ ...ASK, seed })));

  it("serve at once, are settled in one batch when the requester closes, and refund the rest", async function () {
    this.timeout(240_000);
    const provider = actors.providers[0]!;
    const sender = actors.requesters[0]!;
    const session = await open(provider, 0, SELDOM_AUDITED);
    const recorded = new Recorded();
    const client = await connect(provider, session, recorded);
    await askMany(client, 30);
    await client.sign();
    await askMany(client, 10);
    await client.sign();
    const { root } = recorded.tree();
    await topUp({ contracts, sender }, { job: session.job, amount: 1_000_000n });
    await closeJob({ contracts, sender }, { job: session.job });

    const [{ batchId, batch }] = (await committed(session.jobId)) as [{ batchId: string; batch: Batch }];
    expect(batch.count).to.equal(40n);
    expect(batch.total).to.equal(recorded.leaves.reduce((sum, leaf) => sum + leaf.sum, 0n));
    expect(batch.root).to.equal(root);
    expect((await end(batchId)).paid).to.be.greaterThan(0n);
    const { status, remaining, nextNonce } = await getSession({ contracts }, { jobId: session.jobId });
    expect(status).to.equal(JobStatus.Closing);
    expect(remaining).to.equal(BUDGET + 1_000_000n - batch.total);
    expect(nextNonce).to.equal(40n);
    await client.next("draining");
    await client.close();
    const metrics = await until(async () => {
      const text = await (await fetch(`${provider.endpoint}/metrics`)).text();
      // The worker sees its payment a moment later.
      return text.includes('assay_worker_session_batches{stage="paid"} 1\n') ? text : undefined;
    });
    expect(metrics).to.include('assay_worker_session_requests_total{outcome="answered"} 40\n');
    expect(metrics).to.include("assay_worker_session_receipts_total 40\n");
    expect(metrics).to.include("assay_worker_session_vouchers_total 2\n");
  });

  it("defend the batches that are audited", async function () {
    this.timeout(240_000);
    const provider = actors.providers[1]!;
    for (let run = 0; run < 5; run += 1) {
      const session = await open(provider, 1, NEARLY_ALWAYS_AUDITED);
      const client = await connect(provider, session, new Recorded());
      await askMany(client, 40);
      await client.sign();
      await closeJob({ contracts, sender: actors.requesters[1]! }, { job: session.job });
      const [found] = await committed(session.jobId);
      const { paid } = await end(found!.batchId);
      expect(paid).to.be.greaterThan(0n);
      await client.close();
      const { court } = contracts;
      if ((await court.queryFilter(court.filters.AuditOpened(found!.batchId))).length > 0) return;
    }
    expect.fail("no batch was drawn in five");
  });

  it("are slashed when another model answered", async function () {
    this.timeout(240_000);
    const provider = actors.providers.find(({ cheats }) => cheats)!;
    for (let run = 0; run < 5; run += 1) {
      const session = await open(provider, 2, NEARLY_ALWAYS_AUDITED);
      const client = await connect(provider, session, new Recorded());
      await askMany(client, 40);
      await client.sign();
      await closeJob({ contracts, sender: actors.requesters[2]! }, { job: session.job });
      const [found] = await committed(session.jobId);
      const { outcome } = await end(found!.batchId);
      await client.close();
      if (outcome === undefined) continue;
      expect(outcome).to.equal(Outcome.Rejected);
      return;
    }
    expect.fail("no batch was drawn in five");
  });

  it("lose nothing when their worker is killed, and are committed once", async function () {
    this.timeout(240_000);
    const provider = actors.providers[2]!;
    await processes.kill(provider.name);
    await start(provider, { batch: { minTotal: "400000" } });
    await untilReady(provider);
    const session = await open(provider, 0, SELDOM_AUDITED);
    const recorded = new Recorded();
    let client = await connect(provider, session, recorded);
    const [first] = await askMany(client, 5);
    await client.sign();
    client.ask({ ...ASK, maxOutputUnits: 250 }).catch(() => undefined);
    await processes.kill(provider.name);
    await client.closed;
    await start(provider, { batch: { minTotal: "400000" } });
    await untilReady(provider);

    client = await connect(provider, session, recorded);
    expect(recorded.leaves.length).to.be.within(5, 6);
    expect((await client.ask({ ...ASK, seed: 0 })).text).to.equal(first?.text);
    await rpc.send("evm_setAutomine", [false]);
    await askMany(client, 40);
    await client.sign();
    await client.next("rollover");
    // The tree has ended; whether its commit was sent is nobody's to know.
    await processes.kill(provider.name);
    await rpc.send("evm_setAutomine", [true]);
    await start(provider, { batch: { minTotal: "400000" } });
    await untilReady(provider);
    const [{ batchId, batch }] = (await committed(session.jobId)) as [{ batchId: string; batch: Batch }];
    client = await connect(provider, session, recorded);
    expect(recorded.firstNonce).to.equal(Number(batch.count));
    expect((await client.ask(ASK)).done.nonce).to.equal(Number(batch.count));
    expect((await end(batchId)).paid).to.be.greaterThan(0n);
    await client.sign();
    await client.close();
    expect(await batchesOf(session.jobId)).to.have.length(1);
  });

  it("are all committed in one transaction when their worker stops", async function () {
    this.timeout(240_000);
    const provider = actors.providers[3]!;
    const sessions = [await open(provider, 0, SELDOM_AUDITED), await open(provider, 1, SELDOM_AUDITED)];
    const clients = await Promise.all(
      sessions.map(async (session) => await connect(provider, session, new Recorded())),
    );
    for (const client of clients) {
      await askMany(client, 30);
      await client.sign();
    }
    process.kill(processes.pids.get(provider.name)!, "SIGTERM");
    await Promise.all(clients.map(async (client) => await client.next("draining")));
    await Promise.all(
      clients.map(async ({ closed }) => {
        await closed;
      }),
    );
    const { escrow } = contracts;
    const events = await Promise.all(
      sessions.map(async ({ jobId }) => await escrow.queryFilter(escrow.filters.BatchCommitted(undefined, jobId))),
    );
    const [first, second] = events.flat();
    expect(first?.transactionHash).to.be.a("string").and.to.equal(second?.transactionHash);
    while (deaths.length === 0) await sleep(POLLING);
    expect(deaths.splice(0).map(({ message }) => message)).to.deep.equal([
      `The process "${provider.name}" ended too early (exit code 0).`,
    ]);
    await start(provider);
    await untilReady(provider);
    for (const event of [first, second]) expect((await end(event!.args.batchId)).paid).to.be.greaterThan(0n);
  });

  it("say their terms, and are not quoted on others", async function () {
    this.timeout(60_000);
    const provider = actors.providers[4]!;
    const { models } = (await (await fetch(`${provider.endpoint}/v1/provider`)).json()) as ProviderTerms;
    expect(models[0]).to.deep.include({ unit: "bytes", endpoints: ["chat", "completions"], quantization: "uint32" });
    expect(models[0]).to.deep.include({ maxOutputUnits: 256, maxDataBytes: 8_192 });
    // Four answers of the largest kind: (8,192 + 256) · 100 + 256 · 200 each.
    expect(models[0]?.session).to.include({ maxConcurrent: 256, creditLine: "3584000", maxSeconds: 604_800 });

    const draft = await prepare(provider, 0, SELDOM_AUDITED);
    for (const [over, code] of [
      [{ inputPrice: 99_999_999n }, "PRICE_TOO_LOW"],
      [{ outputPrice: 0n }, "PRICE_TOO_LOW"],
      [{ creditLine: 3_584_001n }, "CREDIT_LINE_TOO_HIGH"],
      [{ units: 1n }, "UNSUPPORTED_JOB"],
      [{ requestHash: `0x${"11".repeat(32)}` }, "UNSUPPORTED_JOB"],
      [{ commitBy: draft.acceptBy + 604_800n }, "SESSION_TOO_LONG"],
      [{ royaltyBps: 0n }, "TERMS_OUTDATED"],
      [{ budget: 1_000n, collateralBps: 0n }, "NOT_WORTH_IT"],
    ] as const) {
      const job = { ...draft, ...over };
      const error: unknown = await getQuote({ contracts }, { endpoint: provider.endpoint, job, request: "" }).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).to.include({ code });
    }
  });

  it("leave room for jobs that are open to any seat holder: one provider gets them", async function () {
    this.timeout(240_000);
    const sender = actors.requesters[0]!;
    const { json, requestHash } = requestDocument(ASK);
    const { job } = await prepareJob(
      { contracts },
      {
        requester: sender.address,
        provider: ZeroAddress,
        modelId,
        requests: [{ hash: requestHash, fee: 1_000_000n }],
        collateralBps: SELDOM_AUDITED,
      },
    );
    const { jobId: openJobId } = await openJob({ contracts, sender }, { job });
    const [one, other, cheat] = [
      actors.providers[5]!,
      actors.providers[6]!,
      actors.providers.find(({ cheats }) => cheats)!,
    ];
    const bring = async ({ endpoint }: DemoProvider): Promise<string> =>
      await until(async () => {
        try {
          await sendJobRequest({ endpoint, jobId: openJobId, request: json });
          return "taken";
        } catch (error) {
          if (AssayError.is(error) && error.code !== "UNKNOWN_JOB") return error.code;
          return undefined;
        }
      });
    expect(await bring(cheat)).to.equal("NO_SEAT");
    expect(await Promise.all([bring(one), bring(other)])).to.include("taken");
    const { escrow } = contracts;
    const assigned = await until(async () => {
      const [event] = await escrow.queryFilter(escrow.filters.JobAssigned(openJobId));
      return event?.args;
    });
    const winner = [one, other].find(({ owner }) => owner.address === assigned.provider)!;
    const terms = { ...job, provider: winner.owner.address };
    const { text } = await receiveAnswer(
      { contracts, sender },
      { endpoint: winner.endpoint, jobId: assigned.jobId, job: terms },
    );
    expect(text.length).to.be.greaterThan(0);
    const [found] = await committed(assigned.jobId);
    expect((await end(found!.batchId)).paid).to.be.greaterThan(0n);
  });

  it("end with every process alive", () => {
    expect(deaths).to.deep.equal([]);
  });
});
