/** `npm run job` and the claim that follows, against eight workers that are processes of their own. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import {
  type Contracts,
  JobStatus,
  keccakHex,
  openJob,
  prepareJob,
  type PreparedJob,
  requestDocument,
  signQuote,
  signerSender,
} from "@assay/sdk";
import { loadKeystore } from "@assay/sdk/node";
import { expect } from "chai";
import type { JsonRpcProvider } from "ethers";

import { PRICE } from "../../scripts/demo/jobs.js";
import { deploy, modelPolicy, startChain, startWorker, untilReady } from "../../scripts/demo/network.js";
import { Ports } from "../../scripts/demo/ports.js";
import { Processes } from "../../scripts/demo/processes.js";
import { type Actors, createActors, HONEST_PROVIDERS, registerNetwork } from "../../scripts/demo/setUp.js";
import { type Ran, resultOf, runScript } from "../helpers/scripts.js";

/** Development accounts of the demo's actors: see `createActors`. */
const [MODEL_OWNER, REQUESTER, STRANGER] = [HONEST_PROVIDERS + 1, HONEST_PROVIDERS + 2, HONEST_PROVIDERS + 3];
const CHEAPER = PRICE - 1n;
const PROMPT = "Alice was beginning to get very";

describe("the job script", () => {
  let folder: string;
  let processes: Processes;
  let rpc: JsonRpcProvider;
  let contracts: Contracts;
  let actors: Actors;
  let modelId: bigint;
  let env: Record<string, string>;
  const deaths: Error[] = [];

  before(async function () {
    this.timeout(150_000);
    folder = await mkdtemp(path.join(os.tmpdir(), "assay-test-"));
    await mkdir(path.join(folder, "logs"));
    processes = new Processes(folder, (error) => deaths.push(error));
    const ports = new Ports();
    const endpoints = {
      chain: `http://127.0.0.1:${await ports.free()}`,
      beacon: `http://127.0.0.1:${await ports.free()}`,
    };
    const workerPorts = await Promise.all(Array.from({ length: HONEST_PROVIDERS }, () => ports.free()));
    rpc = await startChain(processes, endpoints);
    const { file, ...deployed } = await deploy(processes, folder, endpoints, rpc);
    contracts = deployed.contracts;
    env = { ASSAY_DEPLOYMENT: file, ASSAY_RPC_URL: endpoints.chain };
    actors = await createActors(contracts, rpc, folder, workerPorts);
    const policy = await modelPolicy();
    ({ modelId } = await registerNetwork(contracts, actors, policy));
    const settings = { chain: endpoints.chain, deploymentFile: file, modelId, policy };
    for (const [index, provider] of actors.providers.entries()) {
      // One provider asks less than the others.
      await startWorker(processes, provider, settings, { perJob: index === 4 ? CHEAPER : PRICE, perMillion: 0n });
    }
    await Promise.all(actors.providers.map(untilReady));
  });

  after(async function () {
    this.timeout(240_000);
    await processes.stopAll();
    rpc.destroy();
    await rm(folder, { recursive: true, force: true });
    expect(deaths).to.deep.equal([]);
  });

  const job = async (args: readonly string[], account?: number): Promise<Ran> =>
    await runScript("job", [...args, ...(account === undefined ? [] : ["--dev-account", String(account)])], env);

  const open = (...args: string[]): string[] => ["open", "--model", String(modelId), "--max-output", "40", ...args];

  /** A job whose provider's worker does not know of it. */
  const silentJob = async (bound: boolean): Promise<PreparedJob> => {
    const [requester, provider] = [actors.requesters[0]!, actors.providers[0]!];
    const prepared = await prepareJob(
      { contracts },
      {
        requester: requester.address,
        provider: provider.owner.address,
        modelId,
        requests: [{ hash: keccakHex(`never sent ${String(bound)}`), fee: PRICE }],
        collateralBps: 25_000n,
      },
    );
    const { keystore, passwordFile } = provider;
    const operator = await loadKeystore({ file: keystore, passwordFile, chainId: contracts.chainId });
    const quoting = { contracts, sender: await signerSender(operator.connect(rpc)) };
    const quote = bound ? await signQuote(quoting, prepared) : "0x";
    await openJob({ contracts, sender: requester }, { job: prepared.job, quote });
    return prepared;
  };

  it("buys from the cheapest provider, shows p and the costs first, and waits until it is paid", async function () {
    this.timeout(120_000);
    const requester = actors.requesters[0]!.address;
    const { balance } = await contracts.escrow.accountOf(requester);
    const ran = await job([...open("--prompt", PROMPT, "--collateral", "20", "--yes"), "--json"], REQUESTER);
    const result = resultOf(ran);
    expect(result).to.include({ provider: actors.providers[4]!.owner.address, outcome: "Paid" });
    expect(result).to.include({ fee: CHEAPER.toString(), collateral: (20n * CHEAPER).toString() });
    expect(result["answer"]).to.be.a("string").and.not.equal("");
    expect((await contracts.escrow.accountOf(requester)).balance).to.equal(balance - CHEAPER);

    const { job: terms } = await prepareJob(
      { contracts },
      {
        requester,
        provider: String(result["provider"]),
        modelId,
        requests: [{ hash: requestDocument({ prompt: PROMPT, maxOutputUnits: 40 }).requestHash, fee: CHEAPER }],
        collateralBps: 200_000n,
      },
    );
    const shown = resultOf(await job(["show", String(result["jobId"]), "--json"]));
    expect(shown).to.deep.include({ status: "None", batchId: result["batchId"] });
    expect(shown).to.have.nested.property("job.requestHash", terms.requestHash);
    expect(shown).to.have.nested.property("batch.p", result["p"]);

    const shares = ran.err.indexOf("Audited with p = ");
    expect(shares).to.be.greaterThan(-1).and.lessThan(ran.err.indexOf("is open;"));
    expect(ran.err).to.contain(`p = ${(Number(result["p"]) / 1e16).toFixed(1)} %`);
  });

  it("takes a job up again by its id: the end for anybody, the answer for its requester", async function () {
    this.timeout(120_000);
    const prompt = path.join(folder, "prompt.txt");
    await writeFile(prompt, PROMPT);
    const provider = actors.providers[1]!.owner.address;
    const args = open("--prompt-file", prompt, "--provider", provider, "--collateral", "20", "--yes", "--no-wait");
    const bought = resultOf(await job([...args, "--json"], REQUESTER));
    expect(bought).to.include({ provider, fee: PRICE.toString() }).and.not.have.property("outcome");

    const id = String(bought["jobId"]);
    const anybody = resultOf(await job(["wait", id, "--json"]));
    expect(anybody).to.include({ jobId: id, outcome: "Paid" }).and.not.have.property("answer");
    expect(resultOf(await job(["wait", id, "--json"], REQUESTER))).to.deep.equal({
      ...anybody,
      answer: bought["answer"],
    });
    const stranger = await job(["wait", id], STRANGER);
    expect(stranger).to.include({ code: 2, out: "" });
    expect(stranger.err).to.contain(`The answer is for the requester ${actors.requesters[0]!.address}`);
  });

  it("sends nothing without a yes, nor where no provider takes the job", async function () {
    this.timeout(120_000);
    const requester = actors.requesters[0]!.address;
    const before = await contracts.escrow.accountOf(requester);
    const unasked = await job(open("--prompt", PROMPT), REQUESTER);
    expect(unasked).to.include({ code: 2, out: "" });
    expect(unasked.err).to.contain("Nobody is there to confirm: add --yes.");
    const tooMuch = await job(open("--prompt", PROMPT, "--collateral", "100.0001", "--yes"), REQUESTER);
    expect(tooMuch).to.include({ code: 5, out: "" });
    expect(tooMuch.err).to.contain(`offers version 1 of model ${modelId} at this collateral.`);
    const stranger = await job(open("--prompt", PROMPT, "--provider", requester, "--yes"), REQUESTER);
    expect(stranger).to.include({ code: 1, out: "" });
    expect(stranger.err).to.contain(`${requester} is no registered provider`);
    const wrong = await job(open("--prompt", PROMPT, "--collateral", "-1", "--yes"), REQUESTER);
    expect(wrong.code).to.equal(2);
    expect(await contracts.escrow.accountOf(requester)).to.deep.equal(before);
  });

  it("claims the royalty of a model for its owner, whoever calls", async function () {
    this.timeout(120_000);
    const owner = actors.modelOwner.address;
    const { royaltyOwed } = await contracts.escrow.modelAccountOf(modelId);
    expect(royaltyOwed).to.be.greaterThan(0n);
    const before = await contracts.asset.balanceOf(owner);
    const claim = async (account: number, ...args: string[]) =>
      resultOf(await runScript("funds", ["claim", ...args, "--dev-account", String(account), "--json"], env));
    const claimed = await claim(STRANGER, "--model", String(modelId));
    expect(claimed["royalties"]).to.deep.equal([{ modelId: String(modelId), amount: royaltyOwed.toString() }]);
    expect(await contracts.asset.balanceOf(owner)).to.equal(before + royaltyOwed);
    expect(await claim(MODEL_OWNER)).to.deep.include({ account: owner, royalties: [], escrow: "0" });
  });

  it("cancels a job that nobody took, and expires one that was not delivered", async function () {
    this.timeout(120_000);
    const [requester, provider] = [actors.requesters[0]!.address, actors.providers[0]!.owner.address];
    const before = await contracts.escrow.accountOf(requester);
    const untaken = await silentJob(false);
    expect(resultOf(await job(["cancel", untaken.jobId, "--json"], REQUESTER))).to.include({
      refund: PRICE.toString(),
    });

    const undelivered = await silentJob(true);
    expect((await contracts.escrow.jobStateOf(undelivered.jobId)).status).to.equal(JobStatus.Active);
    const early = await job(["expire", undelivered.jobId], REQUESTER);
    expect(early).to.include({ code: 4, out: "" });
    expect(early.err).to.contain("JobEscrow_DeadlineNotReached");
    const now = (await rpc.getBlock("latest"))!.timestamp;
    await rpc.send("evm_increaseTime", [Number(undelivered.job.commitBy) - now + 1]);
    await rpc.send("evm_mine", []);
    const lock = (await contracts.staking.accountOf(provider)).locked;
    const expired = resultOf(await job(["expire", undelivered.jobId, "--json"], REQUESTER));
    expect(expired).to.include({ refund: PRICE.toString() });
    const compensation = BigInt(String(expired["compensation"]));
    expect(lock - (await contracts.staking.accountOf(provider)).locked).to.equal(compensation);
    expect((await contracts.staking.accountOf(requester)).staked).to.equal(compensation);
    expect((await contracts.escrow.accountOf(requester)).balance).to.equal(before.balance);
    const ended = resultOf(await job(["wait", undelivered.jobId, "--json"], REQUESTER));
    expect(ended).to.include({ outcome: "Undelivered", refund: PRICE.toString() }).and.not.have.property("answer");
  });
});
