/** Real processes: a chain, a beacon, nine providers, a gateway, and OpenAI's own client. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

import {
  checkPortableReceipt,
  type Contracts,
  getBatches,
  getSession,
  JobStatus,
  parsePortableReceipt,
  verifyReceipt,
} from "@assay/sdk";
import { expect } from "chai";
import type { JsonRpcProvider } from "ethers";
import OpenAI from "openai";

import {
  deploy,
  type DemoGateway,
  modelPolicy,
  type RunNetwork,
  startChain,
  startGateway,
  startWorker,
  untilReady,
} from "../../scripts/demo/network.js";
import { Ports } from "../../scripts/demo/ports.js";
import { Processes } from "../../scripts/demo/processes.js";
import { type Actors, createActors, HONEST_PROVIDERS, registerNetwork } from "../../scripts/demo/setUp.js";

const PER_MILLION = 10_000_000n;
const BUDGET = 1_000_000n;
const POLLING = 200;
const MODEL = "alice";
const GATEWAY = path.resolve("packages/gateway/dist/main.js");
const messages = [{ role: "user" as const, content: "Alice was beginning to get very" }];

type Completion = OpenAI.Chat.ChatCompletion & {
  readonly assay: { readonly receipt: string; readonly provider: string; readonly cost: string };
};

describe("a gateway in front of real providers", function () {
  this.timeout(300_000);
  let folder: string;
  let processes: Processes;
  let rpc: JsonRpcProvider;
  let contracts: Contracts;
  let actors: Actors;
  let network: RunNetwork;
  let gateway: DemoGateway;
  let client: OpenAI;
  const settings = {
    pollMilliseconds: 200,
    budget: { perSession: String(BUDGET), topUpBelow: "500000", total: "100000000" },
    // So much collateral that hardly any batch is drawn for an audit.
    session: { collateralBps: 1_000_000, creditLine: "200000", patienceSeconds: 20 },
  };

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "assay-test-"));
    await mkdir(path.join(folder, "logs"));
    processes = new Processes(folder, () => undefined);
    const ports = new Ports();
    const endpoints = {
      chain: `http://127.0.0.1:${await ports.free()}`,
      beacon: `http://127.0.0.1:${await ports.free()}`,
    };
    const workerPorts = await Promise.all(Array.from({ length: HONEST_PROVIDERS + 1 }, () => ports.free()));
    const gatewayPort = await ports.free();
    rpc = await startChain(processes, endpoints);
    const deployed = await deploy(processes, folder, endpoints, rpc);
    contracts = deployed.contracts;
    actors = await createActors(contracts, rpc, folder, workerPorts);
    const policy = await modelPolicy();
    const { modelId } = await registerNetwork(contracts, actors, policy);
    network = { chain: endpoints.chain, deploymentFile: deployed.file, modelId, policy };
    const honest = actors.providers.filter(({ cheats }) => !cheats);
    await Promise.all(
      honest.map(async (_, index) => {
        await serve(index);
      }),
    );
    gateway = await start(gatewayPort);
    client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "none", maxRetries: 0 });
  });

  after(async () => {
    await processes.stopAll();
    rpc.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  /** Starts a provider's worker; the first one is the cheapest. */
  async function serve(index: number): Promise<void> {
    const provider = actors.providers[index]!;
    await startWorker(processes, provider, network, {
      perJob: 0n,
      perMillion: PER_MILLION + 1_000_000n * BigInt(index),
      session: { creditLine: "200000", batch: { minTotal: "1", maxAgeSeconds: 5 } },
    });
    await untilReady(provider);
  }

  async function start(port: number, changed: object = {}): Promise<DemoGateway> {
    return await startGateway(processes, path.join(folder, "gateway"), network, {
      port,
      requester: actors.application,
      model: MODEL,
      settings: { ...settings, ...changed },
    });
  }

  const ask = async (provider: object = { sort: "price" }): Promise<Completion> => {
    const body = { model: MODEL, messages, max_completion_tokens: 40, provider };
    return (await client.chat.completions.create(body)) as Completion;
  };

  async function receiptOf(id: string): Promise<unknown> {
    const response = await fetch(`${gateway.url}/v1/receipts/${id}`);
    expect(response.status).to.equal(200);
    return await response.json();
  }

  async function until<T>(what: () => Promise<T | undefined>): Promise<T> {
    for (;;) {
      const found = await what();
      if (found !== undefined) return found;
      await sleep(POLLING);
    }
  }

  it("names its models with prices before anything is spent", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      GATEWAY,
      "prices",
      "--json",
      "--config",
      path.join(folder, "gateway", "config.json"),
    ]);
    const rows = JSON.parse(stdout) as { model: string; provider: string; input: string; output: string }[];
    const cheapest = rows.find(({ provider }) => provider === actors.providers[0]!.owner.address);
    expect(cheapest).to.deep.include({ model: MODEL, input: "10", output: "10" });
    const models = (await (await fetch(`${gateway.url}/v1/models`)).json()) as {
      data: { id: string; providers: object[] }[];
    };
    expect(models.data.map(({ id }) => id)).to.deep.equal([MODEL]);
    expect(models.data[0]!.providers).to.have.length(rows.length);
  });

  it("opens a session by itself, answers whole and streamed, and gives receipts that hold", async () => {
    const whole = await ask();
    const text = whole.choices[0]!.message.content!;
    expect(text).to.not.equal("");
    expect(whole.assay.provider).to.equal(actors.providers[0]!.owner.address);
    const stream = await client.chat.completions.create({
      model: MODEL,
      messages,
      max_completion_tokens: 40,
      stream: true,
      ...({ provider: { sort: "price" } } as object),
    });
    let streamed = "";
    for await (const chunk of stream) streamed += chunk.choices[0]?.delta.content ?? "";
    // Exact mode: the same request has the same answer.
    expect(streamed).to.equal(text);
    const { document } = checkPortableReceipt(await receiptOf(whole.assay.receipt), { output: Buffer.from(text) });
    expect(document.job.requester).to.equal(actors.application.address);
    expect(document.receipt.fee.toString()).to.equal(whole.assay.cost);
    const session = await getSession({ contracts }, { jobId: document.receipt.jobId });
    expect(session.status).to.equal(JobStatus.Active);
  });

  it("serves many at once, and everything is settled at the price of its receipts", async () => {
    const answers = await Promise.all(Array.from({ length: 300 }, () => ask()));
    const [first] = answers;
    const { jobId } = parsePortableReceipt(await receiptOf(first!.assay.receipt)).receipt;
    const verified = await until(async () => {
      const found = await verifyReceipt({ contracts }, { document: await receiptOf(first!.assay.receipt) });
      return found.batch?.settlement === "paid" ? found : undefined;
    });
    expect(verified.batch?.settlement).to.equal("paid");
    const usage = (await (await fetch(`${gateway.url}/v1/usage`)).json()) as { requests: number; spent: string };
    expect(usage.requests).to.equal(302);
    const cost = BigInt(first!.assay.cost);
    expect(Math.round(Number(usage.spent) * 1e6)).to.equal(302 * Number(cost));
    // In exact mode the same request has the same answer, so every receipt costs the same.
    for (const { batch } of await getBatches({ contracts }, { jobId }))
      expect(batch.total).to.equal(batch.count * cost);
  });

  it("tops a session up before it runs dry", async () => {
    const { jobId } = parsePortableReceipt(await receiptOf((await ask()).assay.receipt)).receipt;
    // About 0.0007 an answer of a budget of 1: until half of it is left.
    for (let round = 0; round < 40; round += 1) {
      await Promise.all(Array.from({ length: 50 }, () => ask()));
      const toppedUp = await contracts.escrow.queryFilter(contracts.escrow.filters.SessionToppedUp(jobId));
      if (toppedUp.length > 0) return;
    }
    expect.fail("the session was never topped up");
  });

  it("gives no answer twice and loses none when it is killed under load", async () => {
    const given: Completion[] = [];
    let running = true;
    const load = Array.from({ length: 16 }, async () => {
      while (running) {
        const answer = await ask().catch(() => undefined);
        if (answer === undefined) return;
        given.push(answer);
      }
    });
    await sleep(1_500);
    await processes.kill("gateway");
    running = false;
    await Promise.all(load);
    expect(given.length).to.be.greaterThan(50);
    gateway = await start(gateway.port);
    const ids = given.map(({ assay }) => assay.receipt);
    expect(new Set(ids).size).to.equal(ids.length);
    for (const answer of [given[0]!, given.at(-1)!]) {
      const { document } = checkPortableReceipt(await receiptOf(answer.assay.receipt), {
        output: Buffer.from(answer.choices[0]!.message.content!),
      });
      expect(document.receipt.fee.toString()).to.equal(answer.assay.cost);
    }
    const next = await until(async () => await ask().catch(() => undefined));
    // The same session goes on.
    expect(next.assay.receipt.split("_")[1]).to.equal(ids[0]!.split("_")[1]);
  });

  it("goes on with the same session when its provider is killed under load, and every answer is paid once", async () => {
    const [first] = actors.providers;
    const given: Completion[] = [];
    let running = true;
    const only = { only: [first!.owner.address] };
    const load = Array.from({ length: 16 }, async () => {
      while (running) {
        const answer = await ask(only).catch(() => undefined);
        if (answer !== undefined) given.push(answer);
        else await sleep(100);
      }
    });
    await sleep(1_000);
    await processes.kill(first!.name);
    const before = given.length;
    await sleep(500);
    await serve(0);
    await until(() => Promise.resolve(given.length > before + 50 ? true : undefined));
    running = false;
    await Promise.all(load);
    const names = given.map(({ assay }) => assay.receipt.split("_"));
    expect(new Set(names.map(([, session]) => session)).size).to.equal(1);
    expect(new Set(names.map(([, , nonce]) => nonce)).size).to.equal(given.length);
    const jobId = `0x${names[0]![1]!}`;
    const shown = [given[0]!, given[before - 1]!, given[before + 20]!];
    const last = Math.max(...shown.map(({ assay }) => Number(assay.receipt.split("_")[2])));
    // The last few may not be worth a batch of their own.
    const batches = await until(async () => {
      const found = await getBatches({ contracts }, { jobId });
      return found.reduce((sum, { batch }) => sum + Number(batch.count), 0) > last ? found : undefined;
    });
    // In exact mode the same request has the same answer, so every receipt costs the same.
    const price = BigInt(shown[0]!.assay.cost);
    for (const { batch } of batches) expect(batch.total).to.equal(batch.count * price);
    for (const answer of shown) {
      const document = parsePortableReceipt(await receiptOf(answer.assay.receipt));
      expect(document.committed).to.not.equal(undefined);
      expect(document.receipt.fee).to.equal(price);
      expect(answer.assay.cost).to.equal(String(price));
    }
  });

  it("asks another provider when one is gone, and gives its session up", async () => {
    const [first] = actors.providers;
    const before = await ask();
    expect(before.assay.provider).to.equal(first!.owner.address);
    const { jobId } = parsePortableReceipt(await receiptOf(before.assay.receipt)).receipt;
    await processes.kill(first!.name);
    const killedAt = Date.now();
    const after = await until(async () => await ask().catch(() => undefined));
    expect(after.assay.provider).to.not.equal(first!.owner.address);
    await until(async () => {
      const { status } = await getSession({ contracts }, { jobId });
      return status === JobStatus.Active ? undefined : true;
    });
    // Not before its time: it could have come back.
    expect(Date.now() - killedAt).to.be.greaterThan(15_000);
  });

  it("writes no prompt and no output anywhere", async () => {
    const secret = "the password is Rumpelstilzchen";
    await client.chat.completions.create({
      model: MODEL,
      messages: [{ role: "user", content: secret }],
      max_completion_tokens: 10,
    });
    const log = await readFile(processes.logOf("gateway"), "utf8");
    expect(log).to.not.include("Rumpelstilzchen");
    const { stdout } = await promisify(execFile)("grep", [
      "-rlaF",
      "Rumpelstilzchen",
      path.join(folder, "gateway"),
    ]).catch((error: unknown) => error as { stdout: string });
    expect(stdout).to.equal("");
  });
});
