import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { AssayError } from "../errors.js";

/** A data folder that this process alone uses until it is closed or ends, however it ends. */
export interface DataFolder {
  readonly path: string;
  close(): void;
}

const LOCK_FILE = "lock.sqlite";
const OWNER_FILE = "owner.json";

/**
 * Makes the folder if needed and locks it against every other process.
 *
 * The lock is an open exclusive transaction on a small SQLite database: SQLite holds it as a lock of the operating system, which goes with the process,
 * so no lock is ever left over by a kill. The owner file beside it only says who holds it.
 *
 * @throws AssayError `DATA_LOCKED` if another process has it, `DATA_UNUSABLE` if the folder cannot be written
 *
 * @example
 * const folder = lockDataFolder("/var/lib/assay-worker");
 */
export function lockDataFolder(path: string): DataFolder {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    database = new DatabaseSync(join(path, LOCK_FILE), { timeout: 0 });
    database.exec("BEGIN EXCLUSIVE");
    writeFileSync(join(path, OWNER_FILE), `${JSON.stringify({ pid: process.pid, since: new Date().toISOString() })}\n`);
  } catch (cause) {
    database?.close();
    throw isBusy(cause) ? locked(path, cause) : unusable(path, cause);
  }
  const held = database;
  return {
    path,
    close: () => {
      if (held.isOpen) held.close();
    },
  };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && /database is locked|SQLITE_BUSY/i.test(error.message);
}

function locked(path: string, cause: unknown): AssayError {
  let owner = "another process";
  try {
    const { pid, since } = JSON.parse(readFileSync(join(path, OWNER_FILE), "utf8")) as { pid: number; since: string };
    owner = `process ${pid}, running since ${since},`;
  } catch {
    // The owner file is a courtesy; without it the message is only less exact.
  }
  return new AssayError({
    code: "DATA_LOCKED",
    message: `The data folder ${path} is in use: ${owner} holds it.`,
    hint: "Stop that program, or give this one a data folder and a key of its own.",
    cause,
  });
}

function unusable(path: string, cause: unknown): AssayError {
  return new AssayError({
    code: "DATA_UNUSABLE",
    message: `The data folder ${path} cannot be written.`,
    hint: "Name a folder that this user may write, in dataDir or ASSAY_DATA_DIR, and check that the disk is not full.",
    cause,
  });
}
