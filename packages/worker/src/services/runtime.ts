import { setTimeout as delay } from "node:timers/promises";

import type { AssayError } from "@assay/sdk";
import { type Contracts, getParameters, toAssayError } from "@assay/sdk";
import type { FastSigner, TransactionManager } from "@assay/sdk/node";
import type { Logger } from "pino";

import { EventReader } from "../adapters/chain/eventReader.js";
import type { ServedModel } from "../adapters/engine/loadModels.js";
import { AuditStore } from "../adapters/journal/auditStore.js";
import { BatchStore } from "../adapters/journal/batchStore.js";
import { ChainStore } from "../adapters/journal/chainStore.js";
import { JobStore } from "../adapters/journal/jobStore.js";
import type { Journal } from "../adapters/journal/openJournal.js";
import type { WorkerConfig } from "../domain/configSchema.js";
import { AuditService } from "./auditService.js";
import { BeaconService, type RoundSource } from "./beaconService.js";
import { ChainClock } from "./clock.js";
import type { WorkerContext } from "./context.js";
import { Intake } from "./intake.js";
import { JobService } from "./jobService.js";
import { checkChain } from "./preflight.js";
import { SeatService } from "./seatService.js";
import { SessionManager } from "./session/sessionManager.js";
import type { SessionMetrics } from "./session/sessionMetrics.js";
import { SessionSettlement } from "./session/sessionSettlement.js";
import { SettlementService } from "./settlementService.js";
import { Tasks } from "./tasks.js";
import { Turns } from "./turns.js";
import { VerifierService } from "./verifierService.js";
import { Watcher } from "./watcher.js";

/** How often registration, stake, gas and models are looked at again. */
const STANDING_MS = 60_000;
/** A chain that was not followed for so many polls, and at least this long, counts as away. */
const STALE_POLLS = 10;
const STALE_MS = 15_000;
/** Unused quotes are kept this long after they can be used no more, for a reorganisation to bring their opening back. */
const QUOTE_KEEP_SECONDS = 86_400;

interface RuntimeOptions {
  readonly config: WorkerConfig;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly contracts: Contracts;
  readonly sender: TransactionManager;
  readonly models: ReadonlyMap<string, ServedModel>;
  readonly journal: Journal;
  readonly rounds: RoundSource;
  /** Signs what sessions need at once; the key is the sender's. */
  readonly signer: FastSigner;
  readonly sessionFolder: string;
  readonly sessionMetrics: SessionMetrics;
}

/** The duties of a worker whose chain has been reached, and the loop that does them. */
export class Runtime {
  readonly intake: Intake;
  readonly #watcher: Watcher;
  readonly #sessionSettlement: SessionSettlement;
  readonly #duties: readonly { tick(): Promise<void> | void }[];
  #standingAt = Date.now();
  #standing: AssayError | undefined;

  private constructor(
    readonly context: WorkerContext,
    readonly sessions: SessionManager,
    rounds: RoundSource,
    metrics: SessionMetrics,
  ) {
    const { contracts, chain, clock, logger, config } = context;
    this.#watcher = new Watcher({
      reader: new EventReader(contracts),
      store: chain,
      clock,
      logger,
      fromBlock: contracts.deployment.deployedAtBlock,
      confirmations: config.confirmations,
    });
    this.intake = new Intake(context, sessions);
    this.#sessionSettlement = new SessionSettlement(context, sessions, metrics);
    this.#duties = [
      new JobService(context, this.intake),
      new BeaconService(context, rounds),
      this.#sessionSettlement,
      new SettlementService(context),
      new AuditService(context, new VerifierService(context), sessions),
      new SeatService(context),
    ];
  }

  /**
   * Checks everything on the chain that the worker needs.
   *
   * @throws AssayError what `checkChain` throws: fatal, unless retryable
   */
  static async start(options: RuntimeOptions): Promise<Runtime> {
    const { config, logger, signal, contracts, sender, models, journal, rounds } = options;
    const served = [...models.values()].filter((model) => model.config.serve).map(({ key }) => key);
    const provider = await checkChain(contracts, { config, operator: sender.address, models });
    const context: WorkerContext = {
      config,
      logger,
      signal,
      contracts,
      parameters: await getParameters({ contracts }),
      sender,
      provider,
      models,
      jobs: new JobStore(journal.database),
      audits: new AuditStore(journal.database),
      batches: new BatchStore(journal.database),
      chain: new ChainStore(journal.database, provider, new Set(served)),
      clock: new ChainClock(),
      tasks: new Tasks(logger, signal),
      turns: new Turns(provider, config.duties.turnSeconds),
    };
    const sessions = await SessionManager.start({
      context,
      signer: options.signer,
      folder: options.sessionFolder,
      metrics: options.sessionMetrics,
    });
    return new Runtime(context, sessions, rounds, options.sessionMetrics);
  }

  /** Follows the chain and does what is to be done now. @throws AssayError if the chain cannot be reached */
  async step(): Promise<void> {
    await this.#watcher.sync();
    for (const duty of this.#duties) await duty.tick();
    if (Date.now() - this.#standingAt >= STANDING_MS) {
      this.#standingAt = Date.now();
      this.context.tasks.start("standing", async () => {
        await this.#checkStanding();
      });
    }
  }

  /** Ends all sessions: answers in work are finished, and what is signed is committed, each for at most `graceMs`. */
  async endSessions(graceMs: number): Promise<void> {
    const { logger } = this.context;
    await this.sessions.finish(graceMs);
    const commits = this.#sessionSettlement.commit().catch((thrown: unknown) => {
      const { code, message } = toAssayError(thrown);
      logger.warn(
        { code },
        `not everything that is signed was committed before the end; the next start goes on: ${message}`,
      );
    });
    await Promise.race([commits, delay(graceMs, undefined, { ref: false })]);
    await this.sessions.close();
  }

  /** Seconds since the newest block by its own time; what it says when the RPC server is behind, or away. */
  get lagSeconds(): number {
    const head = this.#watcher.head;
    return head === undefined ? 0 : Math.max(0, Math.floor(Date.now() / 1_000) - head.timestamp);
  }

  /** What keeps it from working, in words. */
  get problems(): readonly string[] {
    const { pollMilliseconds } = this.context.config;
    const silent = Date.now() - this.#watcher.syncedAt;
    const stale = silent > Math.max(STALE_MS, STALE_POLLS * pollMilliseconds);
    return [
      ...(stale
        ? [
            `The chain was last followed ${this.#watcher.syncedAt === 0 ? "never" : `${Math.round(silent / 1_000)} s ago`}.`,
          ]
        : []),
      ...(this.#standing === undefined ? [] : [this.#standing.message]),
    ];
  }

  /** A worker that lost its stake or its gas goes on with what it can do; somebody has to know. */
  async #checkStanding(): Promise<void> {
    const { contracts, config, sender, models, jobs, clock, logger } = this.context;
    await jobs.forgetUnused(clock.now - QUOTE_KEEP_SECONDS);
    try {
      await checkChain(contracts, { config, operator: sender.address, models });
      this.#standing = undefined;
    } catch (thrown) {
      const error = toAssayError(thrown);
      if (error.retryable) throw error;
      this.#standing = error;
      logger.error({ code: error.code, hint: error.hint }, error.message);
    }
  }
}
