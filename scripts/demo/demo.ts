import path from "node:path";

import { AssayError, type Contracts, flushProtocolFees, flushSink } from "@assay/sdk";
import { formatUnits } from "ethers";

import { COLLATERAL_TIERS, type FinishedJob, JobRunner, PRICE } from "./jobs.js";
import { type Ledger, readGas, readLedger, readSlashes, type Slashes } from "./ledger.js";
import {
  deploy,
  type Endpoints,
  modelPolicy,
  type RunNetwork,
  startChain,
  startGateway,
  startWorker,
  untilReady,
} from "./network.js";
import { claimRoyalties, openForAnHour, type Revenue, type Sale, sellShares } from "./offering.js";
import type { Processes } from "./processes.js";
import { moneyOf, number, type ProviderRow } from "./report.js";
import { askAtOnce, SESSION_REQUESTS, type SessionReport, settled } from "./session.js";
import { type Actors, createActors, type DemoProvider, registerNetwork } from "./setUp.js";

/** Further jobs for the cheat, one after the other, should none of its first three be drawn. */
const MORE_CHANCES = 12;
/** A job costs its price; a session costs by the unit, 1 aUSD a million. */
const PER_MILLION = 1_000_000n;
const TERMS = {
  perJob: PRICE - 10_000n,
  perMillion: PER_MILLION,
  // All requests at once on credit, and a batch as soon as they are answered.
  session: { creditLine: "5000000", maxConcurrent: 2_048, batch: { maxAgeSeconds: 10, marginSeconds: 30 } },
};
export const MODEL_NAME = "alice";
/** 100 times a batch's total: one in 23 is drawn. */
const GATEWAY = {
  budget: { perSession: "20000000", total: "100000000", topUpBelow: "2000000" },
  session: { creditLine: "5000000", collateralBps: 1_000_000, maxQueued: 4_096, queueMilliseconds: 120_000 },
};
const WAD = 1e18;

/** Where the demo tells what happens. */
export interface Screen {
  step(text: string): void;
  line(text: string): void;
}

export interface DemoResult {
  readonly jobs: readonly FinishedJob[];
  readonly session: SessionReport;
  readonly providers: readonly ProviderRow[];
  readonly ledger: Ledger;
  readonly slashes: Slashes;
  readonly sale: Sale;
  readonly revenue: Revenue;
  /** Whether the token received exactly the royalties of the paid jobs. */
  readonly royaltyHolds: boolean;
  readonly gas: ReadonlyMap<string, readonly number[]>;
  readonly money: (amount: bigint) => string;
  /** Opens an offering of another model for an hour, for whoever wants to try one. @returns its id */
  readonly openOffering: () => Promise<bigint>;
}

/** One run of the whole network. */
export class Demo {
  constructor(
    private readonly processes: Processes,
    private readonly endpoints: Endpoints,
    private readonly folder: string,
    private readonly prompts: readonly string[],
    private readonly screen: Screen,
    private readonly signal: AbortSignal,
  ) {}

  async run(): Promise<DemoResult> {
    const { screen } = this;
    screen.step("Chain and beacon");
    const rpc = await startChain(this.processes, this.endpoints);
    const { contracts, file } = await deploy(this.processes, this.folder, this.endpoints, rpc);
    screen.line(`Contracts deployed on chain ${contracts.chainId}.`);

    screen.step("Providers, model and seats");
    const policy = await modelPolicy();
    const actors = await createActors(contracts, rpc, this.folder, this.endpoints.workerPorts);
    const { modelId } = await registerNetwork(contracts, actors, policy);
    // The sale takes its seconds while the workers start.
    const run = { chain: this.endpoints.chain, deploymentFile: file, modelId, policy };
    const [sale] = await Promise.all([
      sellShares(contracts, actors, modelId),
      this.#startWorkers(actors.providers, run),
    ]);
    screen.line(`${actors.providers.length} workers run, each a process of its own; one of them cheats.`);
    this.#tellSale(contracts, sale);

    screen.step("Session");
    const settling = await this.#serveSession(contracts, run, actors);

    screen.step("Jobs");
    // The worker settles the session meanwhile.
    const [jobs, session] = await Promise.all([this.#runJobs(contracts, modelId, actors), settling()]);

    screen.step("Settlement");
    const revenue = await claimRoyalties(contracts, actors, modelId, sale);
    this.#tellRevenue(contracts, revenue);
    await this.#flush(contracts, modelId, actors);
    const blockNumber = await rpc.getBlockNumber();
    const slashes = await readSlashes(contracts);
    return {
      jobs,
      session,
      slashes,
      ledger: await readLedger(contracts, rpc, blockNumber),
      providers: await this.#providerRows(contracts, actors, jobs, slashes, blockNumber),
      sale,
      revenue,
      royaltyHolds: revenue.flushed === (await royaltiesOf(contracts)),
      gas: await readGas(contracts, rpc, blockNumber),
      money: this.#money(contracts),
      openOffering: () => openForAnHour(contracts, actors, policy),
    };
  }

  async #startWorkers(providers: readonly DemoProvider[], run: RunNetwork): Promise<void> {
    for (const provider of providers) await startWorker(this.processes, provider, run, TERMS);
    await Promise.all(providers.map(untilReady));
  }

  /** Serves a session through the gateway. @returns what waits until it is settled */
  async #serveSession(
    contracts: Contracts,
    run: RunNetwork,
    { application, providers }: Actors,
  ): Promise<() => Promise<SessionReport>> {
    const { screen } = this;
    const [provider] = providers;
    if (provider === undefined) throw new AssayError({ code: "INTERNAL", message: "There is no provider." });
    const gateway = await startGateway(this.processes, path.join(this.folder, "gateway"), run, {
      port: this.endpoints.gatewayPort,
      requester: application,
      model: MODEL_NAME,
      settings: GATEWAY,
    });
    screen.line(`A gateway answers OpenAI's clients at ${gateway.url}/v1; "${MODEL_NAME}" costs 1 aUSD per 1M units.`);
    const asked = await askAtOnce(gateway, provider, MODEL_NAME, this.prompts);
    screen.line(
      `${number(SESSION_REQUESTS)} chat completions, all asked at once, answered by ${provider.name} in ${asked.seconds.toFixed(1)} s without a transaction.`,
    );
    return async () => {
      const session = await settled(contracts, gateway, asked, this.signal);
      this.#tellSession(contracts, session);
      return session;
    };
  }

  async #runJobs(contracts: Contracts, modelId: bigint, actors: Actors): Promise<FinishedJob[]> {
    const { screen } = this;
    const money = this.#money(contracts);
    const events = {
      onAudited: ({ name }: DemoProvider, p: bigint): void => {
        screen.line(`? ${name}: drawn for an audit (p = ${percent(p)})`);
      },
      onEnded: (job: FinishedJob): void => {
        screen.line(ending(job, money));
      },
    };
    const runner = new JobRunner(contracts, modelId, actors.requesters, events, this.signal);
    let asked = 0;
    const prompt = (): string => this.prompts[asked++ % this.prompts.length] ?? "";
    const first = await Promise.all(
      actors.providers.map(async (provider) => {
        const tiers = COLLATERAL_TIERS.map((tier) => runner.run(provider, tier, prompt()));
        return await Promise.all(tiers);
      }),
    );
    const jobs = first.flat();
    const cheat = actors.providers.find(({ cheats }) => cheats);
    const caught = (): boolean => jobs.some(({ result }) => result.outcome === "Rejected");
    for (let more = 0; cheat !== undefined && !caught() && more < MORE_CHANCES; ++more) {
      screen.line("The cheat has slipped through so far: one more job at 2.5×.");
      jobs.push(await runner.run(cheat, COLLATERAL_TIERS[0], prompt()));
    }
    return jobs;
  }

  #tellSession(contracts: Contracts, session: SessionReport): void {
    const { batches, receipts, commitGas, finalizeGas, gasPerInference, audited, cost, answer, receipt } = session;
    const where = batches === 1 ? "one batch" : `${batches} batches`;
    this.screen.line(
      `✓ session: settled in ${where} of ${number(receipts)} receipts${audited ? ", drawn, audited and accepted" : ""}: ${this.#money(contracts)(cost)}, ` +
        `${number(commitGas)} + ${number(finalizeGas)} gas, ${number(gasPerInference)} gas an inference.`,
    );
    const { provider, modelId, version } = receipt.document.receipt;
    this.screen.line(
      `    The receipt of "${shown(answer)}" proves: version ${version} of model ${modelId}, by ${provider}, ${receipt.batch?.settlement ?? "not settled"}.`,
    );
  }

  #tellSale(contracts: Contracts, { raised, proceeds, buyers }: Sale): void {
    const money = this.#money(contracts);
    const times = (Number((raised * 100n) / proceeds) / 100).toFixed(2);
    this.screen.line(
      `Half of the model's income was sold: ${buyers} buyers wanted ${money(raised)} of it, ${times} times the hard cap, and got ` +
        `what is above ${money(proceeds)} back.`,
    );
  }

  #tellRevenue(contracts: Contracts, { flushed, claimed, holders, redemptionPool }: Revenue): void {
    const money = this.#money(contracts);
    this.screen.line(`Royalties paid to the model's token: ${money(flushed)}.`);
    this.screen.line(
      `They have streamed to ${holders} holders, who claimed ${money(claimed)}; ${money(redemptionPool)} wait for who burns tokens.`,
    );
  }

  async #flush(contracts: Contracts, modelId: bigint, { deployer }: Actors): Promise<void> {
    const context = { contracts, sender: deployer };
    const fees = await flushProtocolFees(context, { modelId });
    this.screen.line(`Protocol fees paid to the treasury: ${this.#money(contracts)(fees.amount)}.`);
    if ((await contracts.staking.sinkOwed()) === 0n) return;
    const { amount } = await flushSink(context);
    this.screen.line(`Slashed and gone for good: ${this.#money(contracts)(amount)}.`);
  }

  async #providerRows(
    contracts: Contracts,
    { providers }: Actors,
    jobs: readonly FinishedJob[],
    { byProvider }: Slashes,
    blockTag: number,
  ): Promise<ProviderRow[]> {
    return await Promise.all(
      providers.map(async ({ name, owner }) => {
        const own = jobs.filter(({ provider }) => provider.name === name);
        return {
          name,
          jobs: own.length,
          paid: own.filter(({ result }) => result.outcome === "Paid").length,
          p: own.map(({ p }) => Number(p) / WAD),
          audits: own.filter(({ result }) => result.audited).length,
          earned: (await contracts.escrow.accountOf(owner.address, { blockTag })).balance,
          slashed: byProvider.get(owner.address) ?? 0n,
        };
      }),
    );
  }

  #money({ deployment: { asset } }: Contracts): (amount: bigint) => string {
    return moneyOf(asset.decimals, asset.symbol);
  }
}

/** Royalties of all batches that were paid, from their events. */
async function royaltiesOf(contracts: Contracts): Promise<bigint> {
  const { escrow, deployment } = contracts;
  const paid = await escrow.queryFilter(escrow.filters.BatchPaid(), deployment.deployedAtBlock);
  return paid.reduce((sum, { args }) => sum + args.royalty, 0n);
}

function ending(
  { provider, collateralBps, prompt, answer, result }: FinishedJob,
  money: (amount: bigint) => string,
): string {
  const head = `${provider.name} (${formatUnits(collateralBps, 4)}× collateral)`;
  if (result.outcome === "Paid") {
    const audit = result.audited ? "audited, accepted, " : "";
    return `✓ ${head}: ${audit}paid ${money(result.paid)}\n    ${shown(prompt)} → ${shown(answer)}`;
  }
  if (result.outcome === "Rejected") {
    return `✗ ${head}: SLASHED, ${money(result.refund)} back to the requester\n    ${shown(prompt)} → ${shown(answer)}`;
  }
  return `! ${head}: ${result.outcome}, ${money(result.refund)} back to the requester`;
}

function shown(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function percent(wad: bigint): string {
  return `${(Number(wad) / 1e16).toFixed(1)} %`;
}
