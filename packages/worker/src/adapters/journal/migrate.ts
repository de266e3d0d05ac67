import { createTransactionTable } from "@assay/sdk/node";
import type { Kysely } from "kysely";
import { type Migration, Migrator } from "kysely/migration";

import type { JournalDatabase } from "./schema.js";

/**
 * Brings the tables to the newest form. Migrations are only ever added; each runs once.
 *
 * @param schema Postgres: where the tables live; SQLite has none
 * @throws what the database throws
 */
export async function migrate(database: Kysely<JournalDatabase>, schema?: string): Promise<void> {
  const migrations: Record<string, Migration> = {
    "0001_first": first(schema === undefined ? "blob" : "bytea"),
    "0002_sessions": { up: addSessions },
  };
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: () => Promise.resolve(migrations) },
    // Without it the tables of another worker's schema would count.
    ...(schema !== undefined && { migrationTableSchema: schema }),
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error instanceof Error ? error : new TypeError(JSON.stringify(error));
}

function first(bytes: "blob" | "bytea"): Migration {
  return {
    up: async (database: Kysely<JournalDatabase>) => {
      await createTransactionTable(database);
      await createJobTable(database, bytes);
      await createAuditTables(database);
      await createChainTables(database);
    },
  };
}

async function addSessions({ schema }: Kysely<JournalDatabase>): Promise<void> {
  // One by one: SQLite adds a column a statement.
  await schema.alterTable("jobs").addColumn("topped_up", "text").execute();
  await schema.alterTable("jobs").addColumn("closes_at", "bigint").execute();
  await schema
    .createTable("batches")
    .addColumn("batch_id", "text", (column) => column.primaryKey())
    .addColumn("job_id", "text", (column) => column.notNull())
    .addColumn("batch", "text", (column) => column.notNull())
    .addColumn("first_nonce", "bigint", (column) => column.notNull())
    .addColumn("stage", "text", (column) => column.notNull())
    .execute();
  await schema.createIndex("batches_job").on("batches").columns(["job_id", "first_nonce"]).execute();
  await schema.createIndex("batches_stage").on("batches").column("stage").execute();
}

async function createJobTable({ schema }: Kysely<JournalDatabase>, bytes: "blob" | "bytea"): Promise<void> {
  await schema
    .createTable("jobs")
    .addColumn("job_id", "text", (column) => column.primaryKey())
    .addColumn("terms", "text", (column) => column.notNull())
    .addColumn("requester", "text", (column) => column.notNull())
    .addColumn("nonce", "text", (column) => column.notNull())
    .addColumn("model_id", "text", (column) => column.notNull())
    .addColumn("version", "integer", (column) => column.notNull())
    .addColumn("accept_by", "bigint", (column) => column.notNull())
    .addColumn("commit_by", "bigint", (column) => column.notNull())
    .addColumn("collateral", "text", (column) => column.notNull())
    .addColumn("quote", "text")
    .addColumn("request", bytes)
    .addColumn("output", bytes)
    .addColumn("answer", "text")
    .addColumn("failure", "text")
    .addColumn("stage", "text", (column) => column.notNull())
    .addColumn("batch_id", "text")
    .addColumn("batch", "text")
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .execute();
  await schema.createIndex("jobs_stage").on("jobs").columns(["stage", "accept_by"]).execute();
  await schema.createIndex("jobs_batch").on("jobs").column("batch_id").execute();
}

async function createAuditTables({ schema }: Kysely<JournalDatabase>): Promise<void> {
  await schema
    .createTable("audits")
    .addColumn("audit_id", "text", (column) => column.primaryKey())
    .addColumn("own", "integer", (column) => column.notNull())
    .addColumn("model_id", "text", (column) => column.notNull())
    .addColumn("job", "text")
    .addColumn("batch", "text")
    .addColumn("ended", "integer", (column) => column.notNull())
    .addColumn("outcome", "text")
    .execute();
  await schema.createIndex("audits_ended").on("audits").column("ended").execute();
  await schema
    .createTable("votes")
    .addColumn("audit_id", "text", (column) => column.notNull())
    .addColumn("member", "integer", (column) => column.notNull())
    .addColumn("panel", "integer", (column) => column.notNull())
    .addColumn("vote", "text", (column) => column.notNull())
    .addColumn("salt", "text", (column) => column.notNull())
    .addColumn("reason", "text")
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("votes_key", ["audit_id", "member", "panel"])
    .execute();
}

async function createChainTables({ schema }: Kysely<JournalDatabase>): Promise<void> {
  await schema
    .createTable("events")
    .addColumn("block_number", "bigint", (column) => column.notNull())
    .addColumn("log_index", "integer", (column) => column.notNull())
    .addColumn("block_hash", "text", (column) => column.notNull())
    .addColumn("transaction_hash", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("subject", "text", (column) => column.notNull())
    .addColumn("args", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("events_key", ["block_number", "log_index"])
    .execute();
  await schema.createIndex("events_subject").on("events").column("subject").execute();
  await schema.createIndex("events_name").on("events").column("name").execute();
  await schema
    .createTable("blocks")
    .addColumn("number", "bigint", (column) => column.primaryKey())
    .addColumn("hash", "text", (column) => column.notNull())
    .execute();
  await schema
    .createTable("meta")
    .addColumn("key", "text", (column) => column.primaryKey())
    .addColumn("value", "text", (column) => column.notNull())
    .execute();
}
