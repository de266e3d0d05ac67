import { AssayError } from "@assay/sdk";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";

import { migrate } from "./migrate.js";
import type { Journal, JournalOwner } from "./openJournal.js";
import type { JournalDatabase } from "./schema.js";

const POOL_SIZE = 4;
const CONNECT_TIMEOUT_MS = 10_000;
/** Times and block numbers are read as numbers, as SQLite gives them: all are below 2⁵³. */
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, Number);

/**
 * Opens the journal's schema in Postgres and takes the lease on it.
 *
 * The lease is a session-level advisory lock on a connection of its own: the server gives it up when the connection ends, so a killed process leaves nothing
 * behind. When the connection is lost `lost` aborts, because another process can have the lease from then on.
 */
export async function openPostgres(url: string, owner: JournalOwner): Promise<Journal> {
  const schema = schemaOf(owner);
  const lost = new AbortController();
  const lease = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, keepAlive: true });
  let closing = false;
  const onLost = (cause?: unknown): void => {
    if (closing || lost.signal.aborted) return;
    lost.abort(
      new AssayError({
        code: "LEASE_LOST",
        message: "The connection that holds the lease on the operator key was lost.",
        hint: "Start the worker again when the database is reachable; it goes on where it was.",
        retryable: true,
        cause,
      }),
    );
  };
  lease.on("error", onLost);
  lease.on("end", () => {
    onLost();
  });
  await takeLease(lease, schema, owner).catch(async (error: unknown) => {
    closing = true;
    await lease.end().catch(() => undefined);
    throw AssayError.is(error) ? error : unusable(error);
  });
  const pool = new pg.Pool({
    connectionString: url,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    options: `-c search_path=${schema} -c synchronous_commit=on`,
    types,
  });
  // A connection that breaks while it is idle is replaced by the next query.
  pool.on("error", () => undefined);
  const database = new Kysely<JournalDatabase>({ dialect: new PostgresDialect({ pool }) });
  const close = async (): Promise<void> => {
    closing = true;
    await database.destroy();
    await lease.end().catch(() => undefined);
  };
  try {
    await sql`create schema if not exists ${sql.id(schema)}`.execute(database);
    await migrate(database, schema);
  } catch (cause) {
    await close();
    throw unusable(cause);
  }
  return { database, lost: lost.signal, close };
}

async function takeLease(lease: pg.Client, schema: string, owner: JournalOwner): Promise<void> {
  await lease.connect();
  const { rows } = await lease.query<{ taken: boolean }>(
    "select pg_try_advisory_lock(hashtextextended($1, 0)) as taken",
    [schema],
  );
  if (rows[0]?.taken === true) return;
  throw new AssayError({
    code: "DATA_LOCKED",
    message: `Another process works with the operator key ${owner.operator} on this database.`,
    hint: "Stop that worker, or give this one an operator key of its own.",
  });
}

/** At most 56 characters; Postgres cuts names at 63. */
function schemaOf({ chainId, escrow, operator }: JournalOwner): string {
  return `assay_${chainId}_${escrow.slice(2, 10)}_${operator.slice(2, 22)}`.toLowerCase();
}

function unusable(cause: unknown): AssayError {
  return new AssayError({
    code: "DATABASE_UNUSABLE",
    message: "The Postgres database cannot be used.",
    hint: "Check DATABASE_URL, that the server runs, and that the user may create schemas.",
    cause,
  });
}
