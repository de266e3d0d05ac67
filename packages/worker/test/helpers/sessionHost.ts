import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type AssayDomain, assayDomain, type Job, jobId as hashJobId, loadFastKeccak } from "@assay/sdk";
import { FastSigner, type HttpServer } from "@assay/sdk/node";
import { Wallet, ZeroHash } from "ethers";

import { startHttpServer } from "../../src/adapters/http/httpServer.js";
import type { Engine } from "../../src/adapters/engine/engine.js";
import { Metrics } from "../../src/adapters/metrics.js";
import { SessionServer } from "../../src/adapters/ws/sessionServer.js";
import type { WorkerContext } from "../../src/services/context.js";
import { SessionManager } from "../../src/services/session/sessionManager.js";
import { sessionMetrics } from "../../src/services/session/sessionMetrics.js";
import { DEPLOYMENT, DOCUMENT, RecordingSender, testContext } from "./context.js";
import { type ChainState, FakeChain } from "./fakeChain.js";
import { JournalFixture, PLACES } from "./journals.js";
import { hash, opened, PROVIDER, sampleEvent, sampleJob } from "./samples.js";
import { Recorded, SessionClient } from "./sessionClient.js";

/** Terms of sampling that need no chain to be known. */
export const ESCROW = {
  treasury: PROVIDER,
  protocolFeeBps: 0n,
  beaconShare: 0n,
  beaconDelay: 60n,
  maxDisputeWindow: 604_800n,
  callbackGas: 0n,
  verifierValueBps: 0n,
  alwaysAuditAbove: 2n ** 96n,
  collusion: 2n * 10n ** 17n,
  capture: 8n * 10n ** 16n,
  recovery: 5n * 10n ** 17n,
  safety: 2n * 10n ** 18n,
  floor: 10n ** 16n,
  closeGrace: 86_400n,
  testNetwork: true,
} as const;

export interface HostOptions {
  readonly job?: Partial<Job>;
  readonly engine?: Engine;
  readonly staked?: bigint;
  readonly chain?: Partial<ChainState>;
  readonly maxConcurrent?: number;
}

/** A worker's sessions behind a real HTTP server, with a real journal and ledger; only the chain is made up. It can die and come back. */
export class SessionHost {
  readonly requester = Wallet.createRandom();
  readonly operator = Wallet.createRandom();
  readonly domain: AssayDomain = assayDomain(31337n, DEPLOYMENT.contracts.JobEscrow);
  readonly folder = mkdtempSync(join(tmpdir(), "assay-sessions-"));
  readonly recorded = new Recorded();
  readonly job: Job;
  readonly jobId: string;
  context!: WorkerContext;
  manager!: SessionManager;
  sender!: RecordingSender;
  #fixture = new JournalFixture(PLACES[0]!);
  #chain!: FakeChain;
  #server!: HttpServer;
  #sockets!: SessionServer;

  private constructor(private readonly options: HostOptions) {
    this.job = sampleJob({
      requester: this.requester.address,
      kind: 1n,
      units: 0n,
      requestHash: ZeroHash,
      budget: 10_000_000n,
      inputPrice: 1_000_000n,
      outputPrice: 2_000_000n,
      creditLine: 100_000n,
      collateralBps: 0n,
      commitBy: 100_000n,
      royaltyBps: 0n,
      verifierFee: 0n,
      ...options.job,
    });
    this.jobId = hashJobId(this.job, this.domain);
  }

  static async start(options: HostOptions = {}): Promise<SessionHost> {
    await loadFastKeccak();
    const host = new SessionHost(options);
    host.#chain = await FakeChain.start({
      chainId: 31337n,
      missing: [host.requester.address.toLowerCase()],
      provider: PROVIDER,
      staked: options.staked ?? 10n ** 12n,
      gas: 1n,
      version: undefined,
      logs: [],
      ...options.chain,
      calls: { holdingOf: () => [1n, 1n, 0n], ...options.chain?.calls },
    });
    await host.up();
    return host;
  }

  get url(): string {
    return this.#server.url;
  }

  /** Starts the worker's side on what the disk holds. */
  async up(): Promise<void> {
    this.sender = new RecordingSender();
    const base = testContext(this.#chain, await this.#fixture.open(), this.sender);
    const model = base.models.get("1/1")!;
    const { engine = model.engine, maxConcurrent = 256 } = this.options;
    this.context = {
      ...base,
      config: { ...base.config, session: { ...base.config.session, maxConcurrent } },
      models: new Map([["1/1", { ...model, engine }]]),
      parameters: { ...base.parameters, escrow: ESCROW },
    };
    await this.context.chain.advance({ number: 10, hash: hash(10) }, [
      opened(this.jobId, [10, 0], this.job),
      sampleEvent("JobAccepted", { jobId: this.jobId, provider: PROVIDER }, [10, 1]),
    ]);
    this.manager = await SessionManager.start({
      context: this.context,
      signer: new FastSigner(this.operator.privateKey),
      folder: this.folder,
      metrics: sessionMetrics(new Metrics("")),
      keepMs: 0,
    });
    this.#sockets = new SessionServer({
      accept: async (jobId) => await this.manager.accept(jobId),
      onFault: (error) => {
        throw error;
      },
    });
    this.#server = await startHttpServer({
      host: "127.0.0.1",
      port: 0,
      routes: [],
      statuses: {},
      onFault: () => undefined,
      onUpgrade: this.#sockets.upgrade,
    });
  }

  async down(): Promise<void> {
    await this.manager.close();
    this.#sockets.close();
    await this.#server.close(10);
    await this.#fixture.close();
  }

  async connect(recorded = this.recorded): Promise<SessionClient> {
    return await SessionClient.open(this.url, this.terms, recorded);
  }

  get terms(): ConstructorParameters<typeof SessionClient>[1] {
    const { jobId, job, domain, requester } = this;
    return { jobId, job, policyId: DOCUMENT.policyId, domain, wallet: requester };
  }

  async dispose(): Promise<void> {
    await this.down();
    await this.#chain.stop();
    await this.#fixture.dispose();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
