import { AssayError, assayDomain, closeJob, getSession, JobStatus, toAssayError, topUp } from "@assay/sdk";
import { Contract } from "ethers";

import type { MarketReader } from "../adapters/chain/marketReader.js";
import { ReceiptLog, sessionFolder } from "../adapters/storage/receiptLog.js";
import type { StoredSession } from "../adapters/storage/sessionStore.js";
import { Catalogue, type ModelEntry, type Offer } from "../domain/catalogue.js";
import type { GatewayContext } from "./context.js";
import { SessionClient } from "./session/sessionClient.js";
import { type Funds, SessionOpener } from "./sessionOpener.js";
import type { Supply } from "./supply.js";

/** How long a request waits for a session that is being opened or connected. */
const READY_WITHIN_MS = 20_000;
const CATALOGUE_MS = 15_000;
/** A session is left in time for its provider to commit what is signed. */
const COMMIT_MARGIN_SECONDS = 600;
const STOP_GRACE_MS = 5_000;
const SEEN_WITHIN_MS = 60_000;
const REFUSED_MS = 2_000;
/** What no honest provider does. Anything else may be a matter of the network. */
const DISHONEST: ReadonlySet<string> = new Set([
  "RECEIPT_WRONG",
  "COUNTERSIGNATURE_WRONG",
  "SESSION_STATE_WRONG",
  "FRAME_UNEXPECTED",
  "SESSION_MESSAGE_INVALID",
  "SESSION_FAULT",
]);
const ERC1271 = ["function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)"];
const ERC1271_MAGIC = "0x1626ba7e";

interface Entry {
  stored: StoredSession;
  readonly client: SessionClient;
  readonly offer: Offer;
  /** Takes no further requests; it is closed when those in work are done. */
  retired: string | undefined;
  toppingUp: boolean;
  /** When its provider said that it takes no more requests, in milliseconds. */
  drainingSince: number | undefined;
}

/** The gateway's sessions: opened when they are needed, topped up, given up when their provider misbehaves, closed when they are idle. */
export class SessionPool implements Supply {
  readonly #entries = new Map<string, Entry>();
  readonly #opening = new Map<string, Promise<Entry>>();
  /** Offers that could not be had a moment ago, and why: not every request asks again. */
  readonly #refused = new Map<string, { readonly error: AssayError; readonly until: number }>();
  readonly #opener: SessionOpener;
  #catalogue = new Catalogue([]);
  #catalogueAt = 0;
  #reading = false;
  #problems: readonly string[] = [];

  constructor(
    private readonly context: GatewayContext,
    private readonly market: Pick<MarketReader, "read">,
  ) {
    this.#opener = new SessionOpener(context);
  }

  get catalogue(): Catalogue {
    return this.#catalogue;
  }

  /** Providers and models that cannot be used, in words. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Takes up the sessions of earlier runs. What needs the chain waits for `step`. */
  async restore(): Promise<void> {
    for (const stored of await this.context.sessions.all()) {
      if (stored.stage === "live") await this.#enter(stored, offerOf(stored));
    }
  }

  ready(offer: Offer): SessionClient | undefined {
    const entry = this.#usable(offer);
    return entry?.client.status === "ready" ? entry.client : undefined;
  }

  isLost(offer: Offer): boolean {
    return this.#usable(offer)?.client.status === "connecting";
  }

  async acquire(offer: Offer): Promise<SessionClient> {
    const { client } = this.#usable(offer) ?? (await this.#open(offer));
    const until = Date.now() + READY_WITHIN_MS;
    while (client.status === "connecting" && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    if (client.status === "ready") return client;
    throw new AssayError({
      code: "SESSION_GONE",
      message: `The session with ${offer.provider} is ${client.status}.`,
      hint: "The provider may be away; it is tried again.",
      retryable: true,
    });
  }

  creditLineOf(offer: Offer): bigint {
    const live = this.#usable(offer);
    if (live !== undefined) return live.client.books.creditLine;
    const { session, budget } = this.context.config;
    return [offer.creditLine, budget.perSession, offer.maxBudget].reduce<bigint>(
      (least, value) => (value !== undefined && value < least ? value : least),
      session.creditLine,
    );
  }

  sessions(): readonly { readonly offer: Offer; readonly session: SessionClient }[] {
    return [...this.#entries.values()].map(({ offer, client }) => ({ offer, session: client }));
  }

  /** The live session of that id. */
  find(jobId: string): SessionClient | undefined {
    return this.#entries.get(jobId)?.client;
  }

  /** What sessions hold and have spent, of what the configuration allows. */
  async committed(): Promise<bigint> {
    const all = await this.context.sessions.all();
    return all.filter(({ stage }) => stage !== "failed").reduce((sum, { escrowed }) => sum + escrowed, 0n);
  }

  /**
   * Looks at the market and at every session, and does what is to be done.
   *
   * @throws AssayError if the chain cannot be reached
   */
  async step(): Promise<void> {
    await this.#refreshMarket();
    for (const stored of await this.context.sessions.all()) {
      if (stored.stage === "opening" && !this.#isOpening(stored)) await this.#resume(stored);
      else if (stored.stage === "closing") await this.#followClosing(stored);
    }
    for (const entry of this.#entries.values()) await this.#tend(entry);
  }

  /** Lets the answers in work end and signs them. Sessions stay open on the chain: the next run goes on with them. */
  async stop(): Promise<void> {
    await Promise.all([...this.#entries.values()].map(({ client }) => client.close(STOP_GRACE_MS)));
    this.#entries.clear();
  }

  /** The first time whoever asks waits; later a slow provider keeps nobody from anything. */
  async #refreshMarket(): Promise<void> {
    if (this.#catalogueAt === 0) {
      await this.#readMarket();
      return;
    }
    if (Date.now() - this.#catalogueAt < CATALOGUE_MS || this.#reading) return;
    this.#reading = true;
    this.#readMarket()
      .catch((thrown: unknown) => {
        const { code, message } = toAssayError(thrown);
        if (!this.context.signal.aborted)
          this.context.logger.warn({ code }, `the market could not be read: ${message}`);
      })
      .finally(() => {
        this.#reading = false;
      });
  }

  async #readMarket(): Promise<void> {
    const { models, problems } = await this.market.read(this.context.signal);
    for (const problem of problems) {
      if (!this.#problems.includes(problem)) this.context.logger.warn(problem);
    }
    this.#problems = problems;
    this.#catalogue = new Catalogue(models);
    this.#catalogueAt = Date.now();
  }

  #usable(offer: Offer): Entry | undefined {
    for (const entry of this.#entries.values()) {
      if (entry.offer.id !== offer.id || entry.retired !== undefined) continue;
      const { job } = entry.stored;
      // A provider that became cheaper is asked for a new session.
      if (job.inputPrice > offer.inputPrice || job.outputPrice > offer.outputPrice) continue;
      if (entry.client.status === "ready" || entry.client.status === "connecting") return entry;
    }
    return undefined;
  }

  #isOpening(stored: StoredSession): boolean {
    return this.#opening.has(stored.offerId);
  }

  async #open(offer: Offer): Promise<Entry> {
    const before = this.#opening.get(offer.id);
    if (before !== undefined) return await before;
    const refused = this.#refused.get(offer.id);
    if (refused !== undefined && Date.now() < refused.until) throw refused.error;
    const opening = this.#openNow(offer)
      .catch((thrown: unknown) => {
        const error = toAssayError(thrown);
        this.#refused.set(offer.id, { error, until: Date.now() + REFUSED_MS });
        throw error;
      })
      .finally(() => {
        this.#opening.delete(offer.id);
      });
    this.#opening.set(offer.id, opening);
    return await opening;
  }

  async #openNow(offer: Offer): Promise<Entry> {
    const stored = await this.context.sessions.all();
    if (stored.some(({ stage, offerId }) => stage === "opening" && offerId === offer.id)) {
      throw new AssayError({
        code: "SESSION_GONE",
        message: `The transaction that opens the session with ${offer.provider} has not landed yet.`,
        retryable: true,
      });
    }
    return await this.#enter(
      await this.#opener.open(this.#modelOf(offer), offer, async () => await this.#funds()),
      offer,
    );
  }

  #modelOf(offer: Offer): ModelEntry {
    const model = this.#catalogue.models.find(
      ({ modelId, version }) => modelId === offer.modelId && version === offer.version,
    );
    if (model !== undefined) return model;
    throw new AssayError({ code: "MODEL_GONE", message: "The model is not offered any more.", retryable: true });
  }

  async #funds(): Promise<Funds> {
    const committed = await this.committed();
    const { total } = this.context.config.budget;
    return { allowed: total > committed ? total - committed : 0n };
  }

  async #enter(stored: StoredSession, offer: Offer): Promise<Entry> {
    const { config, signer, logger, usage, health, contracts } = this.context;
    const { jobId, job, policyId, unit, endpoint, signers } = stored;
    const model = (): string => this.#nameOf(offer);
    const client = await SessionClient.open({
      terms: {
        jobId,
        job,
        domain: assayDomain(contracts.chainId, contracts.deployment.contracts.JobEscrow),
        policyId,
        unit,
        endpoint,
        signers,
      },
      signer,
      folder: sessionFolder(config.dataDir, jobId),
      escrowed: stored.escrowed,
      logger,
      maxQueued: config.session.maxQueued,
      queueMilliseconds: config.session.queueMilliseconds,
      patienceMilliseconds: config.session.patienceSeconds * 1_000,
      onRestored: (receipt) => {
        // What the last run could not add to the usage any more.
        if (receipt.nonce >= stored.accounted) usage.add(jobId, model(), receipt);
      },
      onRecorded: (receipt) => {
        usage.add(jobId, model(), receipt);
      },
      onBudgetShort: () => {
        const entry = this.#entries.get(jobId);
        if (entry !== undefined) void this.#topUp(entry);
      },
      onStatus: (status, error) => {
        logger.info({ jobId, provider: job.provider, status, code: error?.code }, "session");
        if (status !== "broken" || error === undefined || !DISHONEST.has(error.code)) return;
        health.of(offer).drop(error.message);
        logger.error({ provider: job.provider, jobId, code: error.code }, `a provider was dropped: ${error.message}`);
      },
      verifySignature: async (digest, signature) => await this.#isContractSignature(signers, digest, signature),
    });
    const entry: Entry = { stored, client, offer, retired: undefined, toppingUp: false, drainingSince: undefined };
    this.#entries.set(jobId, entry);
    return entry;
  }

  #nameOf({ modelId, version }: Pick<Offer, "modelId" | "version">): string {
    const known = this.#catalogue.models.find((model) => model.modelId === modelId && model.version === version);
    return known?.names[0] ?? `assay/${modelId}@${version}`;
  }

  /** A provider whose operator is a contract signs by ERC-1271. */
  async #isContractSignature(signers: readonly string[], digest: string, signature: string): Promise<boolean> {
    const { provider } = this.context.contracts;
    for (const signer of signers) {
      if ((await provider.getCode(signer)) === "0x") continue;
      const answer: unknown = await new Contract(signer, ERC1271, provider).getFunction("isValidSignature")(
        digest,
        signature,
      );
      if (answer === ERC1271_MAGIC) return true;
    }
    return false;
  }

  async #tend(entry: Entry): Promise<void> {
    const { client, stored } = entry;
    const { contracts, config } = this.context;
    if (client.status === "draining") entry.drainingSince ??= Date.now();
    else if (client.status === "ready") entry.drainingSince = undefined;
    entry.retired ??= this.#reasonToRetire(entry);
    if (client.status === "broken") {
      await this.#close(entry, entry.retired ?? "it was given up");
      return;
    }
    if (entry.retired !== undefined && client.inFlight === 0 && client.queued === 0) {
      await this.#close(entry, entry.retired);
      return;
    }
    const { status } = await getSession({ contracts }, { jobId: stored.jobId });
    // A server that is a block behind does not know a new session yet.
    const isNew = status === JobStatus.None && Date.now() - stored.createdAt < SEEN_WITHIN_MS;
    if (status !== JobStatus.Active && !isNew) {
      await this.#close(entry, "the provider closed it");
      return;
    }
    if (entry.retired === undefined && client.books.left < config.budget.topUpBelow && client.nonce > 0)
      void this.#topUp(entry);
  }

  #reasonToRetire({ client, stored, offer, drainingSince }: Entry): string | undefined {
    const { config } = this.context;
    // A provider that only restarts comes back to its session.
    const patience = config.session.patienceSeconds * 1_000;
    if (drainingSince !== undefined && Date.now() - drainingSince > patience) return "the provider drains";
    if (client.idleMilliseconds > config.session.idleSeconds * 1_000) return "it was idle";
    if (Number(stored.job.commitBy) - Date.now() / 1_000 < this.#margin(stored)) return "its time is over";
    const advertised = this.#catalogue.models.flatMap(({ offers }) => offers).find(({ id }) => id === offer.id);
    if (advertised === undefined) return undefined;
    const { inputPrice, outputPrice } = stored.job;
    return inputPrice > advertised.inputPrice || outputPrice > advertised.outputPrice
      ? "the provider became cheaper"
      : undefined;
  }

  /** A short session cannot leave ten minutes. */
  #margin({ job, createdAt }: StoredSession): number {
    return Math.min(COMMIT_MARGIN_SECONDS, (Number(job.commitBy) - createdAt / 1_000) / 5);
  }

  async #close(entry: Entry, reason: string): Promise<void> {
    const { stored, client } = entry;
    const { logger, sessions } = this.context;
    this.#entries.delete(stored.jobId);
    await client.close(STOP_GRACE_MS);
    await sessions.setStage(stored.jobId, "closing", reason);
    logger.info({ jobId: stored.jobId, reason }, "closes a session");
    await this.#followClosing({ ...stored, stage: "closing" });
  }

  /** Asks to close, waits for the grace period, and closes for good. */
  async #followClosing({ jobId, job }: StoredSession): Promise<void> {
    const { contracts, sender, sessions, usage, logger } = this.context;
    const { status, closesAt, remaining } = await getSession({ contracts }, { jobId });
    if (status === JobStatus.None) {
      const spent = await this.#spentIn(jobId);
      await usage.flush();
      await sessions.setEscrowed(jobId, spent);
      await sessions.setStage(jobId, "over");
      return;
    }
    const block = await contracts.provider.getBlock("latest");
    const now = BigInt(block?.timestamp ?? 0);
    if (status === JobStatus.Closing && now <= closesAt) return;
    try {
      await closeJob({ contracts, sender }, { job, key: `close:${jobId}:${status}` });
    } catch (thrown) {
      const error = toAssayError(thrown);
      logger.warn({ jobId, code: error.code, remaining }, `the session could not be closed: ${error.message}`);
    }
  }

  async #spentIn(jobId: string): Promise<bigint> {
    let spent = 0n;
    const log = await ReceiptLog.open(sessionFolder(this.context.config.dataDir, jobId), ({ fee }) => {
      spent += fee;
    });
    await log.close();
    return spent;
  }

  async #resume(stored: StoredSession): Promise<void> {
    const { logger, sessions } = this.context;
    try {
      await this.#opener.resume(stored);
      const live = await sessions.find(stored.jobId);
      if (live?.stage === "live") await this.#enter(live, offerOf(live));
    } catch (thrown) {
      const error = toAssayError(thrown);
      logger.warn({ jobId: stored.jobId, code: error.code }, `a session could not be opened: ${error.message}`);
    }
  }

  async #topUp(entry: Entry): Promise<void> {
    if (entry.toppingUp || entry.retired !== undefined) return;
    entry.toppingUp = true;
    const { contracts, sender, sessions, config, logger } = this.context;
    const { jobId, job } = entry.stored;
    try {
      const { allowed } = await this.#funds();
      const { balance } = await contracts.escrow.accountOf(sender.address);
      const amount = [config.budget.perSession, allowed, balance].reduce((least, value) =>
        value < least ? value : least,
      );
      if (amount <= 0n) {
        logger.warn({ jobId, allowed, balance }, "a session cannot be topped up: budget or escrow balance are used up");
        return;
      }
      const key = `topUp:${jobId}:${entry.stored.escrowed}`;
      // With a key of an earlier run this is what that one added.
      const { amount: added } = await topUp({ contracts, sender }, { job, amount, key });
      const escrowed = entry.stored.escrowed + added;
      await sessions.setEscrowed(jobId, escrowed);
      entry.stored = { ...entry.stored, escrowed };
      entry.client.fund(escrowed);
      logger.info({ jobId, amount: added }, "topped a session up");
    } catch (thrown) {
      const error = toAssayError(thrown);
      logger.warn({ jobId, code: error.code }, `a session could not be topped up: ${error.message}`);
    } finally {
      entry.toppingUp = false;
    }
  }
}

/** What is known of the offer that a session of an earlier run was opened on. */
function offerOf({ offerId, job, endpoint, signers }: StoredSession): Offer {
  return {
    id: offerId,
    provider: job.provider,
    operator: signers[0] ?? job.provider,
    name: undefined,
    endpoint,
    modelId: job.modelId,
    version: job.version,
    inputPrice: job.inputPrice,
    outputPrice: job.outputPrice,
    creditLine: job.creditLine,
    maxBudget: undefined,
    maxSeconds: undefined,
    maxCollateralBps: undefined,
  };
}
