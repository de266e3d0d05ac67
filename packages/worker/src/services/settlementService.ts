import {
  batchSeed,
  finalizeBatch,
  finalizeMany,
  isAudited,
  JobStatus,
  keccakHex,
  Resolution,
  voidBatch,
} from "@assay/sdk";

import type { OwnBatch } from "../domain/job.js";
import type { WorkerContext } from "./context.js";
import { effectKey } from "./keys.js";
import { committedBatches } from "./ownBatches.js";

/** In one transaction; a block must hold it even if each opens an audit. */
const MOST_AT_ONCE = 8;

interface Draw {
  readonly resolution: bigint;
  readonly value: string;
  readonly index: bigint;
}

/** Ends the provider's own batches as soon as their rounds are there: paid, handed to the court, or void where the beacon is dead. */
export class SettlementService {
  constructor(private readonly context: WorkerContext) {}

  async tick(): Promise<void> {
    const { tasks } = this.context;
    const committed = await committedBatches(this.context);
    if (committed.length === 0) return;
    tasks.start("settle", async () => {
      await this.#settle(committed);
    });
  }

  async #settle(committed: readonly OwnBatch[]): Promise<void> {
    const draws = new Map<bigint, Promise<Draw>>();
    const due: OwnBatch[] = [];
    for (const record of committed) {
      const { targetRound } = record.batch;
      const draw = await (draws.get(targetRound) ??
        draws.set(targetRound, this.#resolve(targetRound)).get(targetRound));
      if (draw?.resolution === Resolution.Dead) await this.#void(record);
      if (draw?.resolution === Resolution.Ready && this.#isDue(record, draw)) due.push(record);
    }
    const failures: unknown[] = [];
    for (let first = 0; first < due.length; first += MOST_AT_ONCE) {
      // One group that cannot be finalized now does not keep the others waiting.
      await this.#finalize(due.slice(first, first + MOST_AT_ONCE)).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  async #resolve(targetRound: bigint): Promise<Draw> {
    const { resolution, value, index } = await this.context.contracts.beacon.resolve(targetRound);
    return { resolution, value, index };
  }

  /** A drawn batch goes to the court at once; another waits for its dispute window. */
  #isDue({ batchId, batch, job }: OwnBatch, { value, index }: Draw): boolean {
    const { contracts, clock } = this.context;
    const seed = batchSeed(value, contracts.chainId, contracts.deployment.contracts.JobEscrow, batchId);
    // A later candidate than the first makes an audit certain.
    return index > 0n || isAudited(seed, batch.p) || BigInt(clock.blockTime) >= batch.committedAt + job.disputeWindow;
  }

  async #finalize(candidates: readonly OwnBatch[]): Promise<void> {
    const { contracts, sender, logger } = this.context;
    // Of the batch, not of its job: a session has several at once.
    const statuses = await Promise.all(
      candidates.map(({ batchId, jobId }) => contracts.escrow.batchStatusOf(batchId, jobId)),
    );
    // Anybody may have been faster.
    const items = candidates.filter((_, index) => statuses[index] === JobStatus.Committed);
    const [first, ...others] = items;
    if (first === undefined) return;
    if (others.length === 0) {
      const key = await effectKey(this.context, `finalize/${first.batchId}`);
      const { job, batch } = first;
      const result = await finalizeBatch({ contracts, sender }, { job, batch, key });
      logger.info({ jobId: first.jobId, batchId: first.batchId, status: result.status }, "finalized a batch");
      return;
    }
    const key = await effectKey(this.context, `finalize/${keccakHex(items.map(({ batchId }) => batchId).join())}`);
    const { results } = await finalizeMany({ contracts, sender }, { items, key });
    for (const { batchId, jobId, status } of results.map((result, index) => ({
      ...result,
      jobId: items[index]?.jobId,
    }))) {
      logger.info({ jobId, batchId, status }, "finalized a batch");
    }
  }

  async #void({ jobId, job, batch, batchId }: OwnBatch): Promise<void> {
    const { contracts, sender, logger } = this.context;
    const key = await effectKey(this.context, `void/${batchId}`);
    await voidBatch({ contracts, sender }, { job, batch, key });
    logger.warn({ jobId, batchId }, "the beacon posted no round in time: the batch is void");
  }
}
