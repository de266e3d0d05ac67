import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { AssayError, connect, type Contracts, policyDocument, type PolicyDocument } from "@assay/sdk";
import { readDeployment } from "@assay/sdk/node";
import { createNgramEngine, policyOf } from "@assay/worker";
import { JsonRpcProvider } from "ethers";

import type { DemoOptions } from "./options.js";
import { Ports } from "./ports.js";
import type { Processes } from "./processes.js";
import { type DemoProvider, HONEST_PROVIDERS } from "./setUp.js";

const resolve = createRequire(import.meta.url).resolve;
const HARDHAT = path.join(path.dirname(resolve("hardhat/package.json")), "dist/src/cli.js");
const WORKER = path.resolve("packages/worker/dist/main.js");
const WEIGHTS = path.resolve("packages/worker/models/alice.txt");
const LOCAL_PARAMETERS = path.resolve("deploy/parameters/local.json");

const ORDER = 6;
const START_MILLISECONDS = 60_000;

/** The places at which a run listens. */
export interface Endpoints {
  readonly chain: string;
  readonly beacon: string;
  readonly workerPorts: readonly number[];
  /** What to tell about defaults that were taken. */
  readonly notes: readonly string[];
}

/** Chooses all ports before anything is started. */
export async function chooseEndpoints(options: DemoOptions): Promise<Endpoints> {
  const ports = new Ports();
  const notes: string[] = [];
  const find = async (name: string, asked: number | undefined, preferred: number): Promise<number> => {
    const { port, moved } = await ports.find(name, asked, preferred);
    if (moved) notes.push(`Port ${preferred} is taken; the ${name} uses ${port}.`);
    return port;
  };
  const chain = await find("chain", options.chainPort, 8_545);
  const beacon = await find("beacon", options.beaconPort, 8_800);
  const first = options.workerPort;
  const workerPorts: number[] = [];
  for (let index = 0; index <= HONEST_PROVIDERS; ++index) {
    workerPorts.push(await find("worker", first === undefined ? undefined : first + index, 4_100 + index));
  }
  return { chain: `http://127.0.0.1:${chain}`, beacon: `http://127.0.0.1:${beacon}`, workerPorts, notes };
}

/** Starts chain and beacon. */
export async function startChain(processes: Processes, { chain, beacon }: Endpoints): Promise<JsonRpcProvider> {
  const { port } = new URL(chain);
  processes.start("chain", [HARDHAT, "node", "--network", "node", "--hostname", "127.0.0.1", "--port", port]);
  // No cache: a nonce that is read again right after a block must be the new one.
  const rpc = new JsonRpcProvider(chain, undefined, { staticNetwork: true, batchMaxCount: 1, cacheTimeout: -1 });
  rpc.pollingInterval = 200;
  await until("the chain", async () => {
    const reply = await post(chain, { jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] });
    return reply.ok;
  });
  processes.start("beacon", [
    ...["--import", "tsx", "scripts/local/beaconServer.ts"],
    ...["--rpc-url", chain, "--port", new URL(beacon).port],
  ]);
  await until("the beacon", async () => (await fetch(`${beacon}/chains`)).ok);
  return rpc;
}

/** Deploys the contracts with `hardhat deploy`, as on any other network. */
export async function deploy(
  processes: Processes,
  folder: string,
  { chain, beacon }: Endpoints,
  rpc: JsonRpcProvider,
): Promise<{ contracts: Contracts; file: string }> {
  const local = JSON.parse(await readFile(LOCAL_PARAMETERS, "utf8")) as { beacon: object };
  const parameters = path.join(folder, "parameters.json");
  const file = path.join(folder, "assay.json");
  await writeFile(parameters, JSON.stringify({ ...local, beacon: { ...local.beacon, urls: [beacon] } }));
  // The journal of a chain that lives as long as this run belongs to the run.
  await processes.run("deploy", [HARDHAT, "deploy", "--network", "local", "--parameters", parameters, "--out", file], {
    ASSAY_LOCAL_RPC_URL: chain,
    ASSAY_DEPLOY_DIR: folder,
  });
  return { contracts: await connect(await readDeployment(file), rpc), file };
}

/** The policy of the demo's model: what every provider must compute. */
export async function modelPolicy(): Promise<PolicyDocument> {
  const engine = createNgramEngine(await readFile(WEIGHTS), ORDER).info();
  const terms = {
    template: "sentence",
    maxOutputUnits: 256,
    samplePoints: 1,
    detection: (10n ** 18n).toString(),
    verifierFee: "10000",
    maxDataBytes: 8_192,
  };
  return policyDocument(policyOf(engine, terms));
}

/** Starts a provider's program; the cheat's is the same one around another engine. */
export async function startWorker(
  processes: Processes,
  provider: DemoProvider,
  network: { chain: string; deploymentFile: string; modelId: bigint; policy: PolicyDocument; price: bigint },
): Promise<void> {
  await mkdir(provider.folder, { recursive: true });
  const policy = path.join(provider.folder, "policy.json");
  const config = path.join(provider.folder, "config.json");
  await writeFile(policy, network.policy.json);
  const settings = {
    rpcUrls: [network.chain],
    deployment: network.deploymentFile,
    keystore: provider.keystore,
    passwordFile: provider.passwordFile,
    provider: provider.owner.address,
    dataDir: path.join(provider.folder, "data"),
    port: provider.port,
    pollMilliseconds: 500,
    models: [
      {
        modelId: network.modelId.toString(),
        version: 1,
        policy,
        weights: WEIGHTS,
        order: ORDER,
        price: { perJob: network.price.toString() },
      },
    ],
    duties: { turnSeconds: 4 },
  };
  await writeFile(config, JSON.stringify(settings, null, 2));
  const program = provider.cheats ? ["--import", "tsx", "scripts/demo/cheat.ts"] : [WORKER, "run"];
  processes.start(provider.name, [...program, "--config", config]);
}

/** Waits until a worker takes jobs. */
export async function untilReady({ name, endpoint }: DemoProvider): Promise<void> {
  await until(name, async () => (await fetch(`${endpoint}/ready`)).ok);
}

async function until(what: string, ready: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + START_MILLISECONDS;
  while (Date.now() < deadline) {
    if (await ready().catch(() => false)) return;
    await sleep(100);
  }
  throw new AssayError({
    code: "START_TIMEOUT",
    message: `It took ${what} longer than ${START_MILLISECONDS / 1_000} seconds to start.`,
    hint: "Look at its log; a machine under heavy load may need another try.",
  });
}

function post(url: string, body: unknown): Promise<Response> {
  return fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}
