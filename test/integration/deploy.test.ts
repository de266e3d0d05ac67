/** `hardhat deploy` as a user runs it, stopped at every point at which it can be. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";

import { expect } from "chai";
import { JsonRpcProvider } from "ethers";

import { SYSTEM_CONTRACTS } from "../../deploy/modules/System.js";
import { Ports } from "../../scripts/demo/ports.js";

const HARDHAT = path.join(
  path.dirname(createRequire(import.meta.url).resolve("hardhat/package.json")),
  "dist/src/cli.js",
);
const LOCAL_PARAMETERS = "deploy/parameters/local.json";
/** Asset, factory, and what the factory creates. */
const TRANSACTIONS = 2 + SYSTEM_CONTRACTS.length;
/** Blocks after which Ignition takes a transaction for final; nothing is mined by itself here. */
const CONFIRMED = 8;

describe("hardhat deploy", () => {
  let folder: string;
  const nodes: { child: ChildProcess; rpc: JsonRpcProvider }[] = [];

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "assay-test-"));
  });

  after(async () => {
    for (const { child, rpc } of nodes) {
      rpc.destroy();
      child.kill("SIGKILL");
    }
    await rm(folder, { recursive: true, force: true });
  });

  async function startNode(...args: string[]): Promise<{ url: string; rpc: JsonRpcProvider }> {
    const port = await new Ports().free();
    const url = `http://127.0.0.1:${port}`;
    const command = [HARDHAT, "node", "--network", "node", "--hostname", "127.0.0.1", "--port", String(port), ...args];
    const child = spawn(process.execPath, command, { stdio: "ignore" });
    const rpc = new JsonRpcProvider(url, undefined, { staticNetwork: true, cacheTimeout: -1 });
    nodes.push({ child, rpc });
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] });
    const headers = { "content-type": "application/json" };
    const answers = () =>
      fetch(url, { method: "POST", headers, body }).then(
        () => true,
        () => false,
      );
    while (!(await answers())) await new Promise((resolve) => setTimeout(resolve, 100));
    return { url, rpc };
  }

  interface Run {
    readonly child: ChildProcess;
    readonly ended: Promise<{ code: number | null; text: string }>;
  }

  function deploy(url: string, name: string, parameters = LOCAL_PARAMETERS): Run {
    const out = path.join(folder, `${name}.json`);
    const args = [HARDHAT, "deploy", "--network", "local", "--parameters", parameters, "--out", out];
    const env = { ...process.env, ASSAY_LOCAL_RPC_URL: url, ASSAY_DEPLOY_DIR: path.join(folder, name) };
    const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    child.stdout.on("data", (data: Buffer) => (text += data.toString()));
    child.stderr.on("data", (data: Buffer) => (text += data.toString()));
    const ended = new Promise<{ code: number | null; text: string }>((resolve) =>
      child.once("close", (code) => {
        resolve({ code, text });
      }),
    );
    return { child, ended };
  }

  const counts = async (rpc: JsonRpcProvider, sender: string): Promise<[latest: number, pending: number]> => {
    const [latest, pending] = await Promise.all([
      rpc.getTransactionCount(sender, "latest"),
      rpc.getTransactionCount(sender, "pending"),
    ]);
    return [latest, pending];
  };

  /** Kills a deployment as soon as its next transaction is in flight. */
  async function killInFlight(run: Run, rpc: JsonRpcProvider, sender: string): Promise<void> {
    const ended = run.ended.then(({ text }) => expect.fail(`it ended before its transaction was in flight: ${text}`));
    const inFlight = async (): Promise<void> => {
      for (;;) {
        const [latest, pending] = await counts(rpc, sender);
        if (pending > latest || run.child.exitCode !== null) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await Promise.race([ended, inFlight()]);
    ended.catch(() => undefined);
    run.child.kill("SIGKILL");
    await run.ended;
  }

  /** What a process leaves behind that is killed after it sent and before it wrote that down. */
  async function forgetSending(name: string): Promise<void> {
    for (const part of ["asset", "factory", "system"]) {
      const file = path.join(folder, name, "deployments", `chain-31337-${part}`, "journal.jsonl");
      const journal = await readFile(file, "utf8").catch(() => "");
      const lines = journal.trimEnd().split("\n");
      if (lines.at(-1)?.includes('"TRANSACTION_SEND"') === true) {
        await writeFile(file, lines.slice(0, -1).join("\n") + "\n");
      }
    }
  }

  for (const [name, written] of [
    ["written", true],
    ["unwritten", false],
  ] as const) {
    it(`goes on after a kill with any of its transactions in flight, ${name} in the journal`, async function () {
      this.timeout(600_000);
      const { url, rpc } = await startNode();
      const sender = await (await rpc.getSigner(0)).getAddress();
      for (let index = 0; index < TRANSACTIONS; ++index) {
        await rpc.send("evm_setIntervalMining", [0]);
        await rpc.send("evm_setAutomine", [false]);
        await killInFlight(deploy(url, name), rpc, sender);
        if (!written) await forgetSending(name);
        for (let block = 0; block < CONFIRMED; ++block) await rpc.send("evm_mine", []);
        expect(await counts(rpc, sender)).to.deep.equal([index + 1, index + 1]);
      }
      await rpc.send("evm_setAutomine", [true]);
      await rpc.send("evm_setIntervalMining", [200]);
      const { code, text } = await deploy(url, name).ended;
      expect(code, text).to.equal(0);
      // Nothing was sent twice.
      expect(await counts(rpc, sender)).to.deep.equal([TRANSACTIONS, TRANSACTIONS]);
      const { contracts } = JSON.parse(await readFile(path.join(folder, `${name}.json`), "utf8")) as {
        contracts: Record<string, string>;
      };
      for (const address of Object.values(contracts)) expect(await rpc.getCode(address)).not.to.equal("0x");
      expect((await deploy(url, name).ended).code).to.equal(0);
      expect((await counts(rpc, sender))[0]).to.equal(TRANSACTIONS);
    });
  }

  it("refuses public keys on a public chain, and a broken rule anywhere, before it sends anything", async function () {
    this.timeout(120_000);
    const { url, rpc } = await startNode("--chain-id", "84532");
    const sender = await (await rpc.getSigner(0)).getAddress();
    const local = JSON.parse(await readFile(LOCAL_PARAMETERS, "utf8")) as Record<string, Record<string, unknown>>;
    await mkdir(path.join(folder, "parameters"));
    const file = async (name: string, change: Record<string, unknown>): Promise<string> => {
      const at = path.join(folder, "parameters", `${name}.json`);
      await writeFile(at, JSON.stringify({ ...local, ...change }));
      return at;
    };
    const refused = async (at: string, parameters: string, words: string): Promise<void> => {
      const { code, text } = await deploy(at, "refused", parameters).ended;
      expect(text).to.contain(words);
      expect(code).to.equal(1);
    };
    await refused(url, LOCAL_PARAMETERS, "is meant for chain 31337, but the network is chain 84532");
    await refused(url, await file("keys", { chainId: 84_532 }), "is a public development account");
    expect(await counts(rpc, sender)).to.deep.equal([0, 0]);

    const home = await startNode();
    const broken = await file("rule", { escrow: { ...local["escrow"], capture: "70000000000000000" } });
    await refused(home.url, broken, "JobEscrow_InvalidParameter(name = capture, actual = 70000000000000000, limit = ");
    const typo = await file("typo", { court: { ...local["court"], drawWindows: 1 } });
    await refused(home.url, typo, "drawWindows");
    expect(await counts(home.rpc, sender)).to.deep.equal([0, 0]);
  });
});
