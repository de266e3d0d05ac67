import { join } from "node:path";

import { AssayError } from "@assay/sdk";
import { createTransactionTable, openSqlite } from "@assay/sdk/node";
import type { Kysely } from "kysely";
import { type Migration, Migrator } from "kysely/migration";

import type { GatewayDatabase } from "./schema.js";

/** Whose data it is: one key on one deployment. */
export interface StorageOwner {
  readonly chainId: bigint;
  readonly escrow: string;
  readonly requester: string;
}

/**
 * Opens the gateway's database in its data folder. Several processes may have it open: the commands for API keys work while the
 * gateway runs. What a query wrote is durable when its promise resolves.
 *
 * @throws AssayError `DATABASE_UNUSABLE`
 *
 * @example
 * const database = await openStorage("assay-gateway-data", owner);
 * await database.destroy();
 */
export async function openStorage(dataDir: string, owner: StorageOwner): Promise<Kysely<GatewayDatabase>> {
  const database = openSqlite<GatewayDatabase>(join(dataDir, fileOf(owner)));
  try {
    await migrate(database);
    return database;
  } catch (cause) {
    await database.destroy();
    throw new AssayError({
      code: "DATABASE_UNUSABLE",
      message: `The database in ${dataDir} cannot be used.`,
      hint: "Check that the disk is not full and that the database was not written by a newer version.",
      cause,
    });
  }
}

function fileOf({ chainId, escrow, requester }: StorageOwner): string {
  return `gateway-${chainId}-${escrow.slice(2, 10)}-${requester.slice(2, 10)}.sqlite`.toLowerCase();
}

/** Brings the tables to the newest form. Migrations are only ever added; each runs once. */
async function migrate(database: Kysely<GatewayDatabase>): Promise<void> {
  const migrations: Record<string, Migration> = { "0001_first": { up: first } };
  const migrator = new Migrator({ db: database, provider: { getMigrations: () => Promise.resolve(migrations) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error instanceof Error ? error : new TypeError(JSON.stringify(error));
}

async function first(database: Kysely<GatewayDatabase>): Promise<void> {
  await createTransactionTable(database);
  const { schema } = database;
  await schema
    .createTable("sessions")
    .addColumn("job_id", "text", (column) => column.primaryKey())
    .addColumn("job", "text", (column) => column.notNull())
    .addColumn("stage", "text", (column) => column.notNull())
    .addColumn("offer_id", "text", (column) => column.notNull())
    .addColumn("endpoint", "text", (column) => column.notNull())
    .addColumn("policy_id", "text", (column) => column.notNull())
    .addColumn("unit", "text", (column) => column.notNull())
    .addColumn("signers", "text", (column) => column.notNull())
    .addColumn("quote", "text", (column) => column.notNull())
    .addColumn("escrowed", "text", (column) => column.notNull())
    .addColumn("accounted", "bigint", (column) => column.notNull())
    .addColumn("reason", "text")
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .execute();
  await schema
    .createTable("api_keys")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("hash", "text", (column) => column.notNull().unique())
    .addColumn("prefix", "text", (column) => column.notNull())
    .addColumn("cap", "text")
    .addColumn("requests_per_minute", "integer")
    .addColumn("max_concurrent", "integer")
    .addColumn("expires_at", "bigint")
    .addColumn("revoked_at", "bigint")
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .execute();
  await schema
    .createTable("usage")
    .addColumn("key_id", "integer", (column) => column.notNull())
    .addColumn("day", "text", (column) => column.notNull())
    .addColumn("model", "text", (column) => column.notNull())
    .addColumn("requests", "bigint", (column) => column.notNull())
    .addColumn("input_units", "bigint", (column) => column.notNull())
    .addColumn("output_units", "bigint", (column) => column.notNull())
    .addColumn("spent", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("usage_key", ["key_id", "day", "model"])
    .execute();
  await schema
    .createTable("spot_checks")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("model", "text", (column) => column.notNull())
    .addColumn("first_offer", "text", (column) => column.notNull())
    .addColumn("second_offer", "text", (column) => column.notNull())
    .addColumn("first_receipt", "text", (column) => column.notNull())
    .addColumn("second_receipt", "text", (column) => column.notNull())
    .addColumn("matched", "integer", (column) => column.notNull())
    .addColumn("evidence", "text")
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .execute();
}
