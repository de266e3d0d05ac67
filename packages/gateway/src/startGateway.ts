import { setTimeout as delay } from "node:timers/promises";

import {
  type AssayError,
  checkDeployment,
  type Contracts,
  contractsOf,
  type Deployment,
  FailoverProvider,
  getBalances,
  loadFastKeccak,
  publicDeployment,
  toAssayError,
} from "@assay/sdk";
import {
  type DataFolder,
  FastSigner,
  type HttpServer,
  loadKeystore,
  lockDataFolder,
  readDeployment,
  sqlTransactionStore,
  TransactionManager,
} from "@assay/sdk/node";
import type { Wallet } from "ethers";
import type { Kysely } from "kysely";
import { type Logger, pino } from "pino";

import { MarketReader } from "./adapters/chain/marketReader.js";
import { Metrics } from "./adapters/metrics.js";
import { KeyStore } from "./adapters/storage/keyStore.js";
import { openStorage } from "./adapters/storage/openStorage.js";
import type { GatewayDatabase } from "./adapters/storage/schema.js";
import { SessionStore } from "./adapters/storage/sessionStore.js";
import { SpotCheckStore } from "./adapters/storage/spotCheckStore.js";
import { UsageStore } from "./adapters/storage/usageStore.js";
import type { GatewayConfig } from "./domain/configSchema.js";
import type { GatewayContext } from "./services/context.js";
import { HealthBook } from "./services/healthBook.js";
import { ReceiptDesk } from "./services/receiptDesk.js";
import { SessionPool } from "./services/sessionPool.js";
import { SpotChecks } from "./services/spotChecks.js";
import { Usage } from "./services/usage.js";
import { startServer } from "./startServer.js";

/** How long answers in progress may take when the gateway stops. */
const GRACE_MS = 10_000;
const LONGEST_PAUSE_MS = 30_000;
const STALE_MS = 60_000;

export interface StartGatewayOptions {
  readonly config: GatewayConfig;
  readonly logger?: Logger;
}

/** A running gateway. */
export interface Gateway {
  /** Where its HTTP interface answers; clients add `/v1`. */
  readonly url: string;
  /** Address of the key that pays. */
  readonly requester: string;
  /** Resolves when it has stopped because it was told to; rejects with what it cannot go on with. */
  readonly done: Promise<void>;
  /** Stops gracefully: answers in work are finished and signed; sessions stay open for the next run. */
  stop(): Promise<void>;
}

/**
 * Starts a gateway: opens its key and data, serves HTTP, and finds providers from when the chain can be reached. A chain or provider that
 * is away for a while never ends it.
 *
 * @throws AssayError what keeps it from starting at all: `KEYSTORE_UNREADABLE`, `DATA_LOCKED`, `PORT_TAKEN`, ...
 *
 * @example
 * const gateway = await startGateway({ config: await loadConfig({ file: "gateway.json" }) });
 * process.once("SIGTERM", () => void gateway.stop());
 * await gateway.done;
 */
export async function startGateway({ config, logger = createLogger(config) }: StartGatewayOptions): Promise<Gateway> {
  await loadFastKeccak();
  const deployment = await deploymentOf(config);
  const wallet = await loadKeystore({
    file: config.keystore,
    passwordFile: config.passwordFile,
    chainId: deployment.chainId,
  });
  const folder = lockDataFolder(config.dataDir);
  let database: Kysely<GatewayDatabase> | undefined;
  try {
    database = await openStorage(config.dataDir, ownerOf(deployment, wallet.address));
    const host = new Host({ config, logger, deployment, wallet, folder, database });
    await host.start();
    return host.run();
  } catch (error) {
    await database?.destroy();
    folder.close();
    throw error;
  }
}

/** Logs to standard output, one JSON object a line; bigints as decimal strings. Prompts and outputs are never logged. */
export function createLogger({ logLevel }: Pick<GatewayConfig, "logLevel">): Logger {
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
export async function deploymentOf({ deployment }: Pick<GatewayConfig, "deployment">): Promise<Deployment> {
  const isFile = typeof deployment === "string" && /[./\\]/.test(deployment);
  return isFile ? await readDeployment(deployment) : publicDeployment(deployment);
}

/** Whose data it is. */
export function ownerOf(
  deployment: Deployment,
  requester: string,
): { chainId: bigint; escrow: string; requester: string } {
  return { chainId: BigInt(deployment.chainId), escrow: deployment.contracts.JobEscrow, requester };
}

/** What the gateway's programs reach the chain with; nothing is asked yet. */
export function contractsFor(
  config: GatewayConfig,
  deployment: Deployment,
): { contracts: Contracts; rpc: FailoverProvider } {
  const { chainId } = deployment;
  const rpc = new FailoverProvider({ urls: config.rpcUrls, chainId, pollingInterval: config.pollMilliseconds });
  return { contracts: contractsOf(deployment, rpc), rpc };
}

interface HostParts {
  readonly config: GatewayConfig;
  readonly logger: Logger;
  readonly deployment: Deployment;
  readonly wallet: Wallet;
  readonly folder: DataFolder;
  readonly database: Kysely<GatewayDatabase>;
}

/** Everything that lives as long as the gateway. */
class Host {
  readonly #stopping = new AbortController();
  readonly #rpc: FailoverProvider;
  readonly #contracts: Contracts;
  #sender!: TransactionManager;
  #usage!: Usage;
  #pool!: SessionPool;
  #http!: HttpServer;
  #checked = false;
  #steppedAt = 0;
  #trouble: AssayError | undefined;

  constructor(private readonly parts: HostParts) {
    const { contracts, rpc } = contractsFor(parts.config, parts.deployment);
    this.#contracts = contracts;
    this.#rpc = rpc;
  }

  async start(): Promise<void> {
    const { config, logger, wallet, database, deployment } = this.parts;
    const metrics = new Metrics("assay_gateway_");
    const health = new HealthBook();
    const usageStore = new UsageStore(database);
    const sessions = new SessionStore(database);
    this.#usage = new Usage(usageStore, logger);
    await this.#usage.load();
    this.#sender = await TransactionManager.open({
      signer: wallet,
      provider: this.#rpc,
      chainId: this.#contracts.chainId,
      store: sqlTransactionStore(database),
      maxFeePerGas: config.gas.maxFeePerGas,
    });
    const context: GatewayContext = {
      config,
      logger,
      signal: this.#stopping.signal,
      contracts: this.#contracts,
      sender: this.#sender,
      signer: new FastSigner(wallet.privateKey),
      sessions,
      usage: this.#usage,
      health,
    };
    this.#pool = new SessionPool(context, new MarketReader(this.#contracts, config));
    await this.#pool.restore();
    const receipts = new ReceiptDesk(context, this.#pool);
    const spotChecks = new SpotChecks({
      ...config.spotChecks,
      supply: this.#pool,
      health,
      logger,
      metrics,
      store: new SpotCheckStore(database),
    });
    this.#http = await startServer({
      host: config.host,
      port: config.port,
      supply: this.#pool,
      asset: deployment.asset,
      logger,
      ...(!config.open && { keys: new KeyStore(database) }),
      usage: this.#usage,
      health,
      metrics,
      corsOrigins: config.corsOrigins,
      maxBodyBytes: config.maxBodyBytes,
      ...config.routing,
      problems: () => this.#problems(),
      receipt: async (name, keyId) => await receipts.find(name, keyId),
      balance: async () => await this.#balance(),
      onServed: (served) => {
        spotChecks.consider(served);
      },
    });
  }

  run(): Gateway {
    const { logger, wallet, config } = this.parts;
    const { url } = this.#http;
    logger.info({ url, requester: wallet.address, dataDir: config.dataDir, open: config.open }, "the gateway listens");
    const done = this.#run();
    // Whoever started the gateway may look later.
    done.catch(() => undefined);
    return {
      url,
      requester: wallet.address,
      done,
      stop: async () => {
        this.#stopping.abort();
        await done.catch(() => undefined);
      },
    };
  }

  async #run(): Promise<void> {
    try {
      await this.#work();
      this.parts.logger.info("the gateway stops");
    } finally {
      this.#stopping.abort();
      await this.#close();
    }
  }

  /** Until told to stop; only what cannot pass by itself ends it sooner. */
  async #work(): Promise<void> {
    const { config, logger } = this.parts;
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      try {
        if (!this.#checked) await checkDeployment(this.#contracts);
        this.#checked = true;
        await this.#pool.step();
        this.#steppedAt = Date.now();
        this.#trouble = undefined;
        failures = 0;
      } catch (thrown) {
        if (this.#stopping.signal.aborted) return;
        const error = toAssayError(thrown);
        if (error.code === "WRONG_NETWORK" || error.code === "MISSING_CONTRACT") throw error;
        failures += 1;
        this.#trouble = error;
        logger.warn(
          { code: error.code, hint: error.hint, failures, ...(error.code === "UNEXPECTED" && { err: error }) },
          error.message,
        );
      }
      const pause = Math.min(config.pollMilliseconds * 2 ** Math.min(failures, 10), LONGEST_PAUSE_MS);
      await delay(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Requests end first, then their receipts are signed, then the rest goes. */
  async #close(): Promise<void> {
    await this.#http.close(GRACE_MS);
    await this.#pool.stop();
    await this.#usage.flush();
    await this.#sender.stop();
    this.#rpc.destroy();
    await this.parts.database.destroy();
    this.parts.folder.close();
  }

  #problems(): string[] {
    const silent = Date.now() - this.#steppedAt;
    const stale = silent > Math.max(STALE_MS, 5 * this.parts.config.pollMilliseconds);
    return [
      ...(stale
        ? [`The chain was last looked at ${this.#steppedAt === 0 ? "never" : `${Math.round(silent / 1_000)} s ago`}.`]
        : []),
      ...(this.#trouble === undefined ? [] : [this.#trouble.message]),
      ...(this.#pool.catalogue.models.length === 0 ? ["No provider offers a model by session."] : []),
    ];
  }

  async #balance(): Promise<object> {
    const { wallet, config } = this.parts;
    const balances = await getBalances({ contracts: this.#contracts }, { account: wallet.address });
    const committed = await this.#pool.committed();
    return {
      account: wallet.address,
      escrow: balances.escrow.toString(),
      wallet: balances.wallet.toString(),
      native: balances.native.toString(),
      budget: { total: config.budget.total.toString(), committed: committed.toString() },
      sessions: this.#pool.sessions().map(({ offer, session }) => ({
        id: session.terms.jobId,
        provider: offer.provider,
        spent: session.books.recorded.toString(),
        left: session.books.left.toString(),
      })),
    };
  }
}
