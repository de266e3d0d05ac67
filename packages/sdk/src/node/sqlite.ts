import { DatabaseSync } from "node:sqlite";

import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement } from "kysely";

import { AssayError } from "../errors.js";

/** Milliseconds that a statement waits for another process that writes. */
const BUSY_TIMEOUT = 5_000;

type Parameter = null | number | bigint | string | Uint8Array;

/** Says whether a statement gives rows; `StatementSync.columns` would, but is missing in older releases of Node.js 22. */
const READS = /^\s*(select|with|pragma|explain|values)\b|\breturning\b/i;

// node:sqlite takes neither booleans nor undefined.
const toParameter = (value: unknown): Parameter => {
  if (value === undefined) return null;
  if (typeof value === "boolean") return value ? 1 : 0;
  return value as Parameter;
};

/** node:sqlite behind the interface that Kysely's SQLite dialect was made for. */
function adapt(database: DatabaseSync): SqliteDatabase {
  return {
    close: () => {
      database.close();
    },
    prepare: (sql): SqliteStatement => {
      const statement = database.prepare(sql);
      return {
        reader: READS.test(sql),
        all: (parameters) => statement.all(...parameters.map(toParameter)),
        run: (parameters) => statement.run(...parameters.map(toParameter)),
        iterate: (parameters) => statement.iterate(...parameters.map(toParameter)) as IterableIterator<unknown>,
      };
    },
  };
}

/**
 * Opens or creates a SQLite database that survives SIGKILL and power loss: what a statement wrote is on the disk when its
 * promise resolves.
 *
 * @param file path, or `:memory:`
 * @throws AssayError `DATABASE_UNUSABLE`
 *
 * @example
 * const database = openSqlite<TransactionDatabase>("/var/lib/assay/worker.db");
 * await database.destroy();
 */
export function openSqlite<DB>(file: string): Kysely<DB> {
  try {
    const database = new DatabaseSync(file);
    database.exec(
      `PRAGMA busy_timeout = ${BUSY_TIMEOUT}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;`,
    );
    return new Kysely<DB>({ dialect: new SqliteDialect({ database: adapt(database) }) });
  } catch (cause) {
    throw new AssayError({
      code: "DATABASE_UNUSABLE",
      message: `The database ${file} cannot be opened.`,
      hint: "Check that its folder exists and can be written, and that the file is a SQLite database.",
      cause,
    });
  }
}
