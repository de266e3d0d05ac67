import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { AssayError, connect, type Contracts, policyDocument, type PolicyDocument } from "@assay/sdk";
import { readDeployment } from "@assay/sdk/node";
import { createNgramEngine, policyOf } from "@assay/worker";
import { type HDNodeWallet, JsonRpcProvider } from "ethers";

import type { PortOptions } from "./options.js";
import { Ports } from "./ports.js";
import type { Processes } from "./processes.js";
import { type DemoProvider, HONEST_PROVIDERS, writeKeystore } from "./setUp.js";

const resolve = createRequire(import.meta.url).resolve;
const HARDHAT = path.join(path.dirname(resolve("hardhat/package.json")), "dist/src/cli.js");
const WORKER = path.resolve("packages/worker/dist/main.js");
const CHEAT = "scripts/demo/cheat.ts";
const GATEWAY = path.resolve("packages/gateway/dist/main.js");
const WEIGHTS = path.resolve("packages/worker/models/alice.txt");
const LOCAL_PARAMETERS = path.resolve("deploy/parameters/local.json");

const ORDER = 6;
const START_MILLISECONDS = 60_000;

/** Where chain and beacon of a run listen. */
export interface ChainEndpoints {
  readonly chain: string;
  readonly beacon: string;
}

/** The places at which a run listens. */
export interface Endpoints extends ChainEndpoints {
  readonly workerPorts: readonly number[];
  readonly gatewayPort: number;
  /** What to tell about defaults that were taken. */
  readonly notes: readonly string[];
}

/** Chooses all ports before anything is started. */
export async function chooseEndpoints(options: PortOptions): Promise<Endpoints> {
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
  const gatewayPort = await find("gateway", options.gatewayPort, 4_200);
  return {
    chain: `http://127.0.0.1:${chain}`,
    beacon: `http://127.0.0.1:${beacon}`,
    workerPorts,
    gatewayPort,
    notes,
  };
}

/** Starts chain and beacon. */
export async function startChain(processes: Processes, { chain, beacon }: ChainEndpoints): Promise<JsonRpcProvider> {
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
  { chain, beacon }: ChainEndpoints,
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

/** What the programs of a run have in common. */
export interface RunNetwork {
  readonly chain: string;
  readonly deploymentFile: string;
  readonly modelId: bigint;
  readonly policy: PolicyDocument;
}

/** What a provider asks, in smallest units, and how it serves sessions. */
export interface ServingTerms {
  readonly perJob: bigint;
  /** For 1,000,000 units, in and out. */
  readonly perMillion: bigint;
  /** The worker's `session` settings. */
  readonly session?: object;
}

/** Starts a provider's program. `program` is another one around the same library, such as the cheat's. */
export async function startWorker(
  processes: Processes,
  provider: DemoProvider,
  network: RunNetwork,
  { perJob, perMillion, session }: ServingTerms,
  program = provider.cheats ? CHEAT : undefined,
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
        price: {
          perJob: perJob.toString(),
          perMillionInputUnits: perMillion.toString(),
          perMillionOutputUnits: perMillion.toString(),
        },
      },
    ],
    ...(session !== undefined && { session }),
    duties: { turnSeconds: 4 },
  };
  await writeFile(config, JSON.stringify(settings, null, 2));
  const command = program === undefined ? [WORKER, "run"] : ["--import", "tsx", program];
  processes.start(provider.name, [...command, "--config", config]);
}

/** A requester's gateway of a run. */
export interface DemoGateway {
  readonly port: number;
  /** Clients add `/v1`. */
  readonly url: string;
}

/** Starts the requester's program, without API keys: only this machine reaches it. `settings` go into its configuration. */
export async function startGateway(
  processes: Processes,
  folder: string,
  network: RunNetwork,
  { port, requester, model, settings }: { port: number; requester: HDNodeWallet; model: string; settings: object },
): Promise<DemoGateway> {
  const keys = await writeKeystore(folder, requester);
  const policy = path.join(folder, "policy.json");
  const config = path.join(folder, "config.json");
  await writeFile(policy, network.policy.json);
  const content = {
    rpcUrls: [network.chain],
    deployment: network.deploymentFile,
    ...keys,
    dataDir: path.join(folder, "data"),
    port,
    open: true,
    pollMilliseconds: 500,
    models: [{ name: model, modelId: network.modelId.toString(), policy }],
    ...settings,
  };
  await writeFile(config, JSON.stringify(content, null, 2));
  processes.start("gateway", [GATEWAY, "run", "--config", config]);
  const url = `http://127.0.0.1:${port}`;
  await until("the gateway", async () => (await fetch(`${url}/ready`)).ok);
  return { port, url };
}

/** Waits until a worker takes jobs. */
export async function untilReady({ name, endpoint }: DemoProvider): Promise<void> {
  await until(name, async () => (await fetch(`${endpoint}/ready`)).ok);
}

export async function until(what: string, ready: () => Promise<boolean>): Promise<void> {
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
