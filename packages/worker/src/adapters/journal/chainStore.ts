import { type Job, JobKind } from "@assay/sdk";
import { ZeroAddress } from "ethers";
import type { Kysely, Transaction } from "kysely";

import { type ChainEvent, subjectOf } from "../../domain/chainEvent.js";
import { modelKey } from "../../domain/configSchema.js";
import { projectAudit, projectBatches, projectJob } from "../../domain/projection.js";
import { fromStored, toStored } from "../../domain/stored.js";
import { newJobRow } from "./jobStore.js";
import type { EventTable, JournalDatabase } from "./schema.js";

/** A block that events were read up to. */
export interface Checkpoint {
  readonly number: number;
  readonly hash: string;
}

/** More than any reorganisation goes back; what is deeper starts over at the deployment's block. */
const KEPT_CHECKPOINTS = 512;

/**
 * What the chain says about this provider: the events, and the cursor up to which they were read. The stages of jobs and audits are projections of the
 * events, renewed in the same database transaction.
 */
export class ChainStore {
  constructor(
    private readonly database: Kysely<JournalDatabase>,
    private readonly provider: string,
    /** Names of the model versions (`modelKey`) that this worker serves: it follows jobs that are open to anybody for these. */
    private readonly served: ReadonlySet<string> = new Set(),
  ) {}

  /** Checkpoints, newest first. */
  async checkpoints(): Promise<Checkpoint[]> {
    return await this.database.selectFrom("blocks").selectAll().orderBy("number", "desc").execute();
  }

  /** Adds the events up to a checkpoint, all or nothing. Events of jobs and audits that do not concern this provider are left out. */
  async advance(checkpoint: Checkpoint, events: readonly ChainEvent[]): Promise<void> {
    await this.database.transaction().execute(async (transaction) => {
      const touched = new Set<string>();
      for (const event of events) {
        if (!(await this.#concerns(transaction, event))) continue;
        await transaction
          .insertInto("events")
          .values(toRow(event))
          .onConflict((conflict) => conflict.columns(["block_number", "log_index"]).doNothing())
          .execute();
        touched.add(subjectOf(event));
      }
      for (const subject of touched) await project(transaction, subject);
      await transaction
        .insertInto("blocks")
        .values(checkpoint)
        .onConflict((conflict) => conflict.column("number").doUpdateSet({ hash: checkpoint.hash }))
        .execute();
      await trim(transaction);
    });
  }

  /** Takes back everything above a block. */
  async rollback(toBlock: number): Promise<void> {
    await this.database.transaction().execute(async (transaction) => {
      const rows = await transaction
        .selectFrom("events")
        .select("subject")
        .distinct()
        .where("block_number", ">", toBlock)
        .execute();
      await transaction.deleteFrom("events").where("block_number", ">", toBlock).execute();
      await transaction.deleteFrom("blocks").where("number", ">", toBlock).execute();
      for (const { subject } of rows) await project(transaction, subject);
    });
  }

  /** Events about one subject, in the order of the chain. */
  async eventsOf(subject: string): Promise<ChainEvent[]> {
    return await eventsOf(this.database, subject);
  }

  /** The last event of every seat that this provider ever took. */
  async lastSeatEvents(): Promise<ChainEvent[]> {
    const rows = await this.database
      .selectFrom("events")
      .selectAll()
      .where("name", "in", ["SeatTaken", "SeatActivated", "SeatVacated"])
      .orderBy("block_number")
      .orderBy("log_index")
      .execute();
    return [...new Map(rows.map((row) => [row.subject, toEvent(row)])).values()];
  }

  /** The genesis block that the journal belongs to; notes it the first time. */
  async genesis(hash: string): Promise<string> {
    await this.database
      .insertInto("meta")
      .values({ key: "genesis", value: hash })
      .onConflict((conflict) => conflict.column("key").doNothing())
      .execute();
    const row = await this.database.selectFrom("meta").select("value").where("key", "=", "genesis").executeTakeFirst();
    return row?.value ?? hash;
  }

  /** Only jobs whose request is brought are ever taken, so sessions that are open to anybody are left alone. */
  #mayTake({ provider, kind, modelId, version }: Job): boolean {
    return provider === ZeroAddress && kind === JobKind.OneShot && this.served.has(modelKey(modelId, version));
  }

  async #concerns(transaction: Transaction<JournalDatabase>, event: ChainEvent): Promise<boolean> {
    switch (event.name) {
      case "JobOpened":
        if (event.args.provider !== this.provider && !this.#mayTake(event.args.job)) return false;
        await transaction
          .insertInto("jobs")
          .values(newJobRow(event.args.jobId, event.args.job, { collateral: 0n }))
          .onConflict((conflict) => conflict.column("job_id").doNothing())
          .execute();
        return true;
      case "JobAssigned":
        return await assign(transaction, event.args, this.provider);
      case "AuditOpened":
        if (event.args.provider !== this.provider) return false;
        await addAudit(transaction, event.args.auditId, true, event.args.modelId);
        return true;
      case "MemberDrawn":
        if (event.args.provider !== this.provider) return false;
        await addAudit(transaction, event.args.auditId, false, 0n);
        return true;
      case "AuditEnded":
        return (
          (await transaction
            .selectFrom("audits")
            .select("audit_id")
            .where("audit_id", "=", event.args.auditId)
            .executeTakeFirst()) !== undefined
        );
      case "JobAccepted":
      case "SeatTaken":
      case "SeatActivated":
      case "SeatVacated":
        return event.args.provider === this.provider;
      default:
        return (
          (await transaction
            .selectFrom("jobs")
            .select("job_id")
            .where("job_id", "=", event.args.jobId)
            .executeTakeFirst()) !== undefined
        );
    }
  }
}

/** An open job was taken: by this provider it goes on under its new id, with what was kept of it. */
async function assign(
  transaction: Transaction<JournalDatabase>,
  { openJobId, jobId, provider }: { readonly openJobId: string; readonly jobId: string; readonly provider: string },
  ownProvider: string,
): Promise<boolean> {
  const row = await transaction.selectFrom("jobs").selectAll().where("job_id", "=", openJobId).executeTakeFirst();
  if (row === undefined) return false;
  if (provider !== ownProvider) return true;
  const job: Job = { ...(fromStored(row.terms) as Job), provider };
  await transaction
    .insertInto("jobs")
    .values(newJobRow(jobId, job, { collateral: BigInt(row.collateral), request: row.request }))
    .onConflict((conflict) => conflict.column("job_id").doNothing())
    .execute();
  return true;
}

/** The provider of an audit is never in its panels, so the first event tells what it is. */
async function addAudit(
  transaction: Transaction<JournalDatabase>,
  auditId: string,
  own: boolean,
  modelId: bigint,
): Promise<void> {
  await transaction
    .insertInto("audits")
    .values({
      audit_id: auditId,
      own: own ? 1 : 0,
      model_id: modelId.toString(),
      job: null,
      batch: null,
      ended: 0,
      outcome: null,
    })
    .onConflict((conflict) => conflict.column("audit_id").doNothing())
    .execute();
}

/** Subjects that are neither a job nor an audit of the journal match no row. */
async function project(transaction: Transaction<JournalDatabase>, subject: string): Promise<void> {
  const events = await eventsOf(transaction, subject);
  await projectJobRow(transaction, subject, events);
  if (events.length === 0) {
    await transaction.deleteFrom("audits").where("audit_id", "=", subject).execute();
    return;
  }
  const audit = projectAudit(events);
  await transaction
    .updateTable("audits")
    .set({ ended: audit.ended ? 1 : 0, outcome: audit.outcome?.toString() ?? null })
    .where("audit_id", "=", subject)
    .execute();
}

async function projectJobRow(
  transaction: Transaction<JournalDatabase>,
  jobId: string,
  events: readonly ChainEvent[],
): Promise<void> {
  const row = await transaction.selectFrom("jobs").select("terms").where("job_id", "=", jobId).executeTakeFirst();
  if (row === undefined) return;
  // A job that was open before goes on without an opening of its own, so its kind is that of its terms.
  const { kind } = fromStored(row.terms) as Job;
  const job = projectJob(events, kind);
  await transaction
    .updateTable("jobs")
    .set({
      stage: job.stage,
      batch_id: job.batchId ?? null,
      batch: job.batch === undefined ? null : toStored(job.batch),
      topped_up: kind === JobKind.Session ? job.toppedUp.toString() : null,
      closes_at: job.closesAt === undefined ? null : Number(job.closesAt),
    })
    .where("job_id", "=", jobId)
    .execute();
  if (kind !== JobKind.Session) return;
  await transaction.deleteFrom("batches").where("job_id", "=", jobId).execute();
  const batches = projectBatches(events).map(({ batchId, batch, stage }) => ({
    batch_id: batchId,
    job_id: jobId,
    batch: toStored(batch),
    first_nonce: Number(batch.firstNonce),
    stage,
  }));
  if (batches.length > 0) await transaction.insertInto("batches").values(batches).execute();
}

async function eventsOf(database: Kysely<JournalDatabase>, subject: string): Promise<ChainEvent[]> {
  const rows = await database
    .selectFrom("events")
    .selectAll()
    .where("subject", "=", subject)
    .orderBy("block_number")
    .orderBy("log_index")
    .execute();
  return rows.map(toEvent);
}

async function trim(transaction: Transaction<JournalDatabase>): Promise<void> {
  const oldest = await transaction
    .selectFrom("blocks")
    .select("number")
    .orderBy("number", "desc")
    .offset(KEPT_CHECKPOINTS)
    .limit(1)
    .executeTakeFirst();
  if (oldest !== undefined) await transaction.deleteFrom("blocks").where("number", "<=", oldest.number).execute();
}

function toRow(event: ChainEvent): EventTable {
  return {
    block_number: event.blockNumber,
    log_index: event.logIndex,
    block_hash: event.blockHash,
    transaction_hash: event.transactionHash,
    name: event.name,
    subject: subjectOf(event),
    args: toStored(event.args),
  };
}

function toEvent(row: EventTable): ChainEvent {
  return {
    name: row.name,
    args: fromStored(row.args),
    blockNumber: row.block_number,
    blockHash: row.block_hash,
    logIndex: row.log_index,
    transactionHash: row.transaction_hash,
  } as ChainEvent;
}
