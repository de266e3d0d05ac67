import { readdir } from "node:fs/promises";
import { join } from "node:path";

import {
  AssayError,
  type AssayDomain,
  assayDomain,
  getBalances,
  type Job,
  JobKind,
  jobId as hashJobId,
} from "@assay/sdk";
import type { FastSigner } from "@assay/sdk/node";

import { isOpen, type SessionBatch } from "../../adapters/journal/batchStore.js";
import { type ClosedTree, SessionLedger } from "../../adapters/sessions/sessionLedger.js";
import type { SessionSocket } from "../../adapters/ws/sessionSocket.js";
import { modelKey } from "../../domain/configSchema.js";
import type { JobRecord, OwnBatch } from "../../domain/job.js";
import { FINAL_STAGES } from "../../domain/projection.js";
import { batchCollateral, commitMargin, sessionTermsOf } from "../../domain/session/sessionTerms.js";
import type { WorkerContext } from "../context.js";
import { Session } from "./session.js";
import { SessionLink } from "./sessionLink.js";
import type { SessionMetrics } from "./sessionMetrics.js";
import { SignatureCheck } from "./sessionSignatures.js";
import { StakePool } from "./stakePool.js";

/** How long a connection waits for its session to be seen on the chain. */
const APPEAR_MS = 10_000;
const APPEAR_STEP_MS = 100;
const SWEEP_MS = 1_000;
/** A session that is over is kept so long, for a reorganisation to bring it back. */
const KEEP_MS = 900_000;

export interface SessionManagerParts {
  readonly context: WorkerContext;
  readonly signer: FastSigner;
  /** Of this key on this deployment alone. */
  readonly folder: string;
  readonly metrics: SessionMetrics;
  /** Test only: how long a session that is over is kept. */
  readonly keepMs?: number;
}

/** A session with what the journal knows of it now. */
export interface SessionView {
  readonly session: Session;
  readonly record: JobRecord;
  readonly batches: readonly SessionBatch[];
  /** Trees that ended and that the chain has no batch of, oldest first. */
  readonly uncommitted: readonly ClosedTree[];
}

/** All sessions of this provider: opened again when the worker starts, or when their requester comes; ended with their jobs. */
export class SessionManager {
  readonly #sessions = new Map<string, Promise<Session>>();
  readonly #overSince = new Map<string, number>();
  readonly #pool = new StakePool();
  readonly #domain: AssayDomain;
  readonly #signatures: SignatureCheck;
  readonly #sweep: NodeJS.Timeout;
  #draining = false;

  private constructor(private readonly parts: SessionManagerParts) {
    const { contracts } = parts.context;
    this.#domain = assayDomain(contracts.chainId, contracts.deployment.contracts.JobEscrow);
    this.#signatures = new SignatureCheck(contracts);
    this.#sweep = setInterval(() => {
      void this.#endSlowAnswers();
    }, SWEEP_MS);
    this.#sweep.unref();
  }

  /** Opens every session that the folder holds. */
  static async start(parts: SessionManagerParts): Promise<SessionManager> {
    const manager = new SessionManager(parts);
    try {
      for (const jobId of await storedSessions(parts.folder)) await manager.#reopen(jobId);
      await manager.refresh();
      return manager;
    } catch (error) {
      // Whoever tries again opens the same files.
      await manager.close();
      throw error;
    }
  }

  /** What is wrong with one session keeps no other from going on. */
  async #reopen(jobId: string): Promise<void> {
    const { jobs, logger } = this.parts.context;
    const record = await jobs.find(jobId);
    if (record === undefined) {
      logger.error({ jobId }, "the journal does not know a session whose receipts are stored; they are left alone");
      return;
    }
    try {
      await this.#get(record);
    } catch (thrown) {
      if (!AssayError.is(thrown) || thrown.retryable) throw thrown;
      const { code, hint, message } = thrown;
      logger.error({ jobId, code, hint }, `a session cannot go on, nor can its batches be defended: ${message}`);
    }
  }

  /** Number of sessions that are open here, and of those that are connected. */
  async count(): Promise<{ readonly open: number; readonly connected: number; readonly unsigned: bigint }> {
    const sessions = await this.#all();
    return {
      open: sessions.filter(({ ending }) => ending === undefined).length,
      connected: sessions.filter(({ link }) => link !== undefined).length,
      unsigned: sessions.reduce((sum, { ledger }) => sum + ledger.unsignedFees, 0n),
    };
  }

  /** Collateral that sessions may still need beside what is locked: free stake that nothing else may be promised from. */
  async reserved(): Promise<bigint> {
    let sum = 0n;
    for (const view of await this.views()) sum += this.#need(view);
    return sum;
  }

  /**
   * Finds the session that a connection is for.
   *
   * @throws AssayError `UNKNOWN_SESSION` (retryable), `SESSION_OVER`, `MODEL_NOT_SERVED`, `SESSION_DRAINING` (retryable)
   */
  async accept(jobId: string): Promise<(socket: SessionSocket) => void> {
    if (this.#draining) throw draining();
    const record = await this.#appear(jobId);
    if (FINAL_STAGES.includes(record.stage)) {
      throw new AssayError({ code: "SESSION_OVER", message: `The session ${jobId} is ${record.stage}.` });
    }
    const session = await this.#get(record);
    const { context, signer, metrics } = this.parts;
    return (socket) => {
      new SessionLink({
        session,
        socket,
        signer,
        metrics,
        domain: this.#domain,
        signatures: this.#signatures,
        logger: context.logger,
        generateMs: context.config.limits.generateSeconds * 1_000,
      });
    };
  }

  /** Takes in what the journal says now, and counts the free stake again. */
  async refresh(): Promise<void> {
    const views = await this.views();
    for (const view of views) {
      this.#follow(view);
      await this.#forgetIfOver(view);
    }
    if (views.length > 0) await this.#countStake();
  }

  /** The session of a batch, and its tree. */
  async treeOf({
    jobId,
    batch,
  }: OwnBatch): Promise<{ readonly session: Session; readonly closed: ClosedTree } | undefined> {
    const session = await this.#sessions.get(jobId);
    const closed = session?.ledger.closed.find(({ firstNonce }) => BigInt(firstNonce) === batch.firstNonce);
    return session === undefined || closed === undefined ? undefined : { session, closed };
  }

  async views(): Promise<readonly SessionView[]> {
    const { jobs, batches } = this.parts.context;
    const views: SessionView[] = [];
    for (const session of await this.#all()) {
      const record = await jobs.find(session.jobId);
      if (record === undefined) continue;
      const known = await batches.ofJob(session.jobId);
      const committed = new Set(known.map(({ batch }) => Number(batch.firstNonce)));
      const uncommitted = session.ledger.closed.filter(({ firstNonce }) => !committed.has(firstNonce));
      views.push({ session, record, batches: known, uncommitted });
    }
    return views;
  }

  /** Takes no further requests and no further connections, and waits for answers in work, at most `graceMs`. */
  async finish(graceMs: number): Promise<void> {
    this.#draining = true;
    const sessions = await this.#all();
    for (const session of sessions) session.end({ code: "SESSION_DRAINING", reason: "The worker stops." });
    const until = Date.now() + graceMs;
    while (Date.now() < until && sessions.some(({ requests }) => requests > 0)) await pause(APPEAR_STEP_MS);
  }

  /** Ends all connections and closes every ledger. */
  async close(): Promise<void> {
    this.#draining = true;
    clearInterval(this.#sweep);
    const sessions = await this.#all();
    await Promise.allSettled(
      sessions.map(async (session) => {
        await session.close();
      }),
    );
  }

  /** All sessions that could be opened. */
  async #all(): Promise<readonly Session[]> {
    const settled = await Promise.allSettled(this.#sessions.values());
    return settled.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  }

  async #appear(jobId: string): Promise<JobRecord> {
    const until = Date.now() + APPEAR_MS;
    for (;;) {
      const record = await this.parts.context.jobs.find(jobId);
      const known = record?.job.kind === JobKind.Session;
      if (known && record.stage !== "unseen" && record.stage !== "open") return record;
      // Nobody waits for what was never quoted.
      if (!known || Date.now() >= until) {
        throw new AssayError({
          code: "UNKNOWN_SESSION",
          message: `This worker knows of no open session ${jobId}.`,
          hint: "A session that was opened just now may take a few blocks.",
          retryable: true,
        });
      }
      await pause(APPEAR_STEP_MS);
    }
  }

  async #get(record: JobRecord): Promise<Session> {
    const known = this.#sessions.get(record.jobId);
    if (known !== undefined) return await known;
    const opening = this.#open(record);
    this.#sessions.set(record.jobId, opening);
    opening.catch(() => {
      this.#sessions.delete(record.jobId);
    });
    const session = await opening;
    await this.#countStake();
    return session;
  }

  async #open({ jobId, job, toppedUp }: JobRecord): Promise<Session> {
    const { context, folder } = this.parts;
    const { models, provider, config, logger } = context;
    const model = models.get(modelKey(job.modelId, job.version));
    if (model === undefined) {
      throw new AssayError({
        code: "MODEL_NOT_SERVED",
        message: `This worker does not run version ${job.version} of model ${job.modelId}.`,
        hint: "Its metadata at /v1/provider says what it serves.",
      });
    }
    requireSame(jobId, job, this.#domain);
    const terms = { provider, jobId, modelId: job.modelId, version: job.version, policyId: model.document.policyId };
    await this.#setRatio({ jobId, job });
    const ledger = await SessionLedger.open({ folder: join(folder, jobId), terms });
    const session = new Session({
      jobId,
      job,
      model,
      ledger,
      pool: this.#pool,
      terms: sessionTermsOf(config.session, model.config.price, model.document.policy),
    });
    session.fund(job.budget + toppedUp);
    logger.info({ jobId, receipts: ledger.nonce, signed: ledger.signedNonce }, "a session is open");
    return session;
  }

  async #setRatio({ jobId, job }: Pick<Session, "jobId" | "job">): Promise<void> {
    const { contracts, config, parameters, provider } = this.parts.context;
    const { probation } = await contracts.registry.holdingOf(job.modelId, provider);
    const value = { total: job.budget, maxLeafFee: job.budget };
    const conditions = { limits: config.limits, escrow: parameters.escrow, onProbation: probation > 0n };
    this.#pool.setRatio(jobId, batchCollateral(job, value, conditions), job.budget);
  }

  #follow({ session, record }: SessionView): void {
    const { stage, job, toppedUp } = record;
    session.fund(job.budget + toppedUp);
    const { clock, config } = this.parts.context;
    if (stage === "closing" || FINAL_STAGES.includes(stage)) {
      session.end({ code: "SESSION_CLOSING", reason: `The session is ${stage}.` });
    } else if (BigInt(clock.now) + commitMargin(job, config.session.batch.marginSeconds) >= job.commitBy) {
      session.end({ code: "SESSION_CLOSING", reason: "The session's time is over." });
    }
  }

  #need({ session, uncommitted }: Pick<SessionView, "session" | "uncommitted">): bigint {
    return this.#pool.need(session.jobId, session.outstanding(uncommitted));
  }

  async #countStake(): Promise<void> {
    const { contracts, provider, jobs } = this.parts.context;
    const { free } = await getBalances({ contracts }, { account: provider });
    const promised = (await jobs.live())
      .filter(
        ({ job, stage, failure }) => job.kind === JobKind.OneShot && failure === undefined && stage !== "committed",
      )
      .reduce((sum, { collateral, stage }) => (stage === "audited" ? sum : sum + collateral), 0n);
    const views = await this.views();
    // From here on nothing waits, so that no request slips in between.
    const needed = views.reduce((sum, view) => sum + this.#need(view), 0n);
    this.#pool.reset(free - promised - needed);
  }

  async #forgetIfOver({ session, record, batches, uncommitted }: SessionView): Promise<void> {
    const { jobId } = session;
    const over = FINAL_STAGES.includes(record.stage) && !batches.some(isOpen);
    if (!over) {
      this.#overSince.delete(jobId);
      return;
    }
    const since = this.#overSince.get(jobId) ?? Date.now();
    this.#overSince.set(jobId, since);
    if (Date.now() - since < (this.parts.keepMs ?? KEEP_MS)) return;
    if (uncommitted.length > 0 || session.ledger.signed !== undefined) {
      this.parts.context.logger.warn({ jobId }, "a session ended with signed receipts that were not committed");
    }
    this.#sessions.delete(jobId);
    this.#overSince.delete(jobId);
    this.#pool.forget(jobId);
    session.link?.close();
    await session.link?.idle();
    await session.ledger.destroy();
  }

  async #endSlowAnswers(): Promise<void> {
    const now = Date.now();
    for (const session of await this.#all()) session.link?.sweep(now);
  }
}

async function storedSessions(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => /^0x[0-9a-f]{64}$/.test(name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Receipts bind the job's id, so it must be that of its terms. */
function requireSame(jobId: string, job: Job, domain: AssayDomain): void {
  if (hashJobId(job, domain) === jobId) return;
  throw new AssayError({
    code: "JOURNAL_CORRUPT",
    message: `The terms of the session ${jobId} are not those of its id.`,
  });
}

function draining(): AssayError {
  return new AssayError({ code: "SESSION_DRAINING", message: "The worker stops.", retryable: true });
}

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
