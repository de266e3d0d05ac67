import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import pg from "pg";

import { type Journal, type JournalOwner, openJournal } from "../../src/adapters/journal/openJournal.js";

const DATABASE_URL = process.env["DATABASE_URL"];

/** Where a journal test runs. A folder, and with it a journal, belongs to one test. */
export interface JournalPlace {
  readonly name: string;
  readonly databaseUrl: string | undefined;
  /** Why it cannot be used here. */
  readonly missing: string | undefined;
}

export const PLACES: readonly JournalPlace[] = [
  { name: "node:sqlite", databaseUrl: undefined, missing: undefined },
  {
    name: "Postgres",
    databaseUrl: DATABASE_URL,
    missing: DATABASE_URL === undefined ? "DATABASE_URL names no Postgres database" : undefined,
  },
];

let serial = 0;

/** An operator key that no other test, of this run or another, works with. */
export function freshOwner(): JournalOwner {
  serial += 1;
  const operator = `0x${process.pid.toString(16).padStart(8, "0")}${Date.now().toString(16).padStart(12, "0")}`;
  return {
    chainId: 31337n,
    escrow: `0x${serial.toString(16).padStart(8, "0")}${"0".repeat(32)}`,
    operator: operator.padEnd(42, "0"),
  };
}

export class JournalFixture {
  readonly dataDir = mkdtempSync(join(tmpdir(), "assay-journal-"));
  readonly owner = freshOwner();
  readonly #open: Journal[] = [];

  constructor(readonly place: JournalPlace) {}

  async open(dataDir = this.dataDir): Promise<Journal> {
    const { databaseUrl } = this.place;
    const journal = await openJournal({ dataDir, databaseUrl, owner: this.owner });
    this.#open.push(journal);
    return journal;
  }

  /** Closes what is open; the data stay. */
  async close(): Promise<void> {
    for (const journal of this.#open.splice(0)) await journal.close();
  }

  /** Postgres: where the journal's tables are. */
  get schema(): string {
    const { chainId, escrow, operator } = this.owner;
    return `assay_${chainId}_${escrow.slice(2, 10)}_${operator.slice(2, 22)}`.toLowerCase();
  }

  async dispose(): Promise<void> {
    await this.close();
    rmSync(this.dataDir, { recursive: true, force: true });
    if (this.place.databaseUrl === undefined) return;
    const client = new pg.Client({ connectionString: this.place.databaseUrl });
    await client.connect();
    await client.query(`drop schema if exists "${this.schema}" cascade`);
    await client.end();
  }
}
