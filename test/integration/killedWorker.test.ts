/** Real processes: a chain, a beacon, nine providers; one of them is killed at the worst moments, and the chain goes silent. */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import {
  AuditPhase,
  type Contracts,
  type Inference,
  type JobProgress,
  type JobResult,
  policyDocument,
  receiveAnswer,
  requestInference,
  waitForJob,
} from "@assay/sdk";
import { EXIT } from "@assay/worker";
import { expect } from "chai";
import type { JsonRpcProvider } from "ethers";

import { PRICE } from "../../scripts/demo/jobs.js";
import { readLedger, readSlashes } from "../../scripts/demo/ledger.js";
import { deploy, modelPolicy, startChain, startWorker, untilReady } from "../../scripts/demo/network.js";
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
const POLLING = 100;

const TERMS = { perJob: PRICE, perMillion: 0n };

describe("a worker that is killed", () => {
  let folder: string;
  let processes: Processes;
  let rpc: JsonRpcProvider;
  let contracts: Contracts;
  let actors: Actors;
  let victim: DemoProvider;
  let settings: Parameters<typeof startWorker>[2];
  let answer: string | undefined;
  const deaths: Error[] = [];

  before(async function () {
    this.timeout(240_000);
    folder = await mkdtemp(path.join(os.tmpdir(), "assay-test-"));
    await mkdir(path.join(folder, "logs"));
    processes = new Processes(folder, (error) => deaths.push(error));
    const ports = new Ports();
    const endpoints = {
      chain: `http://127.0.0.1:${await ports.free()}`,
      beacon: `http://127.0.0.1:${await ports.free()}`,
    };
    const workerPorts = await Promise.all(Array.from({ length: HONEST_PROVIDERS + 1 }, () => ports.free()));
    rpc = await startChain(processes, endpoints);
    const deployed = await deploy(processes, folder, endpoints, rpc);
    contracts = deployed.contracts;
    actors = await createActors(contracts, rpc, folder, workerPorts);
    const policy = await modelPolicy();
    const { modelId } = await registerNetwork(contracts, actors, policy);
    settings = { chain: endpoints.chain, deploymentFile: deployed.file, modelId, policy };
    for (const provider of actors.providers) await startWorker(processes, provider, settings, TERMS);
    await Promise.all(actors.providers.map(untilReady));
    victim = actors.providers[0]!;
  });

  after(async function () {
    this.timeout(240_000);
    await processes.stopAll();
    rpc.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  const restart = async (): Promise<void> => {
    await startWorker(processes, victim, settings, TERMS);
    await untilReady(victim);
  };

  /** Asks the same every time: under one policy that has one answer, whether its worker was disturbed or not. */
  const ask = async (onOpened: () => void = () => undefined): Promise<Inference> => {
    const inference = await requestInference(
      { contracts, sender: actors.requesters[0]! },
      {
        endpoint: victim.endpoint,
        provider: victim.owner.address,
        modelId: settings.modelId,
        collateralBps: NEARLY_ALWAYS_AUDITED,
        fee: PRICE,
        request: { prompt: "Alice was beginning to get very", maxOutputUnits: 80 },
        onOpened,
      },
    );
    answer ??= inference.text;
    expect(inference.text).to.equal(answer);
    return inference;
  };

  const follow = async (jobId: string, onProgress: (progress: JobProgress) => void = () => undefined) =>
    await waitForJob({ contracts }, { jobId, pollingInterval: POLLING, onProgress });

  /** Committed once, paid once, to the unit. */
  async function assertOnce({ jobId, result }: { jobId: string; result: JobResult }): Promise<void> {
    const { escrow } = contracts;
    expect(result.outcome).to.equal("Paid");
    expect(await escrow.queryFilter(escrow.filters.BatchCommitted(undefined, jobId))).to.have.length(1);
    expect(await escrow.queryFilter(escrow.filters.BatchPaid(undefined, jobId))).to.have.length(1);
  }

  it("before its answer is committed, commits it once after the restart and is paid once", async function () {
    this.timeout(240_000);
    let opened: () => void = () => undefined;
    const isOpen = new Promise<void>((resolve) => {
      opened = resolve;
    });
    const inference = ask(opened);
    await isOpen;
    await processes.kill(victim.name);
    await restart();
    const { jobId } = await inference;
    await assertOnce({ jobId, result: await follow(jobId) });
  });

  it("between commit and payment, defends and collects after the restart", async function () {
    this.timeout(240_000);
    const { jobId, job, text } = await ask();
    await processes.kill(victim.name);
    await restart();
    const context = { contracts, sender: actors.requesters[0]! };
    expect((await receiveAnswer(context, { endpoint: victim.endpoint, jobId, job })).text).to.equal(text);
    await assertOnce({ jobId, result: await follow(jobId) });
  });

  it("while the panel waits for its answers, opens them from its journal", async function () {
    this.timeout(240_000);
    for (let run = 0; run < 5; ++run) {
      const { jobId, batchId } = await ask();
      let state: Promise<"answering" | "over"> | undefined;
      const ended = follow(jobId, ({ type }) => {
        if (type === "audited") state = untilPhase(batchId, AuditPhase.Committing);
      });
      while (state === undefined && !(await settled(ended))) await new Promise((r) => setTimeout(r, POLLING));
      if (state === undefined || (await state) === "over") {
        await assertOnce({ jobId, result: await ended });
        continue;
      }
      await processes.kill(victim.name);
      await restart();
      await assertOnce({ jobId, result: await ended });
      return;
    }
    expect.fail("no batch was drawn in five");
  });

  async function untilPhase(auditId: string, phase: bigint): Promise<"answering" | "over"> {
    for (;;) {
      const audit = await contracts.court.auditOf(auditId);
      if (audit.phase >= phase) return "answering";
      if (audit.phase === AuditPhase.None) return "over";
      await new Promise((r) => setTimeout(r, POLLING));
    }
  }

  const settled = async (promise: Promise<unknown>): Promise<boolean> =>
    await Promise.race([promise.then(() => true), new Promise<boolean>((r) => setTimeout(r, 0, false))]);

  it("as a verifier between commit and reveal, reveals what it committed", async function () {
    this.timeout(240_000);
    const { court } = contracts;
    const before = await contracts.registry.seatOf(settings.modelId, 0);
    const other = actors.providers[1]!;
    for (let run = 0; run < 12; ++run) {
      const inference = await requestInference(
        { contracts, sender: actors.requesters[1]! },
        {
          endpoint: other.endpoint,
          provider: other.owner.address,
          modelId: settings.modelId,
          collateralBps: NEARLY_ALWAYS_AUDITED,
          fee: PRICE,
          request: { prompt: "The Queen of Hearts", maxOutputUnits: 60 },
        },
      );
      const ended = follow(inference.jobId);
      const committed = court.filters.VerdictCommitted(inference.batchId, victim.owner.address);
      let seen = false;
      while (!seen && !(await settled(ended))) seen = (await court.queryFilter(committed)).length > 0;
      if (!seen) continue;
      await processes.kill(victim.name);
      await restart();
      expect((await ended).outcome).to.equal("Paid");
      const revealed = court.filters.VerdictRevealed(inference.batchId, victim.owner.address);
      expect(await court.queryFilter(revealed)).to.have.length(1);
      const after = await contracts.registry.seatOf(settings.modelId, 0);
      expect(after.bond).to.equal(before.bond);
      return;
    }
    expect.fail("the victim was in no panel of twelve");
  });

  it("lives through a chain that does not answer, and goes on", async function () {
    this.timeout(240_000);
    const chain = processes.pids.get("chain")!;
    const worker = processes.pids.get(victim.name)!;
    const { jobId } = await ask();
    process.kill(chain, "SIGSTOP");
    try {
      // Silence is noticed by the worker itself: its program answers, and says that it cannot take jobs.
      await untilStatus("ready", 503);
      await untilStatus("health", 200);
    } finally {
      process.kill(chain, "SIGCONT");
    }
    await untilReady(victim);
    expect(processes.pids.get(victim.name)).to.equal(worker);
    expect(process.kill(worker, 0)).to.equal(true);
    await assertOnce({ jobId, result: await follow(jobId) });
    // A new quote, answer and commit; its payment is the other tests' matter.
    await ask();
  });

  async function untilStatus(route: string, status: number): Promise<void> {
    while ((await fetch(`${victim.endpoint}/${route}`)).status !== status) {
      await new Promise((r) => setTimeout(r, POLLING));
    }
  }

  it("leaves every unit accounted for, and nobody slashed", async () => {
    const ledger = await readLedger(contracts, rpc, await rpc.getBlockNumber());
    expect(ledger.holds).to.equal(true);
    expect((await readSlashes(contracts)).total).to.equal(0n);
    expect(deaths).to.deep.equal([]);
  });

  it("keeps a second process off its data, and says what else is wrong with a stable exit code", async function () {
    this.timeout(240_000);
    const config = path.join(victim.folder, "config.json");
    const content = JSON.parse(await readFile(config, "utf8")) as Record<string, unknown>;
    const run = async (name: string, change: Record<string, unknown>): Promise<number | null> => {
      const file = path.join(victim.folder, `${name}.json`);
      await writeFile(file, JSON.stringify({ ...content, ...change }));
      const args = ["packages/worker/dist/main.js", "run", "--config", file];
      const child = spawn(process.execPath, args, { stdio: "ignore" });
      return await new Promise((resolve) => child.once("exit", resolve));
    };
    const wrongPassword = path.join(victim.folder, "wrong");
    await writeFile(wrongPassword, "wrong\n");
    const port = await new Ports().free();
    const models = (content["models"] as Record<string, unknown>[]).map((model) => ({ ...model, order: 3 }));
    expect(await run("second", { port })).to.equal(EXIT.dataLocked);
    expect(await run("password", { port, passwordFile: wrongPassword, dataDir: "elsewhere" })).to.equal(EXIT.keystore);
    expect(await run("model", { port, models, dataDir: "elsewhere" })).to.equal(EXIT.modelMismatch);
    const otherPolicy = path.join(victim.folder, "otherPolicy.json");
    const policy = JSON.parse(settings.policy.json) as Record<string, unknown>;
    await writeFile(otherPolicy, policyDocument({ ...policy, verifierFee: "10001" }).json);
    const otherModels = (content["models"] as Record<string, unknown>[]).map((model) => ({
      ...model,
      policy: otherPolicy,
    }));
    const misled = { port, models: otherModels, dataDir: "elsewhere" };
    expect(await run("misled", misled)).to.equal(EXIT.modelMismatch);
    expect(await run("port", { dataDir: "elsewhere" })).to.equal(EXIT.portTaken);
  });
});
