import type { Batch, Job } from "@assay/sdk";
import type { Kysely, Selectable } from "kysely";

import type { JobAnswer, JobRecord } from "../../domain/job.js";
import { FINAL_STAGES, type JobStage } from "../../domain/projection.js";
import { fromStored, toStored } from "../../domain/stored.js";
import type { JobTable, JournalDatabase } from "./schema.js";

type StoredAnswer = Omit<JobAnswer, "output">;

/** A row for a job that is new to this worker. */
export function newJobRow(
  jobId: string,
  job: Job,
  {
    collateral,
    quote = null,
    request = null,
  }: { collateral: bigint; quote?: string | null; request?: Uint8Array | null },
): JobTable {
  return {
    job_id: jobId,
    terms: toStored(job),
    requester: job.requester,
    nonce: job.nonce.toString(),
    model_id: job.modelId.toString(),
    version: Number(job.version),
    accept_by: Number(job.acceptBy),
    commit_by: Number(job.commitBy),
    collateral: collateral.toString(),
    quote,
    request,
    output: null,
    answer: null,
    failure: null,
    stage: "unseen",
    batch_id: null,
    batch: null,
    created_at: Date.now(),
    topped_up: null,
    closes_at: null,
  };
}

/** The jobs of the journal. */
export class JobStore {
  constructor(private readonly database: Kysely<JournalDatabase>) {}

  async find(jobId: string): Promise<JobRecord | undefined> {
    const row = await this.database.selectFrom("jobs").selectAll().where("job_id", "=", jobId).executeTakeFirst();
    return row === undefined ? undefined : toRecord(row);
  }

  async findByBatch(batchId: string): Promise<JobRecord | undefined> {
    const row = await this.database.selectFrom("jobs").selectAll().where("batch_id", "=", batchId).executeTakeFirst();
    return row === undefined ? undefined : toRecord(row);
  }

  /** Jobs that the chain has and that are not over. */
  async live(): Promise<JobRecord[]> {
    const rows = await this.database
      .selectFrom("jobs")
      .selectAll()
      .where("stage", "not in", ["unseen", ...FINAL_STAGES])
      .orderBy("created_at")
      .execute();
    return rows.map(toRecord);
  }

  /** Jobs that a quote was given for, that nobody has opened yet, and that can still be opened at `time`. */
  async quoted(time: number): Promise<JobRecord[]> {
    const rows = await this.database
      .selectFrom("jobs")
      .selectAll()
      .where("stage", "=", "unseen")
      .where("accept_by", ">=", time)
      .execute();
    return rows.map(toRecord);
  }

  /**
   * Notes a quote before it is given away. One that the requester got earlier for the same nonce is replaced if it was not used: only one job can have a
   * nonce.
   */
  async saveQuote(
    jobId: string,
    job: Job,
    quote: { readonly collateral: bigint; readonly quote: string; readonly request: Uint8Array },
  ): Promise<void> {
    const row = newJobRow(jobId, job, quote);
    await this.database.transaction().execute(async (transaction) => {
      await transaction
        .deleteFrom("jobs")
        .where("requester", "=", row.requester)
        .where("nonce", "=", row.nonce)
        .where("stage", "=", "unseen")
        .where("job_id", "!=", jobId)
        .execute();
      await transaction
        .insertInto("jobs")
        .values(row)
        .onConflict((conflict) => conflict.column("job_id").doUpdateSet({ quote: row.quote, request: row.request }))
        .execute();
    });
  }

  async saveRequest(jobId: string, request: Uint8Array): Promise<void> {
    await this.database.updateTable("jobs").set({ request }).where("job_id", "=", jobId).execute();
  }

  async saveCollateral(jobId: string, collateral: bigint): Promise<void> {
    await this.database
      .updateTable("jobs")
      .set({ collateral: collateral.toString() })
      .where("job_id", "=", jobId)
      .execute();
  }

  /** Keeps the first answer: a commit may have been sent for it. @returns the answer that counts */
  async saveAnswer(jobId: string, answer: JobAnswer): Promise<JobAnswer> {
    const { output, ...rest } = answer;
    await this.database
      .updateTable("jobs")
      .set({ output, answer: toStored(rest satisfies StoredAnswer) })
      .where("job_id", "=", jobId)
      .where("answer", "is", null)
      .execute();
    return (await this.find(jobId))?.answer ?? answer;
  }

  async saveFailure(jobId: string, failure: string | null): Promise<void> {
    await this.database.updateTable("jobs").set({ failure }).where("job_id", "=", jobId).execute();
  }

  /** Forgets quotes that nobody used and that nobody can use since `time`. */
  async forgetUnused(time: number): Promise<void> {
    await this.database.deleteFrom("jobs").where("stage", "=", "unseen").where("accept_by", "<", time).execute();
  }

  /** How many jobs are in each stage. */
  async countByStage(): Promise<ReadonlyMap<JobStage, number>> {
    const rows = await this.database
      .selectFrom("jobs")
      .select((builder) => ["stage", builder.fn.countAll<number | string>().as("count")])
      .groupBy("stage")
      .execute();
    return new Map(rows.map(({ stage, count }) => [stage as JobStage, Number(count)]));
  }
}

function toRecord(row: Selectable<JobTable>): JobRecord {
  const answer = row.answer === null ? undefined : (fromStored(row.answer) as StoredAnswer);
  return {
    jobId: row.job_id,
    job: fromStored(row.terms) as Job,
    collateral: BigInt(row.collateral),
    quote: row.quote ?? undefined,
    request: row.request ?? undefined,
    answer: answer === undefined || row.output === null ? undefined : { ...answer, output: row.output },
    failure: row.failure ?? undefined,
    stage: row.stage as JobStage,
    batchId: row.batch_id ?? undefined,
    batch: row.batch === null ? undefined : (fromStored(row.batch) as Batch),
    toppedUp: BigInt(row.topped_up ?? 0),
    closesAt: row.closes_at === null ? undefined : BigInt(row.closes_at),
  };
}
