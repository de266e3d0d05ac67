import type { Batch, Job } from "@assay/sdk";
import type { Kysely, Selectable } from "kysely";

import { fromStored, toStored } from "../../domain/stored.js";
import type { AuditTable, JournalDatabase, VoteTable } from "./schema.js";

/** An audit that concerns this provider. */
export interface AuditRecord {
  readonly auditId: string;
  /** It is about a batch of this provider. */
  readonly own: boolean;
  readonly modelId: bigint;
  /** What the court's calls take; undefined until it was looked up. */
  readonly terms: { readonly job: Job; readonly batch: Batch } | undefined;
}

export interface VoteRecord {
  readonly auditId: string;
  /** Index in the audit's list of members. */
  readonly member: number;
  readonly panel: number;
  readonly vote: string;
  readonly salt: string;
  /** Why it abstains. */
  readonly reason: string | undefined;
}

/** The audits of the journal, and this provider's votes in them. */
export class AuditStore {
  constructor(private readonly database: Kysely<JournalDatabase>) {}

  /** Audits that are not over. */
  async live(): Promise<AuditRecord[]> {
    const rows = await this.database.selectFrom("audits").selectAll().where("ended", "=", 0).execute();
    return rows.map(toAudit);
  }

  async saveTerms(auditId: string, job: Job, batch: Batch): Promise<void> {
    await this.database
      .updateTable("audits")
      .set({ job: toStored(job), batch: toStored(batch) })
      .where("audit_id", "=", auditId)
      .execute();
  }

  async findVote(auditId: string, member: number, panel: number): Promise<VoteRecord | undefined> {
    const row = await this.database
      .selectFrom("votes")
      .selectAll()
      .where("audit_id", "=", auditId)
      .where("member", "=", member)
      .where("panel", "=", panel)
      .executeTakeFirst();
    return row === undefined ? undefined : toVote(row);
  }

  /** Keeps the first vote of a place: its commitment may have been sent. @returns the vote that counts */
  async saveVote(vote: VoteRecord): Promise<VoteRecord> {
    await this.database
      .insertInto("votes")
      .values({
        audit_id: vote.auditId,
        member: vote.member,
        panel: vote.panel,
        vote: vote.vote,
        salt: vote.salt,
        reason: vote.reason ?? null,
        created_at: Date.now(),
      })
      .onConflict((conflict) => conflict.columns(["audit_id", "member", "panel"]).doNothing())
      .execute();
    return (await this.findVote(vote.auditId, vote.member, vote.panel)) ?? vote;
  }

  /** Ended audits of own batches by outcome, and live ones. */
  async countOwn(): Promise<{ readonly live: number; readonly byOutcome: ReadonlyMap<bigint, number> }> {
    const rows = await this.database
      .selectFrom("audits")
      .select((builder) => ["ended", "outcome", builder.fn.countAll<number | string>().as("count")])
      .where("own", "=", 1)
      .groupBy(["ended", "outcome"])
      .execute();
    const ended = rows.flatMap(({ outcome, count }): [bigint, number][] =>
      outcome === null ? [] : [[BigInt(outcome), Number(count)]],
    );
    const live = rows.filter((row) => row.ended === 0).reduce((sum, { count }) => sum + Number(count), 0);
    return { live, byOutcome: new Map(ended) };
  }
}

function toAudit(row: Selectable<AuditTable>): AuditRecord {
  return {
    auditId: row.audit_id,
    own: row.own === 1,
    modelId: BigInt(row.model_id),
    terms:
      row.job === null || row.batch === null
        ? undefined
        : { job: fromStored(row.job) as Job, batch: fromStored(row.batch) as Batch },
  };
}

function toVote(row: Selectable<VoteTable>): VoteRecord {
  return {
    auditId: row.audit_id,
    member: row.member,
    panel: row.panel,
    vote: row.vote,
    salt: row.salt,
    reason: row.reason ?? undefined,
  };
}
