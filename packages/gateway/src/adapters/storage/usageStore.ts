import type { Kysely } from "kysely";

import type { GatewayDatabase } from "./schema.js";

/** Sums of a key, a day and a model. */
export interface UsageSum {
  readonly keyId: number;
  /** UTC, `2026-11-24`. */
  readonly day: string;
  readonly model: string;
  readonly requests: number;
  readonly inputUnits: number;
  readonly outputUnits: number;
  readonly spent: bigint;
}

/** What keys used. */
export class UsageStore {
  constructor(private readonly database: Kysely<GatewayDatabase>) {}

  async all(): Promise<UsageSum[]> {
    const rows = await this.database.selectFrom("usage").selectAll().orderBy("day").orderBy("model").execute();
    return rows.map((row) => ({
      keyId: row.key_id,
      day: row.day,
      model: row.model,
      requests: row.requests,
      inputUnits: row.input_units,
      outputUnits: row.output_units,
      spent: BigInt(row.spent),
    }));
  }

  /**
   * Sets sums and notes up to which receipt of each session they go, all or nothing: after a crash the receipts beyond are added, and no
   * receipt twice.
   */
  async save(sums: readonly UsageSum[], accounted: ReadonlyMap<string, number>): Promise<void> {
    await this.database.transaction().execute(async (transaction) => {
      for (const sum of sums) {
        const values = {
          requests: sum.requests,
          input_units: sum.inputUnits,
          output_units: sum.outputUnits,
          spent: sum.spent.toString(),
        };
        await transaction
          .insertInto("usage")
          .values({ key_id: sum.keyId, day: sum.day, model: sum.model, ...values })
          .onConflict((conflict) => conflict.columns(["key_id", "day", "model"]).doUpdateSet(values))
          .execute();
      }
      for (const [jobId, nonce] of accounted) {
        await transaction.updateTable("sessions").set({ accounted: nonce }).where("job_id", "=", jobId).execute();
      }
    });
  }
}
