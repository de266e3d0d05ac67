import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { type Generated, sql } from "kysely";

import { openSqlite } from "../../src/node/sqlite.js";

interface Database {
  items: { id: Generated<number>; name: string; data: Uint8Array | null; flag: number | boolean | null };
}

describe("openSqlite", () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "assay-sdk-"));
  });

  after(async () => {
    await rm(folder, { recursive: true });
  });

  it("writes to the disk before it says so", async () => {
    const database = openSqlite(join(folder, "settings.db"));
    const journal = await sql<{ journal_mode: string }>`PRAGMA journal_mode`.execute(database);
    const synchronous = await sql<{ synchronous: number }>`PRAGMA synchronous`.execute(database);
    expect(journal.rows[0]?.journal_mode).to.equal("wal");
    expect(synchronous.rows[0]?.synchronous).to.equal(2);
    await database.destroy();
  });

  it("runs the queries of an application, and keeps what they wrote", async () => {
    const file = join(folder, "items.db");
    const database = openSqlite<Database>(file);
    await database.schema
      .createTable("items")
      .addColumn("id", "integer", (column) => column.primaryKey())
      .addColumn("name", "text", (column) => column.notNull().unique())
      .addColumn("data", "blob")
      .addColumn("flag", "integer")
      .execute();
    const data = Uint8Array.of(1, 2, 3);
    const row = { name: "a", data, flag: true };
    const inserted = await database.insertInto("items").values(row).returning("id").executeTakeFirstOrThrow();
    const changed = await database
      .updateTable("items")
      .set({ flag: null })
      .where("id", "=", inserted.id)
      .executeTakeFirst();
    expect(changed.numUpdatedRows).to.equal(1n);
    const failed = database.transaction().execute(async (transaction) => {
      await transaction.insertInto("items").values({ name: "b", data: null, flag: null }).execute();
      await transaction.insertInto("items").values({ name: "a", data: null, flag: null }).execute();
    });
    expect(await failed.catch((error: unknown) => String(error))).to.include("UNIQUE constraint failed");
    await database.destroy();

    const again = openSqlite<Database>(file);
    expect(await again.selectFrom("items").selectAll().execute()).to.deep.equal([
      { id: 1, name: "a", data, flag: null },
    ]);
    await again.destroy();
  });

  it("says what is wrong with the file", async () => {
    const file = join(folder, "text.db");
    await writeFile(file, "this is no database, only some text that is long enough to be read as a header");
    for (const path of [file, join(folder, "none", "x.db")]) {
      expect(() => openSqlite(path)).to.throw(`The database ${path} cannot be opened.`);
    }
  });
});
