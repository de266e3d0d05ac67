import { join } from "node:path";

import { AssayError } from "@assay/sdk";
import { lockDataFolder, openSqlite } from "@assay/sdk/node";
import type { Kysely } from "kysely";

import { migrate } from "./migrate.js";
import { openPostgres } from "./postgres.js";
import type { JournalDatabase } from "./schema.js";

/** Whose journal it is: one key on one deployment. */
export interface JournalOwner {
  readonly chainId: bigint;
  readonly escrow: string;
  readonly operator: string;
}

/** The worker's memory. What a query wrote is durable when its promise resolves. */
export interface Journal {
  readonly database: Kysely<JournalDatabase>;
  /** Aborts when another process may have taken over: nothing may be sent from then on. */
  readonly lost: AbortSignal;
  close(): Promise<void>;
}

/**
 * Opens the journal of an operator key, for this process alone: in the data folder, or in Postgres where `databaseUrl` names one.
 *
 * The data folder is locked in both cases. In Postgres each key on each deployment has a schema of its own and a lease, so many workers can share a
 * database while two processes never work with one key.
 *
 * @throws AssayError `DATA_LOCKED`, `DATA_UNUSABLE`, `DATABASE_UNUSABLE`
 *
 * @example
 * const journal = await openJournal({ dataDir: "data", owner });
 * await journal.close();
 */
export async function openJournal({
  dataDir,
  databaseUrl,
  owner,
}: {
  readonly dataDir: string;
  readonly databaseUrl?: string | undefined;
  readonly owner: JournalOwner;
}): Promise<Journal> {
  const folder = lockDataFolder(dataDir);
  try {
    if (databaseUrl !== undefined) {
      const postgres = await openPostgres(databaseUrl, owner);
      return {
        ...postgres,
        close: async () => {
          await postgres.close();
          folder.close();
        },
      };
    }
    const database = openSqlite<JournalDatabase>(join(dataDir, sqliteFile(owner)));
    await migrateSqlite(database, dataDir);
    return {
      database,
      lost: new AbortController().signal,
      close: async () => {
        await database.destroy();
        folder.close();
      },
    };
  } catch (error) {
    folder.close();
    throw error;
  }
}

function sqliteFile({ chainId, escrow, operator }: JournalOwner): string {
  return `journal-${chainId}-${escrow.slice(2, 10)}-${operator.slice(2, 10)}.sqlite`.toLowerCase();
}

async function migrateSqlite(database: Kysely<JournalDatabase>, dataDir: string): Promise<void> {
  try {
    await migrate(database);
  } catch (cause) {
    await database.destroy();
    throw new AssayError({
      code: "DATABASE_UNUSABLE",
      message: `The journal in ${dataDir} cannot be used.`,
      hint: "Check that the disk is not full and that the journal was not written by a newer version.",
      cause,
    });
  }
}
