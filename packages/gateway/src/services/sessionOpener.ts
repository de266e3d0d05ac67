import {
  AssayError,
  assayDomain,
  contractErrorName,
  getBalances,
  getQuote,
  type Job,
  jobId,
  JobKind,
  JobStatus,
  getSession,
  openJob,
  toAssayError,
} from "@assay/sdk";
import { ZeroAddress, ZeroHash } from "ethers";

import type { StoredSession } from "../adapters/storage/sessionStore.js";
import type { ModelEntry, Offer } from "../domain/catalogue.js";
import type { GatewayContext } from "./context.js";

/** Seconds to use a quote. */
const ACCEPT_WITHIN = 300n;

/** What may be put into sessions. */
export interface Funds {
  /** What the configured total still allows. */
  readonly allowed: bigint;
}

/** Opens sessions on the chain, one after the other: each takes the account's next nonce. */
export class SessionOpener {
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly context: GatewayContext) {}

  /**
   * Opens a session with a provider.
   *
   * @throws AssayError `NO_FUNDS`, `BUDGET_SPENT`, whatever keeps the provider from quoting or the job from being opened
   */
  async open(model: ModelEntry, offer: Offer, funds: () => Promise<Funds>): Promise<StoredSession> {
    const opening = this.#last.then(async () => await this.#open(model, offer, await funds()));
    this.#last = opening.catch(() => undefined);
    return await opening;
  }

  /**
   * Takes up a session whose transaction an earlier run may have sent.
   *
   * @returns true if it is on the chain now
   */
  async resume(session: StoredSession): Promise<boolean> {
    const resuming = this.#last.then(async () => await this.#send(session));
    this.#last = resuming.catch(() => undefined);
    return await resuming;
  }

  async #open(model: ModelEntry, offer: Offer, funds: Funds): Promise<StoredSession> {
    const { contracts, sessions, logger, sender } = this.context;
    const job = await this.#job(model, offer, funds);
    const id = jobId(job, assayDomain(contracts.chainId, contracts.deployment.contracts.JobEscrow));
    const { quote } = await getQuote(
      { contracts },
      { endpoint: offer.endpoint, job, request: "", signal: this.context.signal },
    );
    const session: StoredSession = {
      jobId: id,
      job,
      stage: "opening",
      offerId: offer.id,
      endpoint: offer.endpoint,
      policyId: model.policyId,
      unit: model.unit,
      signers: [offer.operator, offer.provider],
      quote,
      escrowed: job.budget,
      accounted: 0,
      reason: undefined,
      createdAt: Date.now(),
    };
    // Written down before it is sent: a killed gateway finds its money again.
    await sessions.insert(session);
    try {
      await this.#send(session);
    } catch (thrown) {
      const error = toAssayError(thrown);
      if (!error.retryable) await sessions.setStage(id, "failed", error.message);
      throw error;
    }
    logger.info(
      { jobId: id, provider: offer.provider, model: model.names[0], budget: job.budget, account: sender.address },
      "opened a session",
    );
    return { ...session, stage: "live" };
  }

  async #send({ jobId: id, job, quote }: StoredSession): Promise<boolean> {
    const { contracts, sender, sessions } = this.context;
    const { status } = await getSession({ contracts }, { jobId: id });
    if (status === JobStatus.None) {
      try {
        await openJob({ contracts, sender }, { job, quote, key: `open:${id}` });
      } catch (thrown) {
        const error = toAssayError(thrown);
        // Its nonce was used by another job, or its time is over: it can never be opened.
        const never =
          contractErrorName(error) !== undefined ||
          error.code === "DEADLINE_PASSED" ||
          error.code === "TRANSACTION_EXPIRED";
        if (never) await sessions.setStage(id, "failed", error.message);
        throw error;
      }
    }
    await sessions.setStage(id, "live");
    return true;
  }

  async #job(model: ModelEntry, offer: Offer, funds: Funds): Promise<Job> {
    const { contracts, sender, config } = this.context;
    const { session } = config;
    const [terms, balances, block] = await Promise.all([
      contracts.registry.jobTerms(model.modelId, model.version),
      getBalances({ contracts }, { account: sender.address }),
      contracts.provider.getBlock("latest"),
    ]).catch((thrown: unknown) => {
      throw toAssayError(thrown);
    });
    const budget = smallest(config.budget.perSession, offer.maxBudget, funds.allowed, balances.escrow);
    const creditLine = smallest(session.creditLine, offer.creditLine, budget);
    requireMoney({ budget, escrow: balances.escrow, allowed: funds.allowed });
    const now = BigInt(block?.timestamp ?? 0);
    const acceptBy = now + ACCEPT_WITHIN;
    const longest = BigInt(Math.min(session.seconds, offer.maxSeconds ?? session.seconds));
    return {
      requester: sender.address,
      nonce: balances.nonce,
      provider: offer.provider,
      kind: JobKind.Session,
      modelId: model.modelId,
      version: model.version,
      units: 0n,
      requestHash: ZeroHash,
      budget,
      inputPrice: offer.inputPrice,
      outputPrice: offer.outputPrice,
      creditLine,
      valueAtRisk: 0n,
      collateralBps: smallest(BigInt(session.collateralBps), offer.maxCollateralBps),
      royaltyBps: terms.royaltyBps,
      verifierFee: terms.verifierFee,
      samplePoints: terms.samplePoints,
      detection: terms.detection,
      disputeWindow: BigInt(session.disputeWindow),
      acceptBy,
      commitBy: longest > ACCEPT_WITHIN ? now + longest : acceptBy + 60n,
      callback: ZeroAddress,
    };
  }
}

function smallest(first: bigint, ...others: readonly (bigint | undefined)[]): bigint {
  return others.reduce<bigint>((least, value) => (value !== undefined && value < least ? value : least), first);
}

function requireMoney({ budget, escrow, allowed }: { budget: bigint; escrow: bigint; allowed: bigint }): void {
  if (budget > 0n) return;
  if (allowed <= 0n) {
    throw new AssayError({
      code: "BUDGET_SPENT",
      message: "The gateway's total budget is used up.",
      hint: "Raise budget.total, or wait until sessions are closed and their rest is back.",
      retryable: true,
    });
  }
  throw new AssayError({
    code: "NO_FUNDS",
    message: `The gateway's account in the escrow holds ${escrow}.`,
    hint: "Add to it: assay funds deposit.",
    retryable: true,
  });
}
