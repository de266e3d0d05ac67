/**
 * Real processes under load: a chain, two providers, a gateway and its clients. Gateway, workers and the chain's RPC server are killed at
 * random. Afterwards every answer that a client got is paid once, and nothing else is.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { type Contracts, getBatches, getSolvency, queryEvents, verifyReceipt } from "@assay/sdk";
import { expect } from "chai";
import type { JsonRpcProvider } from "ethers";

import {
  deploy,
  modelPolicy,
  type RunNetwork,
  startChain,
  startGateway,
  startWorker,
  untilReady,
} from "../../scripts/demo/network.js";
import { Ports } from "../../scripts/demo/ports.js";
import { Processes } from "../../scripts/demo/processes.js";
import {
  type Actors,
  createActors,
  type DemoProvider,
  HONEST_PROVIDERS,
  registerNetwork,
} from "../../scripts/demo/setUp.js";
import { TcpProxy } from "../helpers/tcpProxy.js";

const SECONDS = Number(process.env["ASSAY_CHAOS_SECONDS"] ?? 30);
const SEED = Number(process.env["ASSAY_CHAOS_SEED"] ?? 7);
const CLIENTS = 8;
const MODEL = "alice";
/** So dear that a batch of a single answer is worth its costs: otherwise the last few answers of a session stay unsettled. */
const TERMS = {
  perJob: 1_000_000n,
  perMillion: 200_000_000n,
  session: { creditLine: "5000000", batch: { maxAgeSeconds: 4, marginSeconds: 20 } },
};
const GATEWAY = {
  budget: { perSession: "60000000", total: "400000000", topUpBelow: "10000000" },
  // Some batches are audited, most are not, so that the sessions are settled soon after.
  session: { creditLine: "5000000", collateralBps: 300_000, patienceSeconds: 30 },
};
const SETTLE_MS = 150_000;

/** What the last chunk or the whole answer says of its receipt. */
interface Note {
  readonly receipt: string;
  readonly cost: string;
}

/** What came of a request, as its client saw it. `cut`: the connection broke, nobody can know how far it came. */
type Fate = { readonly got: Note } | { readonly refused: number } | { readonly cut: true };

/** Random numbers that a failing run can be repeated with. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("sessions while processes are killed", () => {
  let folder: string;
  let processes: Processes;
  let rpc: JsonRpcProvider;
  let contracts: Contracts;
  let actors: Actors;
  let network: RunNetwork;
  let proxy: TcpProxy;
  let gatewayPort: number;
  const deaths: Error[] = [];

  before(async function () {
    this.timeout(240_000);
    folder = await mkdtemp(path.join(os.tmpdir(), "assay-test-"));
    await mkdir(path.join(folder, "logs"));
    processes = new Processes(folder, (error) => deaths.push(error));
    const ports = new Ports();
    const chainPort = await ports.free();
    const endpoints = {
      chain: `http://127.0.0.1:${chainPort}`,
      beacon: `http://127.0.0.1:${await ports.free()}`,
    };
    gatewayPort = await ports.free();
    proxy = new TcpProxy(await ports.free(), chainPort);
    await proxy.start();
    rpc = await startChain(processes, endpoints);
    const deployed = await deploy(processes, folder, endpoints, rpc);
    contracts = deployed.contracts;
    const workerPorts = await Promise.all(Array.from({ length: HONEST_PROVIDERS }, () => ports.free()));
    actors = await createActors(contracts, rpc, folder, workerPorts);
    const policy = await modelPolicy();
    const { modelId } = await registerNetwork(contracts, actors, policy);
    network = { chain: proxy.url, deploymentFile: deployed.file, modelId, policy };
    for (const provider of actors.providers) await startWorker(processes, provider, network, TERMS);
    await Promise.all(actors.providers.map(untilReady));
    await launchGateway();
  });

  after(async function () {
    this.timeout(240_000);
    await processes.stopAll();
    await proxy.cut();
    rpc.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  /** The two that the gateway asks; the others audit. */
  const serving = (): DemoProvider[] => actors.providers.slice(0, 2);

  const launchGateway = async (): Promise<void> => {
    await startGateway(processes, path.join(folder, "gateway"), network, {
      port: gatewayPort,
      requester: actors.application,
      model: MODEL,
      settings: { ...GATEWAY, providers: { allow: serving().map(({ owner }) => owner.address) } },
    });
  };

  const ask = async (prompt: string, stream: boolean): Promise<Fate> => {
    try {
      const reply = await fetch(`http://127.0.0.1:${gatewayPort}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: MODEL, messages: [{ role: "user", content: prompt }], max_tokens: 60, stream }),
        signal: AbortSignal.timeout(60_000),
      });
      const text = await reply.text();
      if (!reply.ok) return { refused: reply.status };
      if (!stream) return { got: (JSON.parse(text) as { assay: Note }).assay };
      // A stream that failed says so in an event and does not end as a whole answer does.
      if (!text.trimEnd().endsWith("data: [DONE]")) return text.includes('"error"') ? { refused: 200 } : { cut: true };
      const last = text.split("\n\n").findLast((event) => event.includes('"assay"')) ?? "";
      return { got: (JSON.parse(last.slice("data: ".length)) as { assay: Note }).assay };
    } catch {
      return { cut: true };
    }
  };

  const client = async (index: number, until: () => boolean, fates: Fate[]): Promise<void> => {
    for (let count = 0; !until(); ++count) {
      const fate = await ask(`Client ${index} asks for the ${count}th time what Alice did`, (index + count) % 2 === 0);
      fates.push(fate);
      if (!("got" in fate)) await sleep(50);
    }
  };

  /** Kills one thing after the other and starts it again. @returns how often each was killed */
  const kill = async (until: () => boolean): Promise<Record<string, number>> => {
    const random = seeded(SEED);
    const kills: Record<string, number> = {};
    while (!until()) {
      await sleep(1_000 + 2_000 * random());
      const [first, second] = serving();
      const victims: [name: string, strike: () => Promise<void>][] = [
        [
          "gateway",
          async () => {
            await processes.kill("gateway");
            await sleep(300 * random());
            await launchGateway();
          },
        ],
        ...[first!, second!].map((provider): [string, () => Promise<void>] => [
          provider.name,
          async () => {
            await processes.kill(provider.name);
            await sleep(500 * random());
            await startWorker(processes, provider, network, TERMS);
          },
        ]),
        [
          "chain",
          async () => {
            await proxy.cut();
            await sleep(2_000 * random());
            await proxy.start();
          },
        ],
      ];
      const [name, strike] = victims[Math.floor(random() * victims.length)]!;
      await strike();
      kills[name] = (kills[name] ?? 0) + 1;
    }
    return kills;
  };

  /** All batches of the requester's sessions, once nothing more comes. */
  const settledBatches = async (receipts: readonly string[]) => {
    const jobs = [...new Set(receipts.map((receipt) => `0x${receipt.slice(5, 69)}`))];
    const { escrow } = contracts;
    const end = Date.now() + SETTLE_MS;
    for (;;) {
      const batches = (await Promise.all(jobs.map((jobId) => getBatches({ contracts }, { jobId })))).flat();
      const paid = await queryEvents({ contracts }, escrow, escrow.filters.BatchPaid, escrow.filters.BatchPaid());
      const covered = receipts.filter((receipt) => {
        const [, job, nonce] = receipt.split("_");
        return batches.some(
          ({ jobId, batch: { firstNonce, count } }) =>
            jobId === `0x${job!}` && BigInt(nonce!) >= firstNonce && BigInt(nonce!) < firstNonce + count,
        );
      });
      const open = batches.filter(({ batchId }) => !paid.some((event) => event.batchId === batchId));
      if (covered.length === receipts.length && open.length === 0) return batches;
      if (Date.now() > end) {
        throw new Error(`${receipts.length - covered.length} receipts uncommitted, ${open.length} batches unpaid`);
      }
      await sleep(500);
    }
  };

  it("pay every answer that a client got once, and nothing else", async function () {
    this.timeout(600_000);
    const end = Date.now() + SECONDS * 1_000;
    const over = (): boolean => Date.now() > end;
    const fates: Fate[] = [];
    const [kills] = await Promise.all([
      kill(over),
      ...Array.from({ length: CLIENTS }, (_, index) => client(index, over, fates)),
    ]);
    await Promise.all(serving().map(untilReady));

    const got = fates.flatMap((fate) => ("got" in fate ? [fate.got] : []));
    const cut = fates.filter((fate) => "cut" in fate).length;
    const receipts = got.map(({ receipt }) => receipt);
    expect(Object.keys(kills).length, `kinds of victims: ${JSON.stringify(kills)}`).to.be.greaterThan(1);
    expect(got.length, "answers").to.be.greaterThan(SECONDS);
    // Once each: two answers never share a receipt.
    expect(new Set(receipts).size).to.equal(receipts.length);

    const batches = await settledBatches(receipts);
    const paidReceipts = batches.reduce((sum, { batch }) => sum + Number(batch.count), 0);
    const paid = batches.reduce((sum, { batch }) => sum + batch.total, 0n);
    const cost = got.reduce((sum, note) => sum + BigInt(note.cost), 0n);
    // Between the record of an answer and its client lies a connection: one that broke in that moment may be paid for, a
    // request that was answered with an error never is.
    expect(paidReceipts - got.length, "paid and not seen to arrive").to.be.within(0, cut);
    if (paidReceipts === got.length) expect(paid).to.equal(cost);
    else expect(paid > cost).to.equal(true);

    for (const { receipt, cost: price } of [...got.slice(0, 5), ...got.slice(-5)]) {
      const document: unknown = await (await fetch(`http://127.0.0.1:${gatewayPort}/v1/receipts/${receipt}`)).json();
      const verified = await verifyReceipt({ contracts }, { document });
      expect([verified.evidence, verified.batch?.settlement, verified.paid]).to.deep.equal([
        "committed",
        "paid",
        BigInt(price),
      ]);
    }
    const { contracts: balances } = await getSolvency({ contracts });
    expect(balances.map(({ surplus }) => surplus)).to.deep.equal(balances.map(() => 0n));
    expect(deaths).to.deep.equal([]);
  });
});
