import {
  AssayError,
  assayDomain,
  getBalances,
  type Job,
  JobKind,
  jobId as hashJobId,
  type QuoteRequest,
  type QuoteResponse,
  signQuote,
} from "@assay/sdk";

import { ZeroAddress } from "ethers";

import type { ServedModel } from "../adapters/engine/loadModels.js";
import { modelKey } from "../domain/configSchema.js";
import type { JobRecord } from "../domain/job.js";
import { type Assessment, assessJob, readRequest, type ServingConditions } from "../domain/serveTerms.js";
import { assessSession, sessionTermsOf } from "../domain/session/sessionTerms.js";
import type { WorkerContext } from "./context.js";
import type { SessionManager } from "./session/sessionManager.js";

/** Quotes that a requester may hold for nonces that are not the next one. */
const NONCES_AHEAD = 16n;

/** Decides which jobs this provider takes: quotes, and jobs that were opened without one. */
export class Intake {
  // One at a time, so that two jobs never count on the same free stake.
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly context: WorkerContext,
    private readonly sessions: Pick<SessionManager, "reserved">,
  ) {}

  /**
   * Signs a quote. It is in the journal, with the request, before it is given away.
   *
   * @throws AssayError what `assessJob` and {@link Intake.assess} throw, `NONCE_UNUSABLE`, `REQUESTER_UNFUNDED`
   */
  async quote({ job, request }: QuoteRequest): Promise<QuoteResponse> {
    return await this.#exclusively(async () => {
      const { contracts, sender, jobs } = this.context;
      const id = hashJobId(job, assayDomain(contracts.chainId, contracts.deployment.contracts.JobEscrow));
      const known = await jobs.find(id);
      // Asked again after a lost answer: the same quote, and nothing more is bound by it.
      if (known?.quote !== undefined) return { jobId: id, quote: known.quote, collateral: known.collateral };
      await this.#checkRequester(job);
      const text = new TextEncoder().encode(request);
      const collateral =
        job.kind === JobKind.Session
          ? await this.#assessSession(job, request)
          : (await this.assess(job, text)).collateral;
      const quote = await signQuote({ contracts, sender }, { job });
      await jobs.saveQuote(id, job, { collateral, quote, request: text });
      return { jobId: id, quote, collateral };
    });
  }

  /**
   * Takes the request of a job that was opened without a quote.
   *
   * @throws AssayError `UNKNOWN_JOB` (retryable: the chain may be ahead), `MODEL_NOT_SERVED`, and those of `readRequest`
   */
  async takeRequest(jobId: string, request: string): Promise<void> {
    const record = await this.context.jobs.find(jobId);
    if (record === undefined) throw unknownJob(jobId);
    if (record.request !== undefined) return;
    const text = new TextEncoder().encode(request);
    if (record.job.kind !== JobKind.OneShot) throw unknownJob(jobId);
    const { document } = this.modelOf(record.job);
    readRequest(text, { requestHash: record.job.requestHash, policy: document.policy });
    // Whoever looks for a provider wants to know at once whether this one takes it.
    if (record.job.provider === ZeroAddress) await this.assess(await this.#asOwn(record.job), text);
    await this.context.jobs.saveRequest(jobId, text);
  }

  /** Like {@link Intake.assess} for a job that is open on the chain; the collateral is kept with it. */
  async assessOpen({ jobId, job }: JobRecord, text: Uint8Array): Promise<void> {
    await this.#exclusively(async () => {
      const { collateral } = await this.assess(await this.#asOwn(job), text);
      await this.context.jobs.saveCollateral(jobId, collateral);
    });
  }

  /**
   * A job that is open to any seat holder, as it would be with this provider.
   *
   * @throws AssayError `NO_SEAT`
   */
  async #asOwn(job: Job): Promise<Job> {
    if (job.provider !== ZeroAddress) return job;
    const { contracts, provider } = this.context;
    const { active } = await contracts.registry.holdingOf(job.modelId, provider);
    if (active > 0n) return { ...job, provider };
    throw new AssayError({
      code: "NO_SEAT",
      message: `This provider has no active seat of model ${job.modelId}, which taking an open job needs.`,
      hint: "Ask a provider that has one.",
    });
  }

  /**
   * Decides whether the job suits this provider now.
   *
   * @throws AssayError what `assessJob` throws, `MODEL_NOT_SERVED`, `TOO_MANY_JOBS` and `STAKE_EXHAUSTED` (both retryable)
   */
  async assess(job: Job, text: Uint8Array): Promise<Assessment> {
    const { engine } = this.modelOf(job);
    const { free, conditions } = await this.#conditions(job);
    const assessment = assessJob(job, text, { ...conditions, inputUnits: (request) => engine.inputUnits(request) });
    await this.#checkCapacity(job, assessment.collateral, free);
    return assessment;
  }

  /** @returns collateral for the session's credit line */
  async #assessSession(job: Job, request: string): Promise<bigint> {
    const { config: modelConfig, document } = this.modelOf(job);
    const { free, conditions } = await this.#conditions(job);
    const terms = sessionTermsOf(this.context.config.session, modelConfig.price, document.policy);
    const collateral = assessSession(job, request, { ...conditions, terms });
    await this.#checkCapacity(job, collateral, free);
    return collateral;
  }

  /** What any job is held against, as it is now. */
  async #conditions(job: Job): Promise<{ free: bigint; conditions: Omit<ServingConditions, "inputUnits"> }> {
    const { contracts, config, provider, clock, parameters } = this.context;
    const { config: modelConfig, document } = this.modelOf(job);
    const [registryTerms, holding, { free }] = await Promise.all([
      contracts.registry.jobTerms(job.modelId, job.version),
      contracts.registry.holdingOf(job.modelId, provider),
      getBalances({ contracts }, { account: provider }),
    ]);
    const conditions = {
      provider,
      policy: document.policy,
      prices: modelConfig.price,
      limits: config.limits,
      escrow: parameters.escrow,
      registryTerms,
      onProbation: holding.probation > 0n,
      now: clock.now,
    };
    return { free, conditions };
  }

  /** @throws AssayError `MODEL_NOT_SERVED` */
  modelOf(job: Pick<Job, "modelId" | "version">): ServedModel {
    const key = modelKey(job.modelId, job.version);
    const model = this.context.models.get(key);
    if (model?.config.serve === true) return model;
    throw new AssayError({
      code: "MODEL_NOT_SERVED",
      message: `This worker does not serve version ${job.version} of model ${job.modelId}.`,
      hint: "Its metadata at /v1/provider says what it serves.",
    });
  }

  /** Quotes of others that can still be used: of two jobs with one nonce only one can ever be opened. */
  async #quotedBeside({ requester, nonce }: Job): Promise<JobRecord[]> {
    const quoted = await this.context.jobs.quoted(this.context.clock.now);
    return quoted.filter(({ job }) => job.requester !== requester || job.nonce !== nonce);
  }

  /** Every job that may still need its collateral counts, whether its quote is used or not. */
  async #checkCapacity(job: Job, collateral: bigint, free: bigint): Promise<void> {
    const { jobs, config } = this.context;
    const pending = [
      ...(await this.#quotedBeside(job)),
      ...(await jobs.live()).filter((record) => record.failure === undefined && isUncommitted(record)),
    ];
    if (pending.length >= config.limits.maxOpenJobs) {
      throw new AssayError({
        code: "TOO_MANY_JOBS",
        message: `This worker has ${pending.length} jobs in hand, as many as it takes.`,
        hint: "Try again in a while, or ask another provider.",
        retryable: true,
      });
    }
    const promised = pending.reduce((sum, record) => sum + record.collateral, 0n);
    const reserved = promised + (await this.sessions.reserved());
    if (reserved + collateral > free) {
      throw new AssayError({
        code: "STAKE_EXHAUSTED",
        message: `The job needs a collateral of ${collateral}; of the free stake of ${free}, ${reserved} is promised.`,
        hint: "Try again in a while, or ask for less collateral.",
        retryable: true,
      });
    }
  }

  /** A quote binds stake, so only a requester that could open the job, beside what it has other quotes for, gets one. */
  async #checkRequester(job: Job): Promise<void> {
    const { contracts } = this.context;
    const { requester, nonce } = job;
    const others = (await this.#quotedBeside(job)).filter((record) => record.job.requester === requester);
    const needed = others.reduce((sum, record) => sum + record.job.budget, job.budget);
    const account = await getBalances({ contracts }, { account: requester });
    if (nonce < account.nonce || nonce >= account.nonce + NONCES_AHEAD) {
      throw new AssayError({
        code: "NONCE_UNUSABLE",
        message: `The job has the nonce ${nonce}, the requester's next one is ${account.nonce}.`,
        hint: "Prepare the job again.",
      });
    }
    if (account.escrow < needed) {
      throw new AssayError({
        code: "REQUESTER_UNFUNDED",
        message: `The requester has ${account.escrow} in the escrow; this job and those it has quotes for cost ${needed}.`,
        hint: "Deposit first, or let the other quotes lapse.",
      });
    }
  }

  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return await result;
  }
}

/** Sessions that run reserve what they need themselves; a job that is open to anybody counts once it is about to be accepted. */
function isUncommitted({ stage, job, collateral }: JobRecord): boolean {
  if (job.kind !== JobKind.OneShot || (job.provider === ZeroAddress && collateral === 0n)) return false;
  return stage === "open" || stage === "active";
}

export function unknownJob(jobId: string): AssayError {
  return new AssayError({
    code: "UNKNOWN_JOB",
    message: `This worker has not heard of the job ${jobId}.`,
    hint: "A job that was opened just now may take a few blocks; check that it names this provider.",
    retryable: true,
  });
}
