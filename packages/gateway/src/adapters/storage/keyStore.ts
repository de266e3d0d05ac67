import { createHash, randomBytes } from "node:crypto";

import { AssayError } from "@assay/sdk";
import type { Kysely, Selectable } from "kysely";

import type { ApiKeyTable, GatewayDatabase } from "./schema.js";

/** What a key may do. */
export interface KeyLimits {
  /** Most that it may ever spend, in smallest units of the asset. */
  readonly cap: bigint | undefined;
  readonly requestsPerMinute: number | undefined;
  readonly maxConcurrent: number | undefined;
  /** Milliseconds. */
  readonly expiresAt: number | undefined;
}

export interface ApiKey extends KeyLimits {
  /** 1 and up; 0 stands for nobody in particular. */
  readonly id: number;
  readonly name: string;
  /** SHA-256, hex. */
  readonly hash: string;
  readonly prefix: string;
  /** Milliseconds. */
  readonly revokedAt: number | undefined;
  readonly createdAt: number;
}

const PREFIX = "sk-assay-";
const SECRET_BYTES = 32;
const SHOWN = PREFIX.length + 6;

/** SHA-256 of a key, hex. A key has 256 random bits, so nothing slower is needed. */
export function hashKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

/** The API keys of a gateway. */
export class KeyStore {
  constructor(private readonly database: Kysely<GatewayDatabase>) {}

  /** Makes a key. @returns it, to be shown once: only its hash is kept */
  async create(name: string, limits: KeyLimits): Promise<{ readonly key: string; readonly record: ApiKey }> {
    const key = PREFIX + randomBytes(SECRET_BYTES).toString("base64url");
    const record = await this.database.transaction().execute(async (transaction) => {
      const last = await transaction
        .selectFrom("api_keys")
        .select((builder) => builder.fn.max("id").as("id"))
        .executeTakeFirst();
      const row: ApiKeyTable = {
        id: (last?.id ?? 0) + 1,
        name,
        hash: hashKey(key),
        prefix: key.slice(0, SHOWN),
        cap: limits.cap?.toString() ?? null,
        requests_per_minute: limits.requestsPerMinute ?? null,
        max_concurrent: limits.maxConcurrent ?? null,
        expires_at: limits.expiresAt ?? null,
        revoked_at: null,
        created_at: Date.now(),
      };
      await transaction.insertInto("api_keys").values(row).execute();
      return toKey(row);
    });
    return { key, record };
  }

  async list(): Promise<ApiKey[]> {
    const rows = await this.database.selectFrom("api_keys").selectAll().orderBy("id").execute();
    return rows.map(toKey);
  }

  /**
   * Ends a key, by its number or its name.
   *
   * @throws AssayError `UNKNOWN_KEY`
   */
  async revoke(idOrName: string): Promise<ApiKey> {
    const id = /^\d{1,9}$/.test(idOrName) ? Number(idOrName) : -1;
    const found = (await this.list()).filter(
      (key) => key.revokedAt === undefined && (key.id === id || key.name === idOrName),
    );
    const [key] = found;
    if (key === undefined || found.length > 1) {
      throw new AssayError({
        code: "UNKNOWN_KEY",
        message: key === undefined ? `There is no key ${idOrName} to revoke.` : `Several keys are named ${idOrName}.`,
        hint: "Name it by its number: assay-gateway keys list.",
      });
    }
    const revokedAt = Date.now();
    await this.database.updateTable("api_keys").set({ revoked_at: revokedAt }).where("id", "=", key.id).execute();
    return { ...key, revokedAt };
  }
}

function toKey(row: Selectable<ApiKeyTable>): ApiKey {
  return {
    id: row.id,
    name: row.name,
    hash: row.hash,
    prefix: row.prefix,
    cap: row.cap === null ? undefined : BigInt(row.cap),
    requestsPerMinute: row.requests_per_minute ?? undefined,
    maxConcurrent: row.max_concurrent ?? undefined,
    expiresAt: row.expires_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
    createdAt: row.created_at,
  };
}
