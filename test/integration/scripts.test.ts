/** The scripts of every role, as a user runs them: child processes against a real node. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { type Contracts, latestRoundAt, signerSender } from "@assay/sdk";
import { developmentKey } from "@assay/sdk/node";
import { expect } from "chai";
import { Contract, type JsonRpcProvider } from "ethers";

import { deploy, modelPolicy, startChain } from "../../scripts/demo/network.js";
import { Ports } from "../../scripts/demo/ports.js";
import { Processes } from "../../scripts/demo/processes.js";
import { type Ran, resultOf, runScript } from "../helpers/scripts.js";

const ACCOUNT = 3;
const OPERATOR = "0x00000000000000000000000000000000000000AA";

describe("scripts", () => {
  let folder: string;
  let processes: Processes;
  let rpc: JsonRpcProvider;
  let contracts: Contracts;
  let env: Record<string, string>;
  const owner = developmentKey(ACCOUNT, 31_337n).address;

  before(async function () {
    this.timeout(240_000);
    folder = await mkdtemp(path.join(os.tmpdir(), "assay-test-"));
    await mkdir(path.join(folder, "logs"));
    processes = new Processes(folder, () => undefined);
    const ports = new Ports();
    const chain = `http://127.0.0.1:${await ports.free()}`;
    const beacon = `http://127.0.0.1:${await ports.free()}`;
    const endpoints = { chain, beacon };
    rpc = await startChain(processes, endpoints);
    const deployed = await deploy(processes, folder, endpoints, rpc);
    contracts = deployed.contracts;
    env = { ASSAY_DEPLOYMENT: deployed.file, ASSAY_RPC_URL: chain };
    const minter = developmentKey(0, 31_337n).connect(rpc);
    const asset = new Contract(contracts.deployment.asset.address, ["function mint(address,uint256)"], minter);
    const call = await asset.getFunction("mint").populateTransaction(owner, 2_000_000_000n);
    await (await signerSender(minter)).send({ label: "mint", ...call });
  });

  after(async function () {
    this.timeout(240_000);
    await processes.stopAll();
    rpc.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  const run = async (script: string, args: readonly string[], change: Record<string, string> = {}): Promise<Ran> =>
    await runScript(script, args, { ...env, ...change });

  /** Runs with a key and `--json`. */
  const act = async (script: string, ...args: string[]): Promise<Record<string, unknown>> =>
    resultOf(await run(script, [...args, "--dev-account", String(ACCOUNT), "--json"]));

  it("take a provider, its seats and a model through their lives", async function () {
    this.timeout(240_000);
    expect(await act("stake", "deposit", "1000")).to.include({ account: owner, amount: "1000000000" });
    await act("stake", "register", "--operator", OPERATOR, "--metadata", "https://gpu.example/provider.json");
    expect(await act("stake", "status")).to.include({ registered: true, operator: OPERATOR, free: "1000000000" });

    const policy = path.join(folder, "policy.json");
    // Not canonical in the file: the script makes it so.
    await writeFile(policy, JSON.stringify((await modelPolicy()).policy, null, 2));
    const model = await act("model", "register", "--policy", policy, "--royalty-bps", "500", "--yes");
    expect(model).to.include({ modelId: "1", owner, royaltyBps: "500", policyId: (await modelPolicy()).policyId });
    expect((await contracts.registry.versionOf(1, 1)).policyId).to.equal(model["policyId"]);
    await act("model", "publish", "--model", "1", "--policy", policy, "--yes");
    expect(await contracts.registry.latestVersion(1)).to.equal(2n);
    await act("model", "set-royalty", "300", "--model", "1", "--yes");
    expect(await contracts.registry.royaltyOf(1)).to.equal(300n);

    expect((await act("seats", "take", "--model", "1", "--count", "2"))["seats"]).to.deep.equal(["0", "1"]);
    await act("seats", "activate", "--model", "1", "--seats", "0,1");
    expect(await act("seats", "list", "--model", "1")).to.include({ activeSeats: "2", activeProviders: "1" });
    await act("seats", "leave", "--model", "1", "--seats", "1");
    expect(await contracts.registry.activeCounts(1)).to.deep.equal([1n, 1n]);
    await act("stake", "withdraw", "all");
    expect(await contracts.staking.freeStake(owner)).to.equal(0n);
  });

  it("move money in and out, and claim", async function () {
    this.timeout(240_000);
    await act("funds", "deposit", "12.5");
    expect(await act("funds", "show")).to.include({ escrow: "12500000" });
    await act("funds", "withdraw", "2.5");
    expect(await act("funds", "claim")).to.include({ escrow: "10000000", stake: "0" });
    expect((await contracts.escrow.accountOf(owner)).balance).to.equal(0n);
  });

  it("post a round of the deployment's beacon, once", async function () {
    this.timeout(240_000);
    const { genesis, period } = contracts.deployment.beacon;
    const block = await rpc.getBlock("latest");
    const schedule = { genesis: BigInt(genesis), period: BigInt(period), stride: 1n };
    const round = String(latestRoundAt(schedule, BigInt(block!.timestamp)) - 5n);
    const posted = await act("beacon", "post", round);
    expect(posted).to.include({ round, randomness: posted["expected"] });
    const again = await run("beacon", ["post", round, "--dev-account", String(ACCOUNT)]);
    expect(again).to.include({ code: 1, err: `Round ${round} is posted already. Nothing is to be done.\n` });
  });

  it("say in a sentence what is wrong, with a stable exit code", async function () {
    this.timeout(240_000);
    const key = ["--dev-account", String(ACCOUNT)];
    const fails = async (code: number, text: string, ...[script, args, change]: Parameters<typeof run>) => {
      const ran = await run(script, args, change);
      expect(ran.err).to.contain(text);
      expect([ran.code, ran.out]).to.deep.equal([code, ""]);
    };
    await fails(2, '"fly" is no command of stake', "stake", ["fly"]);
    await fails(2, "No command is named", "stake", []);
    await fails(2, '"6" is one argument too many for deposit', "stake", ["deposit", "5", "6", ...key]);
    await fails(2, "ADDRESS is not an address: 0x12", "stake", ["set-operator", "0x12", ...key]);
    await fails(2, "ADDRESS is not an address: me.eth", "model", ["set-payout", "me.eth", "--model", "1", ...key]);
    await fails(2, "AMOUNT is missing", "stake", ["deposit", ...key]);
    await fails(2, "at most 6 decimals", "funds", ["deposit", "0.0000001", ...key]);
    await fails(2, "needs a key", "funds", ["deposit", "1"]);
    await fails(2, "JOB_ID is 0x and 64 hex digits", "job", ["show", "7"]);
    await fails(3, "No deployment is named", "funds", ["show", ...key], { ASSAY_DEPLOYMENT: "" });
    await fails(4, "JobEscrow_InsufficientBalance", "funds", ["withdraw", "999999", ...key]);
    await fails(5, "could not be reached", "funds", ["show", ...key], { ASSAY_RPC_URL: "http://127.0.0.1:1" });
    await fails(6, "cannot be read", "funds", ["deposit", "1", "--keystore", "/none", "--password-file", "/none"]);
    const { out, code } = await run("job", ["--help"]);
    expect(code).to.equal(0);
    expect(out).to.contain("Usage: assay job COMMAND");
    const json = await run("funds", ["withdraw", "999999", ...key, "--json"]);
    expect(JSON.parse(json.out)).to.have.nested.property("error.details.name", "JobEscrow_InsufficientBalance");
  });
});
