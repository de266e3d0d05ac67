import {
  AssayError,
  assayDomain,
  getBalances,
  type Job,
  jobId as hashJobId,
  type QuoteRequest,
  type QuoteResponse,
  signQuote,
} from "@assay/sdk";

import type { ServedModel } from "../adapters/engine/loadModels.js";
import { modelKey } from "../domain/configSchema.js";
import type { JobRecord } from "../domain/job.js";
import { type Assessment, assessJob, readRequest } from "../domain/serveTerms.js";
import type { WorkerContext } from "./context.js";

/** Quotes that a requester may hold for nonces that are not the next one. */
const NONCES_AHEAD = 16n;

/** Decides which jobs this provider takes: quotes, and jobs that were opened without one. */
export class Intake {
  // One at a time, so that two jobs never count on the same free stake.
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly context: WorkerContext) {}

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
      const { collateral } = await this.assess(job, text);
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
    const { document } = this.modelOf(record.job);
    readRequest(text, { requestHash: record.job.requestHash, policy: document.policy });
    await this.context.jobs.saveRequest(jobId, text);
  }

  /** Like {@link Intake.assess} for a job that is open on the chain; the collateral is kept with it. */
  async assessOpen({ jobId, job }: JobRecord, text: Uint8Array): Promise<void> {
    await this.#exclusively(async () => {
      const { collateral } = await this.assess(job, text);
      await this.context.jobs.saveCollateral(jobId, collateral);
    });
  }

  /**
   * Decides whether the job suits this provider now.
   *
   * @throws AssayError what `assessJob` throws, `MODEL_NOT_SERVED`, `TOO_MANY_JOBS` and `STAKE_EXHAUSTED` (both retryable)
   */
  async assess(job: Job, text: Uint8Array): Promise<Assessment> {
    const { contracts, config, provider, clock, parameters } = this.context;
    const { config: modelConfig, document, engine } = this.modelOf(job);
    const [registryTerms, holding, balances] = await Promise.all([
      contracts.registry.jobTerms(job.modelId, job.version),
      contracts.registry.holdingOf(job.modelId, provider),
      getBalances({ contracts }, { account: provider }),
    ]);
    const assessment = assessJob(job, text, {
      provider,
      policy: document.policy,
      prices: modelConfig.price,
      limits: config.limits,
      escrow: parameters.escrow,
      registryTerms,
      onProbation: holding.probation > 0n,
      now: clock.now,
      inputUnits: (request) => engine.inputUnits(request),
    });
    await this.#checkCapacity(job, assessment.collateral, balances.free);
    return assessment;
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
      ...(await jobs.live()).filter(({ stage, failure }) => failure === undefined && isUncommitted(stage)),
    ];
    if (pending.length >= config.limits.maxOpenJobs) {
      throw new AssayError({
        code: "TOO_MANY_JOBS",
        message: `This worker has ${pending.length} jobs in hand, as many as it takes.`,
        hint: "Try again in a while, or ask another provider.",
        retryable: true,
      });
    }
    const reserved = pending.reduce((sum, record) => sum + record.collateral, 0n);
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

function isUncommitted(stage: JobRecord["stage"]): boolean {
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
