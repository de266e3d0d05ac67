import type { Batch, Job } from "@assay/sdk";
import type { Kysely } from "kysely";

import type { OwnBatch } from "../../domain/job.js";
import type { BatchStage } from "../../domain/projection.js";
import { fromStored } from "../../domain/stored.js";
import type { JournalDatabase } from "./schema.js";

/** A batch of a session, as the chain has it. */
export interface SessionBatch extends OwnBatch {
  readonly stage: BatchStage;
}

const OPEN: readonly BatchStage[] = ["committed", "audited"];

/** The batches of sessions in the journal. Those of one-shot jobs are in their job's row. */
export class BatchStore {
  constructor(private readonly database: Kysely<JournalDatabase>) {}

  /** Batches of one session, in the order of their nonces. */
  async ofJob(jobId: string): Promise<SessionBatch[]> {
    return (await this.#select().where("batches.job_id", "=", jobId).orderBy("first_nonce").execute()).map(toBatch);
  }

  /** Batches that wait for their round or dispute window. */
  async committed(): Promise<SessionBatch[]> {
    return (await this.#select().where("batches.stage", "=", "committed").execute()).map(toBatch);
  }

  async find(batchId: string): Promise<SessionBatch | undefined> {
    const row = await this.#select().where("batches.batch_id", "=", batchId).executeTakeFirst();
    return row === undefined ? undefined : toBatch(row);
  }

  async countByStage(): Promise<ReadonlyMap<BatchStage, number>> {
    const rows = await this.database
      .selectFrom("batches")
      .select((builder) => ["stage", builder.fn.countAll<number | string>().as("count")])
      .groupBy("stage")
      .execute();
    return new Map(rows.map(({ stage, count }) => [stage as BatchStage, Number(count)]));
  }

  #select() {
    return this.database
      .selectFrom("batches")
      .innerJoin("jobs", "jobs.job_id", "batches.job_id")
      .select(["batches.batch_id", "batches.job_id", "batches.batch", "batches.stage", "jobs.terms"]);
  }
}

/** True while the chain may still ask about the batch. */
export function isOpen({ stage }: Pick<SessionBatch, "stage">): boolean {
  return OPEN.includes(stage);
}

function toBatch(row: {
  readonly batch_id: string;
  readonly job_id: string;
  readonly batch: string;
  readonly stage: string;
  readonly terms: string;
}): SessionBatch {
  return {
    batchId: row.batch_id,
    jobId: row.job_id,
    batch: fromStored(row.batch) as Batch,
    job: fromStored(row.terms) as Job,
    stage: row.stage as BatchStage,
  };
}
