import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { policyDocument, versionOfPolicy } from "@assay/sdk";
import { lockDataFolder } from "@assay/sdk/node";
import { expect } from "chai";
import { encryptKeystoreJson, Wallet, ZeroAddress, ZeroHash } from "ethers";

import { createNgramEngine } from "../src/adapters/engine/ngramEngine.js";
import { policyOf } from "../src/domain/policyMatch.js";
import { EXIT } from "../src/exit.js";
import { ADDRESSES, FakeChain } from "./helpers/fakeChain.js";
import { OpenaiStub } from "./helpers/openaiStub.js";
import { PROVIDER } from "./helpers/samples.js";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const TEXT = "a text to learn from";
const { asset, ...CONTRACTS } = ADDRESSES;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe("assay-worker", function () {
  this.timeout(240_000);
  const wallet = Wallet.createRandom();
  const { address, privateKey } = wallet;
  let folder: string;
  let chain: FakeChain;
  let config: Record<string, unknown>;
  let children: ChildProcess[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "assay-main-"));
    children = [];
    const engine = createNgramEngine(new TextEncoder().encode(TEXT), 3);
    const document = policyDocument(
      policyOf(engine.info(), {
        template: "none",
        maxOutputUnits: 64,
        samplePoints: 1,
        detection: "1000000000000000000",
        verifierFee: "1000",
        maxDataBytes: 8192,
      }),
    );
    chain = await FakeChain.start({
      chainId: 31337n,
      missing: [],
      provider: PROVIDER,
      staked: 10n ** 9n,
      gas: 10n ** 18n,
      version: versionOfPolicy(document),
    });
    write("weights.txt", TEXT);
    write("policy.json", document.json);
    write("password", "correct horse\n");
    write(
      "key.json",
      await encryptKeystoreJson({ address, privateKey }, "correct horse", { scrypt: { N: 1024, r: 8, p: 1 } }),
    );
    write("deployment.json", JSON.stringify(deployment()));
    config = {
      rpcUrls: [chain.url],
      deployment: "./deployment.json",
      keystore: "key.json",
      passwordFile: "password",
      dataDir: "data",
      port: 0,
      pollMilliseconds: 100,
      models: [{ modelId: "1", version: 1, policy: "policy.json", weights: "weights.txt", order: 3 }],
    };
  });

  afterEach(async () => {
    for (const child of children) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGKILL");
        await once(child, "exit");
      }
    }
    await chain.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function write(name: string, content: string): void {
    writeFileSync(join(folder, name), content);
  }

  function deployment(): object {
    return {
      chainId: 31337,
      network: "local",
      asset: { address: asset, symbol: "aUSD", decimals: 6 },
      contracts: CONTRACTS,
      deployedAtBlock: 1,
      beacon: { urls: [], publicKey: "11".repeat(128), genesis: 1, period: 1, stride: 1, timeout: 60 },
    };
  }

  function start(...args: string[]): ChildProcess {
    write("config.json", JSON.stringify(config));
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^ASSAY_|^DATABASE_URL$/.test(name)),
    );
    const child = spawn(process.execPath, ["--import", "tsx", MAIN, ...args], { env });
    children.push(child);
    return child;
  }

  async function end(child: ChildProcess): Promise<Ended> {
    let [stdout, stderr] = ["", ""];
    child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    return { code, stdout, stderr };
  }

  const run = async (...args: string[]): Promise<Ended> =>
    await end(start(...(args.length > 0 ? args : ["run", "--config", join(folder, "config.json")])));

  async function ends(code: number, sentence: string | RegExp): Promise<void> {
    const { code: actual, stderr } = await run();
    expect(stderr.trim()).to.match(
      typeof sentence === "string" ? new RegExp(`^assay-worker: ${escape(sentence)}`) : sentence,
    );
    expect(stderr, "one sentence, no stack").to.not.include("    at ");
    expect(actual).to.equal(code);
  }

  it("explains itself", async () => {
    const { code, stdout } = await run("--help");

    expect(code).to.equal(EXIT.ok);
    expect(stdout).to.include("assay-worker check").and.to.include("ASSAY_CONFIG").and.to.include("75  retryable");
  });

  it("refuses arguments that it does not know", async () => {
    for (const args of [["walk"], ["run", "now"], ["run", "--private-key", "0x1"]]) {
      const { code, stderr } = await run(...args);
      expect(stderr).to.include("[USAGE]");
      expect(code).to.equal(EXIT.config);
    }
  });

  it("ends with its own code for a wrong configuration", async () => {
    config["rpcUrls"] = [];
    await ends(EXIT.config, "The configuration is wrong (rpcUrls: ");
  });

  it("ends with its own code for a key that cannot be opened", async () => {
    write("password", "wrong horse\n");
    await ends(EXIT.keystore, /does not open the keystore .* \[PASSWORD_WRONG\]$/);
    config["keystore"] = "none.json";
    await ends(EXIT.keystore, /cannot be read.* \[KEYSTORE_UNREADABLE\]$/);
  });

  it("ends with its own code for a model that is not the policy's", async () => {
    write("weights.txt", "another text");
    await ends(EXIT.modelMismatch, "The engine for model 1/1 is not what its policy pins: weights is 0x");
  });

  it("ends with its own code on the wrong network", async () => {
    chain.state.chainId = 1n;
    await ends(EXIT.wrongNetwork, "The RPC server is on chain 1, not on chain 31337.");
  });

  it("ends with its own code where a contract is missing", async () => {
    chain.state.missing = [ADDRESSES.AuditCourt];
    await ends(EXIT.missingContract, /There is no contract at 0x[0-9a-fA-F]*a4 \(AuditCourt\)/i);
  });

  it("ends with its own code for a key that works for nobody, or for somebody else", async () => {
    config["provider"] = ADDRESSES.asset;
    await ends(EXIT.notRegistered, `The key ${wallet.address} works for ${PROVIDER}, the configuration names `);
    chain.state.provider = ZeroAddress;
    await ends(EXIT.notRegistered, `The key ${wallet.address} is no provider's operator. Register the provider`);
  });

  it("ends with its own code without stake, without gas, and for an unknown model or another policy", async () => {
    chain.state.staked = 0n;
    await ends(EXIT.noStake, `The provider ${PROVIDER} has no stake. Deposit aUSD`);
    chain.state.staked = 1n;
    chain.state.gas = 999_999_999_999_999n;
    await ends(EXIT.noGas, `The operator ${wallet.address} has 0.000999999999999999 for gas, the worker wants 0.001.`);
    chain.state.gas = 10n ** 18n;
    const version = chain.state.version!;
    chain.state.version = { ...version, policyId: ZeroHash };
    await ends(EXIT.modelMismatch, `Version 1 of model 1 has the policyId ${ZeroHash}, the policy file 0x`);
    chain.state.version = undefined;
    await ends(EXIT.modelMismatch, "There is no model 1 in this deployment.");
  });

  it("ends with its own code where the port is taken", async () => {
    const server: Server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      config["port"] = (server.address() as { port: number }).port;
      await ends(EXIT.portTaken, `Port ${String(config["port"])} of 127.0.0.1 is taken.`);
    } finally {
      server.close();
    }
  });

  it("ends with its own code where the data folder is in use", async () => {
    const held = lockDataFolder(join(folder, "data"));
    try {
      await ends(EXIT.dataLocked, `The data folder ${join(folder, "data")} is in use: process ${process.pid}, `);
    } finally {
      held.close();
    }
  });

  it("waits for a chain that is away, says so, and stops when told to", async () => {
    config["rpcUrls"] = ["http://127.0.0.1:1"];
    const child = start("run", "--config", join(folder, "config.json"));
    const ended = end(child);
    const url = await listening(child);
    await new Promise((resolve) => setTimeout(resolve, 1_500));

    expect(child.exitCode).to.equal(null);
    const ready = await fetch(`${url}/ready`);
    expect(ready.status).to.equal(503);
    expect(await ready.json()).to.deep.equal({
      status: "degraded",
      problems: ["The chain has not been reached yet."],
    });
    expect((await fetch(`${url}/health`)).status).to.equal(200);
    expect((await fetch(`${url}/v1/jobs/${ZeroHash}/output`)).status).to.equal(503);
    expect(await (await fetch(`${url}/v1/provider`)).json()).to.deep.include({
      endpoint: url,
      operator: wallet.address,
    });
    expect(await (await fetch(`${url}/metrics`)).text()).to.include("assay_worker_http_requests_total");

    child.kill("SIGTERM");
    const { code, stdout } = await ended;
    expect(code).to.equal(EXIT.ok);
    expect(stdout).to.include('"code":"RPC_UNREACHABLE"').and.to.include("the worker stops");
  });

  describe("check", () => {
    const check = async (): Promise<{
      code: number | null;
      results: Map<string, { status: string; code?: string }>;
    }> => {
      const { code, stdout } = await run("check", "--json", "--config", join(folder, "config.json"));
      const lines = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { name: string; status: string });
      return { code, results: new Map(lines.map((line) => [line.name, line])) };
    };

    it("looks at everything, and goes on after what failed", async () => {
      chain.state.staked = 0n;
      chain.state.gas = 0n;
      const { code, results } = await check();

      expect(code).to.equal(EXIT.noGas);
      expect(results.get("gas")).to.include({ status: "failed", code: "NO_GAS" });
      expect(results.get("stake")).to.include({ status: "failed", code: "NO_STAKE" });
      // This chain has no blocks, and no beacon server is named: neither keeps a worker from starting.
      expect(results.get("clock")).to.include({ status: "warning" });
      expect(results.get("beacon")).to.include({ status: "warning", code: "ROUND_UNAVAILABLE" });
      for (const name of [
        "deployment",
        "models",
        "port",
        "keystore",
        "journal",
        "chain",
        "registration",
        "model 1/1",
      ]) {
        expect(results.get(name), name).to.include({ status: "ok" });
      }
    });

    it("ends with 0 when the worker can start, and leaves nothing locked", async () => {
      expect((await check()).code).to.equal(EXIT.ok);
      expect((await check()).code).to.equal(EXIT.ok);
    });

    it("asks the server behind a model whether it has it, and never shows the key", async () => {
      const server = await OpenaiStub.start();
      const pins = {
        engine: "vllm",
        engineVersion: "0.11.0",
        weights: `0x${"ab".repeat(32)}`,
        tokenizer: "qwen3",
        template: "qwen3",
        precision: { weights: "bf16", activations: "bf16", kvCache: "bf16" },
        hardwareClass: "h100",
      };
      const { template, ...pinned } = pins;
      const terms = {
        template,
        maxOutputUnits: 64,
        samplePoints: 1,
        detection: "1",
        verifierFee: "0",
        maxDataBytes: 8192,
      };
      const document = policyDocument(policyOf({ ...pinned, templates: [template] }, terms));
      write("policy.json", document.json);
      write("engine.key", "a secret\n");
      const engine = { type: "openai", url: server.url, model: "qwen3", apiKeyFile: "engine.key", pins };
      config["models"] = [{ modelId: "1", version: 1, policy: "policy.json", engine }];
      chain.state.version = versionOfPolicy(document);
      server.answer = (response) => response.end(JSON.stringify({ data: [{ id: "qwen3" }] }));
      const good = await check();
      server.answer = (response) => response.end(JSON.stringify({ data: [{ id: "other" }] }));
      const bad = await check();
      await server.stop();

      expect(good.results.get("engine of 1/1")).to.include({ status: "ok" });
      expect(good.code).to.equal(EXIT.ok);
      expect(server.asked[0]).to.include({ path: "/v1/models", key: "Bearer a secret" });
      expect(bad.results.get("engine of 1/1")).to.include({ status: "failed", code: "ENGINE_MODEL_UNKNOWN" });
      expect(bad.code).to.equal(EXIT.modelMismatch);
      expect(JSON.stringify([...good.results, ...bad.results])).not.to.include("a secret");
    });

    it("ends with its own code when the chain is away", async () => {
      config["rpcUrls"] = ["http://127.0.0.1:1"];
      const { code, results } = await check();

      expect(results.get("chain")).to.include({ status: "failed", code: "RPC_UNREACHABLE" });
      expect(code).to.equal(EXIT.rpcUnreachable);
    });
  });
});

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** The URL that the worker says it listens on. */
async function listening(child: ChildProcess): Promise<string> {
  return await new Promise((resolve) => {
    child.stdout?.on("data", (chunk: Buffer) => {
      const found = /"url":"([^"]+)"/.exec(chunk.toString())?.[1];
      if (found !== undefined) resolve(found);
    });
  });
}
