import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

import { AssayError, type Contracts } from "@assay/sdk";
import { developmentKey } from "@assay/sdk/node";
import type { HDNodeWallet } from "ethers";

import {
  deploy,
  modelPolicy,
  type RunNetwork,
  startChain,
  startGateway,
  startWorker,
  until,
  untilReady,
} from "../../demo/network.js";
import { Ports } from "../../demo/ports.js";
import { Processes } from "../../demo/processes.js";
import { createActors, type DemoProvider, HONEST_PROVIDERS, registerNetwork } from "../../demo/setUp.js";

export const MODEL = "mock";

const PEER = path.resolve("node_modules/@portkey-ai/gateway/build/start-server.js");
/** Prices so low that a hundred thousand answers stay within a session's budget. */
const TERMS = {
  perJob: 1_000_000n,
  perMillion: 1_000n,
  session: { creditLine: "100000", maxConcurrent: 1_024, batch: { maxAgeSeconds: 86_400 } },
};
const GATEWAY = {
  logLevel: "warn",
  budget: { perSession: "5000000", total: "100000000", topUpBelow: "1000000" },
  session: { creditLine: "100000", collateralBps: 1_000_000 },
};
/** What is loaded. */
export interface Target {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Both gateways of the benchmark with all that is behind them, on this machine. */
export interface Stack {
  readonly ours: Target;
  readonly peer: Target;
  readonly contracts: Contracts;
  readonly provider: DemoProvider;
  readonly network: RunNetwork;
  /** Pays for what is asked of the worker directly. */
  readonly requester: HDNodeWallet;
  readonly folder: string;
  /** Resident memory of our gateway, in bytes. */
  memory(): Promise<number>;
  stop(): Promise<void>;
}

/**
 * Starts our side (chain, contracts, one worker around the benchmark's engine, our gateway with a session of its own) and the peer's
 * (the same answers from an OpenAI-compatible server, Portkey's gateway before it).
 */
export async function startStack(): Promise<Stack> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "assay-bench-"));
  await mkdir(path.join(folder, "logs"));
  let died: AssayError | undefined;
  const processes = new Processes(folder, (error) => {
    died ??= error;
    console.error(error.message, error.hint ?? "");
  });
  const stop = async (): Promise<void> => {
    await processes.stopAll();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const ports = new Ports();
    const [chain, beacon] = [`http://127.0.0.1:${await ports.free()}`, `http://127.0.0.1:${await ports.free()}`];
    const rpc = await startChain(processes, { chain, beacon });
    const { contracts, file } = await deploy(processes, folder, { chain, beacon }, rpc);
    const workerPorts = await Promise.all(Array.from({ length: HONEST_PROVIDERS }, () => ports.free()));
    const actors = await createActors(contracts, rpc, folder, workerPorts);
    const policy = await modelPolicy();
    const { modelId } = await registerNetwork(contracts, actors, policy);
    const network = { chain, deploymentFile: file, modelId, policy };
    const [provider] = actors.providers;
    if (provider === undefined) throw new AssayError({ code: "INTERNAL", message: "There is no provider." });
    await startWorker(processes, provider, network, TERMS, "scripts/bench/gateway/worker.ts");
    await untilReady(provider);
    const port = await ports.free();
    const gateway = await startGateway(processes, path.join(folder, "gateway"), network, {
      port,
      requester: actors.application,
      model: MODEL,
      settings: GATEWAY,
    });
    const peer = await startPeer(processes, ports);
    return {
      ours: { url: `${gateway.url}/v1/chat/completions`, headers: { authorization: "Bearer none" } },
      peer,
      contracts,
      provider,
      network,
      // Of the demo's accounts, its first requester, who has funds in the escrow.
      requester: developmentKey(HONEST_PROVIDERS + 2, contracts.chainId).connect(rpc),
      folder,
      memory: async () => {
        if (died !== undefined) throw died;
        return await residentMemory(processes.pids.get("gateway") ?? 0);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startPeer(processes: Processes, ports: Ports): Promise<Target> {
  const [upstream, port] = [await ports.free(), await ports.free()];
  processes.start("upstream", ["--import", "tsx", "scripts/bench/gateway/upstream.ts", "--port", String(upstream)]);
  processes.start("peer", [PEER, `--port=${port}`, "--headless"], { NODE_ENV: "production" });
  const url = `http://127.0.0.1:${port}/v1/chat/completions`;
  const headers = {
    authorization: "Bearer none",
    "x-portkey-provider": "openai",
    "x-portkey-custom-host": `http://127.0.0.1:${upstream}/v1`,
  };
  await until("the peer's gateway", async () => {
    const body = JSON.stringify({ model: MODEL, messages: [{ role: "user", content: "Are you there?" }] });
    const reply = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
    });
    return reply.ok;
  });
  return { url, headers };
}

/** Bytes, as the system counts them. */
async function residentMemory(pid: number): Promise<number> {
  // A moment for what is only waiting to be collected.
  await sleep(1_000);
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const kibibytes =
    /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ??
    // Where there is no /proc.
    (await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)])).stdout.trim();
  return Number(kibibytes) * 1_024;
}
