import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import type { AssayError } from "@assay/sdk";
import {
  checkDeployment,
  type Contracts,
  contractsOf,
  type Deployment,
  DrandClient,
  FailoverProvider,
  loadFastKeccak,
  type ProviderMetadata,
  publicDeployment,
  toAssayError,
} from "@assay/sdk";
import {
  FastSigner,
  type HttpServer,
  loadKeystore,
  readDeployment,
  sqlTransactionStore,
  TransactionManager,
} from "@assay/sdk/node";
import type { Wallet } from "ethers";
import { type Logger, pino } from "pino";

import type { Engine } from "./adapters/engine/engine.js";
import { loadModels, type ServedModel } from "./adapters/engine/loadModels.js";
import { startHttpServer } from "./adapters/http/httpServer.js";
import { type Journal, openJournal } from "./adapters/journal/openJournal.js";
import { Metrics } from "./adapters/metrics.js";
import { SessionServer } from "./adapters/ws/sessionServer.js";
import type { WorkerConfig } from "./domain/configSchema.js";
import { API_STATUSES, apiRoutes, notReady } from "./services/api.js";
import { sessionTermsOf } from "./domain/session/sessionTerms.js";
import { Runtime } from "./services/runtime.js";
import { sessionMetrics } from "./services/session/sessionMetrics.js";
import { observeSessions, observeWorker, transactionObserver } from "./services/workerMetrics.js";

/** How long answers in progress and duties in work may take when the worker stops. */
const GRACE_MS = 10_000;
const LONGEST_PAUSE_MS = 30_000;

export interface StartWorkerOptions {
  readonly config: WorkerConfig;
  /**
   * Engines in place of the loader's, by `modelKey`. The loader holds its engines to the policy; for one that is passed here the caller answers, and a wrong answer costs
   * the caller's collateral.
   */
  readonly engines?: ReadonlyMap<string, Engine>;
  readonly logger?: Logger;
}

/** A running worker. */
export interface Worker {
  /** Where its HTTP API answers. */
  readonly url: string;
  /** Address of its key. */
  readonly operator: string;
  /** Resolves when it has stopped because it was told to; rejects with what it cannot go on with. */
  readonly done: Promise<void>;
  /** Stops gracefully: answers and duties in work are finished, the rest stays in the journal. */
  stop(): Promise<void>;
}

/**
 * Starts a worker: opens its key and journal, serves HTTP, and works from when the chain can be reached. A chain, beacon or engine that is away for a while never ends it.
 *
 * @throws AssayError what keeps it from starting at all: `KEYSTORE_UNREADABLE`, `DATA_LOCKED`, `PORT_TAKEN`, `MODEL_MISMATCH`, ... What is wrong on the chain (`NOT_REGISTERED`,
 * `NO_STAKE`, ...) comes with `done`, as the chain may not answer yet.
 *
 * @example
 * const worker = await startWorker({ config: await loadConfig({ file: "worker.json" }) });
 * process.once("SIGTERM", () => void worker.stop());
 * await worker.done;
 */
export async function startWorker({
  config,
  engines,
  logger = createLogger(config),
}: StartWorkerOptions): Promise<Worker> {
  await loadFastKeccak();
  const deployment = await deploymentOf(config);
  const models = await loadModels(config.models, engines);
  const signer = await loadKeystore({
    file: config.keystore,
    passwordFile: config.passwordFile,
    chainId: deployment.chainId,
  });
  const owner = {
    chainId: BigInt(deployment.chainId),
    escrow: deployment.contracts.JobEscrow,
    operator: signer.address,
  };
  const journal = await openJournal({ dataDir: config.dataDir, databaseUrl: config.databaseUrl, owner });
  const host = new Host({ config, logger, deployment, models, signer, journal });
  try {
    await host.listen();
  } catch (error) {
    await journal.close();
    throw error;
  }
  return host.run();
}

/** Logs to standard output, one JSON object a line; bigints as decimal strings. */
export function createLogger({ logLevel }: Pick<WorkerConfig, "logLevel">): Logger {
  return pino({
    level: logLevel,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (level) => ({ level }),
      log: (fields) =>
        Object.fromEntries(
          Object.entries(fields).map(([key, value]) => [key, typeof value === "bigint" ? String(value) : value]),
        ),
    },
  });
}

/** @throws AssayError `UNKNOWN_DEPLOYMENT`, `DEPLOYMENT_NOT_FOUND`, `INVALID_DEPLOYMENT` */
export async function deploymentOf({ deployment }: WorkerConfig): Promise<Deployment> {
  const isFile = typeof deployment === "string" && /[./\\]/.test(deployment);
  return isFile ? await readDeployment(deployment) : publicDeployment(deployment);
}

/** What every worker's programs reach the chain with; nothing is asked yet. */
export function contractsFor(
  config: WorkerConfig,
  deployment: Deployment,
): { contracts: Contracts; rpc: FailoverProvider } {
  const { chainId } = deployment;
  const rpc = new FailoverProvider({ urls: config.rpcUrls, chainId, pollingInterval: config.pollMilliseconds });
  return { contracts: contractsOf(deployment, rpc), rpc };
}

/** The parts that are there from the start, whether the chain can be reached or not. */
class Host {
  readonly #stopping = new AbortController();
  readonly #metrics = new Metrics("assay_worker_");
  readonly #sessionMetrics = sessionMetrics(this.#metrics);
  readonly #sessionServer = new SessionServer({
    accept: async (jobId) => {
      if (this.#runtime === undefined) throw notReady();
      return await this.#runtime.sessions.accept(jobId);
    },
    onFault: (error) => {
      this.parts.logger.error({ err: error }, "a session's connection failed unexpectedly");
    },
  });
  #http: HttpServer | undefined;
  #runtime: Runtime | undefined;

  constructor(
    private readonly parts: {
      readonly config: WorkerConfig;
      readonly logger: Logger;
      readonly deployment: Deployment;
      readonly models: ReadonlyMap<string, ServedModel>;
      readonly signer: Wallet;
      readonly journal: Journal;
    },
  ) {}

  async listen(): Promise<void> {
    const { config, logger, models } = this.parts;
    const requests = this.#metrics.counter("http_requests_total", "HTTP requests by route and status");
    this.#http = await startHttpServer({
      host: config.host,
      port: config.port,
      routes: apiRoutes({
        runtime: () => this.#runtime,
        metadata: () => this.#metadata(),
        metrics: this.#metrics,
        problems: () => this.#runtime?.problems ?? ["The chain has not been reached yet."],
        maxDataBytes: Math.max(...[...models.values()].map(({ document }) => document.policy.maxDataBytes)),
      }),
      statuses: API_STATUSES,
      onUpgrade: this.#sessionServer.upgrade,
      onFault: (error, request) => {
        logger.error({ err: error, ...request }, "a request failed unexpectedly");
      },
      onDone: ({ route, status }) => {
        requests.add(1, { route, status: String(status) });
      },
    });
  }

  run(): Worker {
    const { signer, logger, config } = this.parts;
    const url = this.#http?.url ?? "";
    logger.info({ url, operator: signer.address, dataDir: config.dataDir }, "the worker listens");
    const done = this.#run();
    // Whoever started the worker may look later.
    done.catch(() => undefined);
    return {
      url,
      operator: signer.address,
      done,
      stop: async () => {
        this.#stopping.abort();
        await done.catch(() => undefined);
      },
    };
  }

  async #run(): Promise<void> {
    const { config, deployment, signer, journal, logger } = this.parts;
    const { contracts, rpc } = contractsFor(config, deployment);
    const sender = await TransactionManager.open({
      signer,
      provider: rpc,
      chainId: contracts.chainId,
      store: sqlTransactionStore(journal.database),
      maxFeePerGas: config.gas.maxFeePerGas,
      onEvent: transactionObserver(this.#metrics, logger),
    });
    try {
      await this.#work(contracts, sender);
      logger.info("the worker stops");
    } finally {
      this.#stopping.abort();
      await this.#close(sender, rpc);
    }
  }

  /** Until told to stop; only what cannot pass by itself ends it sooner. */
  async #work(contracts: Contracts, sender: TransactionManager): Promise<void> {
    const { config, logger, journal } = this.parts;
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      journal.lost.throwIfAborted();
      try {
        this.#runtime ??= await this.#startRuntime(contracts, sender);
        await this.#runtime.step();
        if (failures > 0) logger.info({ failures }, "the chain is back");
        failures = 0;
      } catch (thrown) {
        const error = toAssayError(thrown);
        if (isFatal(error, this.#runtime !== undefined)) throw error;
        failures += 1;
        logger.warn(
          { code: error.code, hint: error.hint, failures, ...(error.code === "UNEXPECTED" && { err: error }) },
          error.message,
        );
      }
      const pause = Math.min(config.pollMilliseconds * 2 ** Math.min(failures, 10), LONGEST_PAUSE_MS);
      await delay(failures === 0 ? config.pollMilliseconds : pause, undefined, {
        signal: AbortSignal.any([signal, journal.lost]),
      }).catch(() => undefined);
    }
  }

  async #startRuntime(contracts: Contracts, sender: TransactionManager): Promise<Runtime> {
    const { config, deployment, models, journal, logger } = this.parts;
    await checkDeployment(contracts);
    const { beaconUrls } = config.duties;
    const { publicKey, chainHash, urls } = deployment.beacon;
    const rounds = new DrandClient({ urls: beaconUrls.length > 0 ? beaconUrls : urls, publicKey, chainHash });
    const { signal } = this.#stopping;
    const runtime = await Runtime.start({
      config,
      logger,
      signal,
      contracts,
      sender,
      models,
      journal,
      rounds,
      signer: new FastSigner(this.parts.signer.privateKey),
      sessionFolder: join(config.dataDir, sessionFolder(deployment, this.parts.signer.address)),
      sessionMetrics: this.#sessionMetrics,
    });
    observeSessions(this.#metrics, runtime);
    observeWorker(this.#metrics, runtime.context, () => runtime.lagSeconds);
    logger.info({ provider: runtime.context.provider, models: [...models.keys()] }, "the worker works");
    return runtime;
  }

  async #close(sender: TransactionManager, rpc: FailoverProvider): Promise<void> {
    await this.#runtime?.endSessions(GRACE_MS);
    this.#sessionServer.close();
    await this.#http?.close(GRACE_MS);
    await sender.stop();
    await Promise.race([this.#runtime?.context.tasks.settled(), delay(GRACE_MS, undefined, { ref: false })]);
    rpc.destroy();
    await this.parts.journal.close();
  }

  #metadata(): ProviderMetadata {
    const { config, models, signer } = this.parts;
    return {
      endpoint: config.publicUrl ?? this.#http?.url ?? "",
      operator: signer.address,
      models: [...models.values()]
        .filter((model) => model.config.serve)
        .map((model) => ({
          modelId: model.config.modelId,
          version: BigInt(model.config.version),
          prices: model.config.price,
          maxCollateralBps: BigInt(config.limits.maxCollateralBps),
          session: sessionTermsOf(config.session, model.config.price, model.document.policy),
          unit: model.engine.unit,
          maxOutputUnits: model.document.policy.maxOutputUnits,
          maxDataBytes: model.document.policy.maxDataBytes,
          endpoints: [...model.engine.endpoints],
          quantization: model.document.policy.precision.weights,
        })),
    };
  }
}

/** Receipts of sessions are one key's on one deployment, as the journal is. */
function sessionFolder({ chainId, contracts }: Deployment, operator: string): string {
  return `sessions-${chainId}-${contracts.JobEscrow.slice(2, 10)}-${operator.slice(2, 10)}`.toLowerCase();
}

/** Once it worked, a worker goes on through everything but the loss of what it stands on. */
function isFatal(error: AssayError, started: boolean): boolean {
  if (error.retryable || error.code === "UNEXPECTED") return false;
  return !started || error.code === "OTHER_CHAIN" || error.code === "WRONG_NETWORK";
}
