import { AssayError, type Commitment, commitBatch, commitMany, contractErrorName, keccakHex } from "@assay/sdk";

import type { ClosedTree } from "../../adapters/sessions/sessionLedger.js";
import { FINAL_STAGES } from "../../domain/projection.js";
import { batchCollateral, type BatchConditions, batchPay, commitMargin } from "../../domain/session/sessionTerms.js";
import type { WorkerContext } from "../context.js";
import { effectKey } from "../keys.js";
import type { SessionManager, SessionView } from "./sessionManager.js";
import type { SessionMetrics } from "./sessionMetrics.js";

/** In one transaction; a block must hold it. */
const MOST_AT_ONCE = 16;

/** Stake comes free again only after a commit, so a session that waits for some commits what is so old. */
const PRESSED_MS = 10_000;

interface Due {
  readonly view: SessionView;
  readonly tree: ClosedTree;
  readonly commitment: Commitment;
}

/**
 * Commits what requesters signed: when it is worth it, when it is old, when the free stake runs out, and always before the chain takes it no more. The tree's end
 * is in the session's log before the commit is sent, so a worker that is killed in between commits exactly the same again.
 */
export class SessionSettlement {
  /** Trees that a common transaction skipped: alone they give the reason. */
  readonly #alone = new Set<string>();

  constructor(
    private readonly context: WorkerContext,
    private readonly sessions: SessionManager,
    private readonly metrics: Pick<SessionMetrics, "batches">,
  ) {}

  async tick(): Promise<void> {
    await this.sessions.refresh();
    this.context.tasks.start("sessions", async () => {
      await this.commit();
    });
  }

  /** Ends the trees that are due, and commits those that ended. */
  async commit(): Promise<void> {
    for (const view of await this.sessions.views()) {
      if (await this.#isDue(view)) await view.session.rollover();
    }
    const due: Due[] = [];
    for (const view of await this.sessions.views()) {
      const next = await this.#next(view);
      if (next !== undefined) due.push(next);
    }
    const failures: unknown[] = [];
    const together = due.filter(({ view, tree }) => !this.#alone.has(nameOf(view, tree)));
    const alone = together.length === 1 ? due : due.filter((item) => !together.includes(item));
    for (const item of alone) {
      await this.#commitOne(item).catch((error: unknown) => {
        endIfHopeless(item, error);
        failures.push(error);
      });
    }
    for (let first = 0; together.length > 1 && first < together.length; first += MOST_AT_ONCE) {
      const group = together.slice(first, first + MOST_AT_ONCE);
      await this.#commitMany(group).catch((error: unknown) => failures.push(error));
    }
    // One session that cannot be committed now does not keep the others waiting.
    if (failures.length > 0) throw failures[0];
  }

  async #isDue(view: SessionView): Promise<boolean> {
    const { session, record } = view;
    const { signed } = session.ledger;
    if (signed === undefined || signed.total === 0n || FINAL_STAGES.includes(record.stage)) return false;
    const { clock, config } = this.context;
    const { minTotal, maxAgeSeconds, marginSeconds } = config.session.batch;
    const age = Date.now() - (session.signedSince ?? Date.now());
    const aged = age >= (session.pressed ? Math.min(PRESSED_MS, maxAgeSeconds * 1_000) : maxAgeSeconds * 1_000);
    const last = lastSecond(view);
    const urgent =
      session.ending !== undefined ||
      session.pressed ||
      BigInt(clock.now) + commitMargin(record.job, marginSeconds) >= last;
    const worth = minTotal !== undefined && signed.total >= minTotal;
    if (!aged && !urgent && !worth) return false;
    // A batch that costs more than it brings would revert; more receipts may make it worth it.
    const { commitment, pay } = await this.#terms(view, { firstNonce: session.ledger.firstNonce, ...signed });
    if (pay > 0n) return true;
    this.context.logger.debug(
      { jobId: session.jobId, total: commitment.total },
      "a batch would cost more than it brings",
    );
    return false;
  }

  /** The oldest tree of a session that ended and is not on the chain: batches go in the order of their nonces. */
  async #next(view: SessionView): Promise<Due | undefined> {
    const { session, record, uncommitted } = view;
    const tree = uncommitted[0];
    if (tree === undefined || FINAL_STAGES.includes(record.stage)) return undefined;
    if (BigInt(this.context.clock.now) > lastSecond(view)) {
      this.context.logger.debug({ jobId: session.jobId, total: tree.total }, "a batch can be committed no more");
      return undefined;
    }
    return { view, tree, commitment: (await this.#terms(view, tree)).commitment };
  }

  async #terms(
    { session: { job } }: SessionView,
    { root, total, count, maxLeafFee }: ClosedTree,
  ): Promise<{ readonly commitment: Commitment; readonly pay: bigint }> {
    const conditions = await this.#conditions(job.modelId);
    const collateral = batchCollateral(job, { total, maxLeafFee }, conditions);
    const commitment = { root, total, collateral, count: BigInt(count), maxLeafFee };
    const { escrow, onProbation } = conditions;
    return { commitment, pay: batchPay(job, commitment, collateral, escrow, onProbation) };
  }

  async #conditions(modelId: bigint): Promise<BatchConditions> {
    const { contracts, provider, config, parameters } = this.context;
    const { probation } = await contracts.registry.holdingOf(modelId, provider);
    return { limits: config.limits, escrow: parameters.escrow, onProbation: probation > 0n };
  }

  async #commitOne({ view, tree, commitment }: Due): Promise<void> {
    const { contracts, sender, logger } = this.context;
    const { job, jobId } = view.session;
    const key = await effectKey(this.context, nameOf(view, tree));
    const { batchId, batch } = await commitBatch(
      { contracts, sender },
      { job, commitment, voucher: tree.signature, key, deadline: lastSecond(view) },
    );
    this.metrics.batches.add();
    logger.info(
      { jobId, batchId, receipts: batch.count, total: batch.total, p: batch.p, targetRound: batch.targetRound },
      "committed a batch of a session",
    );
  }

  async #commitMany(group: readonly Due[]): Promise<void> {
    const { contracts, sender, logger } = this.context;
    const names = group.map(({ view, tree }) => nameOf(view, tree));
    const key = await effectKey(this.context, `commitMany/${keccakHex(names.join())}`);
    const items = group.map(({ view, tree, commitment }) => ({
      jobId: view.session.jobId,
      job: view.session.job,
      commitment,
      voucher: tree.signature,
    }));
    const { results } = await commitMany({ contracts, sender }, { items, key });
    for (const [index, result] of results.entries()) {
      const name = names[index] ?? "";
      if (result.status === "skipped") {
        this.#alone.add(name);
        logger.warn({ commit: name, reason: result.reason }, "a batch was left out of a common transaction");
      } else {
        this.metrics.batches.add();
        const { batchId, batch } = result;
        logger.info(
          { jobId: batch.jobId, batchId, receipts: batch.count, total: batch.total },
          "committed a batch of a session",
        );
      }
    }
  }
}

/** Whoever cannot be made to pay any more is not served any more. */
function endIfHopeless({ view: { session } }: Due, thrown: unknown): void {
  const name = AssayError.is(thrown) ? contractErrorName(thrown) : undefined;
  if (name !== "JobEscrow_InvalidVoucher" && name !== "JobEscrow_BudgetExceeded") return;
  session.end({ code: "SESSION_CLOSING", reason: "The chain does not take what was signed." });
}

/** Last second in which the chain takes a batch of the session. */
function lastSecond({ record: { job, closesAt } }: SessionView): bigint {
  return closesAt !== undefined && closesAt < job.commitBy ? closesAt : job.commitBy;
}

function nameOf({ session }: SessionView, { firstNonce }: ClosedTree): string {
  return `commit/${session.jobId}/${firstNonce}`;
}
