import { AssayError, type Job, jobSchema, toWireJson } from "@assay/sdk";
import type { Kysely, Selectable } from "kysely";

import type { Unit } from "../../domain/sessionDeal.js";
import type { GatewayDatabase, SessionTable } from "./schema.js";

/**
 * `opening`: its transaction may have been sent. `live`: on the chain. `closing`: asked to close, its batches may still come. `over`: nothing can
 * happen any more. `failed`: it never came to be.
 */
export type SessionStage = "opening" | "live" | "closing" | "over" | "failed";

export interface StoredSession {
  readonly jobId: string;
  readonly job: Job;
  readonly stage: SessionStage;
  readonly offerId: string;
  readonly endpoint: string;
  readonly policyId: string;
  readonly unit: Unit;
  readonly signers: readonly string[];
  readonly quote: string;
  /** All that was ever put into it. */
  readonly escrowed: bigint;
  /** Receipts below this nonce are in the usage of their keys. */
  readonly accounted: number;
  /** Why it was given up. */
  readonly reason: string | undefined;
  readonly createdAt: number;
}

/** The sessions of a gateway. */
export class SessionStore {
  constructor(private readonly database: Kysely<GatewayDatabase>) {}

  async insert(session: StoredSession): Promise<void> {
    await this.database.insertInto("sessions").values(toRow(session)).execute();
  }

  async all(): Promise<StoredSession[]> {
    const rows = await this.database.selectFrom("sessions").selectAll().orderBy("created_at").execute();
    return rows.map(toSession);
  }

  async find(jobId: string): Promise<StoredSession | undefined> {
    const row = await this.database.selectFrom("sessions").selectAll().where("job_id", "=", jobId).executeTakeFirst();
    return row === undefined ? undefined : toSession(row);
  }

  async setStage(jobId: string, stage: SessionStage, reason?: string): Promise<void> {
    await this.database
      .updateTable("sessions")
      .set({ stage, ...(reason !== undefined && { reason }) })
      .where("job_id", "=", jobId)
      .execute();
  }

  async setEscrowed(jobId: string, escrowed: bigint): Promise<void> {
    await this.database
      .updateTable("sessions")
      .set({ escrowed: escrowed.toString() })
      .where("job_id", "=", jobId)
      .execute();
  }
}

function toRow(session: StoredSession): SessionTable {
  return {
    job_id: session.jobId,
    job: toWireJson(session.job),
    stage: session.stage,
    offer_id: session.offerId,
    endpoint: session.endpoint,
    policy_id: session.policyId,
    unit: session.unit,
    signers: JSON.stringify(session.signers),
    quote: session.quote,
    escrowed: session.escrowed.toString(),
    accounted: session.accounted,
    reason: session.reason ?? null,
    created_at: session.createdAt,
  };
}

function toSession(row: Selectable<SessionTable>): StoredSession {
  const job = jobSchema.safeParse(JSON.parse(row.job));
  if (!job.success) {
    throw new AssayError({
      code: "DATABASE_UNUSABLE",
      message: `The terms of the session ${row.job_id} in the database cannot be read.`,
      hint: "Another version of the gateway wrote them; start that one.",
      cause: job.error,
    });
  }
  return {
    jobId: row.job_id,
    job: job.data,
    stage: row.stage as SessionStage,
    offerId: row.offer_id,
    endpoint: row.endpoint,
    policyId: row.policy_id,
    unit: row.unit as Unit,
    signers: JSON.parse(row.signers) as string[],
    quote: row.quote,
    escrowed: BigInt(row.escrowed),
    accounted: row.accounted,
    reason: row.reason ?? undefined,
    createdAt: row.created_at,
  };
}
