import {
  AssayError,
  type Contracts,
  expireJob,
  type Inference,
  type JobResult,
  requestInference,
  type Sender,
  waitForJob,
} from "@assay/sdk";

import type { DemoProvider } from "./setUp.js";

/** Collateral of a provider's jobs, in bps of the price: 2.5×, 5× and 20×. */
export const COLLATERAL_TIERS = [25_000n, 50_000n, 200_000n] as const;
export const PRICE = 1_000_000n;
const MAX_OUTPUT_UNITS = 120;
const POLLING = 250;

export interface FinishedJob {
  readonly provider: DemoProvider;
  readonly collateralBps: bigint;
  readonly prompt: string;
  readonly answer: string;
  /** Probability of an audit, as the contract fixed it. */
  readonly p: bigint;
  readonly result: JobResult;
}

export interface JobEvents {
  onAudited(provider: DemoProvider, p: bigint): void;
  onEnded(job: FinishedJob): void;
}

/** Opens jobs for several requesters at once. A job's id holds its account's next nonce, so an account opens one at a time. */
export class JobRunner {
  readonly #requesters: { readonly sender: Sender; free: Promise<void> }[];
  #next = 0;

  constructor(
    private readonly contracts: Contracts,
    private readonly modelId: bigint,
    requesters: readonly Sender[],
    private readonly events: JobEvents,
    private readonly signal: AbortSignal,
  ) {
    this.#requesters = requesters.map((sender) => ({ sender, free: Promise.resolve() }));
  }

  /** Buys one answer and follows the job to its end. */
  async run(provider: DemoProvider, collateralBps: bigint, prompt: string): Promise<FinishedJob> {
    const { contracts, signal } = this;
    const { sender, inference } = await this.#ask(provider, collateralBps, prompt);
    const { jobId, batch } = await inference;
    const result = await waitForJob(
      { contracts },
      {
        jobId,
        signal,
        pollingInterval: POLLING,
        onProgress: ({ type }) => {
          if (type === "audited") this.events.onAudited(provider, batch.p);
        },
      },
    );
    if (result.outcome === "Undelivered") await expireJob({ contracts, sender }, { job: result.job });
    const answer = (await inference).text;
    const finished = { provider, collateralBps, prompt, answer, p: batch.p, result };
    this.events.onEnded(finished);
    return finished;
  }

  /** Resolves when the job is open and another one may be. */
  async #ask(
    provider: DemoProvider,
    collateralBps: bigint,
    prompt: string,
  ): Promise<{ sender: Sender; inference: Promise<Inference> }> {
    const requester = this.#requesters[this.#next++ % this.#requesters.length];
    if (requester === undefined) throw new AssayError({ code: "INTERNAL", message: "There is no requester." });
    const { sender, free } = requester;
    let opened: () => void = () => undefined;
    requester.free = new Promise((resolve) => {
      opened = resolve;
    });
    await free;
    const inference = requestInference(
      { contracts: this.contracts, sender },
      {
        endpoint: provider.endpoint,
        provider: provider.owner.address,
        modelId: this.modelId,
        collateralBps,
        fee: PRICE,
        request: { prompt, maxOutputUnits: MAX_OUTPUT_UNITS },
        onOpened: opened,
        signal: this.signal,
      },
    ).finally(opened);
    // Awaited by the caller; until then a failure must not count as unhandled.
    inference.catch(() => undefined);
    return { sender, inference };
  }
}
