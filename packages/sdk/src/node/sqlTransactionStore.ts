import type { Kysely } from "kysely";

import type {
  QueueId,
  StoredError,
  TransactionAttempt,
  TransactionRecord,
  TransactionStore,
} from "./transactionStore.js";

/** The table of {@link sqlTransactionStore}. Amounts are decimal strings, because SQLite's integers end at 64 bits. */
export interface TransactionTable {
  chain_id: string;
  sender: string;
  key: string;
  label: string;
  destination: string;
  data: string;
  value: string;
  gas_limit: string;
  deadline: string | null;
  state: string;
  nonce: number | null;
  attempts: string;
  hash: string | null;
  error: string | null;
  created_at: number | string;
}

/** What a database that holds the queue contains, among other tables. */
export interface TransactionDatabase {
  transactions: TransactionTable;
}

/** Creates the table and its indices if they are not there. */
export async function createTransactionTable<DB extends TransactionDatabase>(database: Kysely<DB>): Promise<void> {
  await database.schema
    .createTable("transactions")
    .ifNotExists()
    .addColumn("chain_id", "text", (column) => column.notNull())
    .addColumn("sender", "text", (column) => column.notNull())
    .addColumn("key", "text", (column) => column.notNull())
    .addColumn("label", "text", (column) => column.notNull())
    .addColumn("destination", "text", (column) => column.notNull())
    .addColumn("data", "text", (column) => column.notNull())
    .addColumn("value", "text", (column) => column.notNull())
    .addColumn("gas_limit", "text", (column) => column.notNull())
    .addColumn("deadline", "text")
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("nonce", "integer")
    .addColumn("attempts", "text", (column) => column.notNull())
    .addColumn("hash", "text")
    .addColumn("error", "text")
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("transactions_key", ["chain_id", "sender", "key"])
    .execute();
  await database.schema
    .createIndex("transactions_state")
    .ifNotExists()
    .on("transactions")
    .columns(["chain_id", "sender", "state"])
    .execute();
  await database.schema
    .createIndex("transactions_nonce")
    .ifNotExists()
    .on("transactions")
    .columns(["chain_id", "sender", "nonce"])
    .execute();
}

/**
 * A store in a SQL database that the caller opened: node:sqlite or Postgres, the queries are the same.
 *
 * @example
 * const database = openSqlite<TransactionDatabase>("worker.db");
 * await createTransactionTable(database);
 * const store = sqlTransactionStore(database);
 */
export function sqlTransactionStore<DB extends TransactionDatabase>(database: Kysely<DB>): TransactionStore {
  // The caller's database has more tables; here only this one counts.
  const db = database as unknown as Kysely<TransactionDatabase>;
  const scope = ({ chainId, sender }: QueueId): { chain_id: string; sender: string } => ({
    chain_id: chainId.toString(),
    sender: sender.toLowerCase(),
  });
  const rowsOf = (queue: QueueId) => {
    const { chain_id, sender } = scope(queue);
    return db.selectFrom("transactions").where("chain_id", "=", chain_id).where("sender", "=", sender);
  };
  return {
    load: async (queue, key) => {
      const row = await rowsOf(queue).where("key", "=", key).selectAll().executeTakeFirst();
      return row === undefined ? undefined : recordOf(row);
    },
    save: async (queue, record) => {
      const row = { ...scope(queue), ...rowOf(record) };
      await db
        .insertInto("transactions")
        .values(row)
        .onConflict((conflict) => conflict.columns(["chain_id", "sender", "key"]).doUpdateSet(row))
        .execute();
    },
    unfinished: async (queue) => {
      const rows = await rowsOf(queue)
        .where("state", "in", ["queued", "sent"])
        .orderBy("created_at")
        .selectAll()
        .execute();
      return rows.map(recordOf);
    },
    highestUsedNonce: async (queue) => {
      const row = await rowsOf(queue)
        .where("state", "not in", ["queued", "sent"])
        .select((builder) => builder.fn.max("nonce").as("nonce"))
        .executeTakeFirst();
      return row?.nonce ?? undefined;
    },
  };
}

const toText = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? item.toString() : item));

type StoredAttempt = {
  [K in keyof TransactionAttempt]: TransactionAttempt[K] extends bigint ? string : TransactionAttempt[K];
};

function rowOf(record: TransactionRecord): Omit<TransactionTable, "chain_id" | "sender"> {
  return {
    key: record.key,
    label: record.label,
    destination: record.to,
    data: record.data,
    value: record.value.toString(),
    gas_limit: record.gasLimit.toString(),
    deadline: record.deadline?.toString() ?? null,
    state: record.state,
    nonce: record.nonce,
    attempts: toText(record.attempts),
    hash: record.hash,
    error: record.error === null ? null : toText(record.error),
    created_at: record.createdAt,
  };
}

function recordOf(row: TransactionTable): TransactionRecord {
  return {
    key: row.key,
    label: row.label,
    to: row.destination,
    data: row.data,
    value: BigInt(row.value),
    gasLimit: BigInt(row.gas_limit),
    deadline: row.deadline === null ? null : BigInt(row.deadline),
    state: row.state as TransactionRecord["state"],
    nonce: row.nonce,
    attempts: (JSON.parse(row.attempts) as StoredAttempt[]).map((attempt) => ({
      ...attempt,
      maxFeePerGas: BigInt(attempt.maxFeePerGas),
      maxPriorityFeePerGas: BigInt(attempt.maxPriorityFeePerGas),
    })),
    hash: row.hash,
    error: row.error === null ? null : (JSON.parse(row.error) as StoredError),
    // Postgres gives 64-bit integers as text.
    createdAt: Number(row.created_at),
  };
}
