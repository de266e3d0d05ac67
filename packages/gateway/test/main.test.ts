import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { createKeystore, developmentKey } from "@assay/sdk/node";
import { expect } from "chai";

import { EXIT } from "../src/exit.js";
import { temporaryFolder } from "./helpers/session.js";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const ADDRESS = (digit: string): string => `0x${digit.repeat(40)}`;

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  const child = spawn(process.execPath, ["--import", "tsx", MAIN, ...args], { env: { ...process.env, ...env } });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
  child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  return { code, stdout, stderr };
}

describe("assay-gateway", function () {
  this.timeout(60_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let config: string;

  const contracts = Object.fromEntries(
    [
      "DrandBeacon",
      "ProviderStaking",
      "ModelRegistry",
      "JobEscrow",
      "AuditCourt",
      "OfferingFactory",
      "OfferingLens",
      "RevenueClaimer",
    ].map((name, index) => [name, ADDRESS(String(index + 1))]),
  );

  async function write(changed: object = {}, chainId = 31_337): Promise<void> {
    const beacon = { urls: [], publicKey: "00".repeat(128), genesis: 0, period: 30, stride: 1, timeout: 60 };
    const asset = { address: ADDRESS("9"), symbol: "USDC", decimals: 6 };
    const deployment = { chainId, network: "test", asset, contracts, deployedAtBlock: 0, beacon };
    await writeFile(join(folder.path, "assay.json"), JSON.stringify(deployment));
    await writeFile(
      config,
      JSON.stringify({
        rpcUrls: ["http://127.0.0.1:1"],
        deployment: "./assay.json",
        keystore: "key.json",
        passwordFile: "password",
        dataDir: "data",
        port: 0,
        ...changed,
      }),
    );
  }

  before(async () => {
    folder = await temporaryFolder();
    config = join(folder.path, "gateway.json");
    await writeFile(join(folder.path, "password"), "secret\n");
    const keystore = { file: join(folder.path, "key.json"), passwordFile: join(folder.path, "password") };
    await createKeystore({ ...keystore, privateKey: developmentKey(5, 31_337).privateKey });
    await write();
  });
  after(async () => {
    await folder.remove();
  });

  it("explains itself, and what it does not understand", async () => {
    const help = await run(["--help"]);
    expect(help.code).to.equal(EXIT.ok);
    expect(help.stdout).to.include("keys create NAME");
    const unknown = await run(["dance"]);
    expect(unknown.code).to.equal(EXIT.config);
    expect(unknown.stderr).to.include("[USAGE]");
  });

  it("makes, lists and revokes keys; a key is shown once and is in no file", async () => {
    const created = await run(["keys", "create", "app", "--cap", "12.5", "--rpm", "60", "--config", config, "--json"]);
    expect(created.stderr).to.equal("");
    const { key, ...row } = JSON.parse(created.stdout) as { key: string; id: number; cap: string };
    expect(key).to.match(/^sk-assay-[\w-]{43}$/);
    expect(row).to.deep.include({ id: 1, name: "app", cap: "12.5", requestsPerMinute: 60 });
    const listed = await run(["keys", "list", "--config", config]);
    expect(listed.stdout).to.include("app").and.to.not.include(key);
    expect((await run(["keys", "revoke", "app", "--config", config])).stdout).to.include("revoked");
    const again = await run(["keys", "revoke", "app", "--config", config]);
    expect(again.code).to.equal(EXIT.config);
    expect((await run(["keys", "create", "x", "--cap", "1.2345678", "--config", config])).stderr).to.include("[USAGE]");
  });

  it("refuses a well-known key on a chain where something can be lost", async () => {
    await write({}, 1);
    const { code, stderr } = await run(["--config", config]);
    expect(code).to.equal(EXIT.keystore);
    expect(stderr).to.include("[DEVELOPMENT_KEY]");
    await write();
  });

  it("refuses to be open to others", async () => {
    const { code, stderr } = await run(["--open", "--config", config], { ASSAY_HOST: "0.0.0.0" });
    expect(code).to.equal(EXIT.config);
    expect(stderr).to.include("[OPEN_TO_ALL]");
  });

  it("checks everything and says what is missing, with the exit code of the first failure", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const { port } = taken.address() as AddressInfo;
    const { code, stdout } = await run(["check", "--json", "--config", config], { ASSAY_PORT: String(port) });
    taken.close();
    const results = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { name: string; status: string; code?: string });
    expect(results.map(({ name, status }) => [name, status])).to.deep.equal([
      ["deployment", "ok"],
      ["port", "failed"],
      ["disk", "ok"],
      ["keystore", "ok"],
      ["API keys", "warning"],
      ["chain", "failed"],
    ]);
    expect(code).to.equal(EXIT.portTaken);
  });

  it("serves while the chain is away, says so, keeps others off its data, and stops when it is asked to", async () => {
    const child = spawn(process.execPath, ["--import", "tsx", MAIN, "--open", "--config", config]);
    let log = "";
    child.stdout.on("data", (data: Buffer) => (log += data.toString()));
    const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
    let url: string | undefined;
    while (url === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      url = /"url":"([^"]+)"/.exec(log)?.[1];
    }
    expect((await fetch(`${url}/health`)).status).to.equal(200);
    const ready = await fetch(`${url}/ready`);
    expect(ready.status).to.equal(503);
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "alice", messages: [{ role: "user", content: "x" }] }),
    });
    expect(answer.status).to.equal(503);
    expect(answer.headers.get("retry-after")).to.equal("5");
    const second = await run(["--open", "--config", config]);
    expect(second.code).to.equal(EXIT.dataLocked);
    child.kill("SIGTERM");
    expect(await exited).to.equal(EXIT.ok);
  });
});
