import type { Kysely } from "kysely";

import type { GatewayDatabase } from "./schema.js";

/** A comparison of two providers' answers to one request. */
export interface SpotCheckRecord {
  readonly id: string;
  readonly model: string;
  readonly firstOffer: string;
  readonly secondOffer: string;
  /** Ids of the receipts. */
  readonly firstReceipt: string;
  readonly secondReceipt: string;
  readonly matched: boolean;
  /** Request and outputs as JSON; only of answers that differ and only if the configuration allows it. */
  readonly evidence: string | undefined;
}

/** The spot checks of a gateway. */
export class SpotCheckStore {
  constructor(private readonly database: Kysely<GatewayDatabase>) {}

  async insert(record: SpotCheckRecord): Promise<void> {
    await this.database
      .insertInto("spot_checks")
      .values({
        id: record.id,
        model: record.model,
        first_offer: record.firstOffer,
        second_offer: record.secondOffer,
        first_receipt: record.firstReceipt,
        second_receipt: record.secondReceipt,
        matched: record.matched ? 1 : 0,
        evidence: record.evidence ?? null,
        created_at: Date.now(),
      })
      .execute();
  }

  /** Checks whose answers differed, newest first. */
  async failed(limit: number): Promise<SpotCheckRecord[]> {
    const rows = await this.database
      .selectFrom("spot_checks")
      .selectAll()
      .where("matched", "=", 0)
      .orderBy("created_at", "desc")
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      id: row.id,
      model: row.model,
      firstOffer: row.first_offer,
      secondOffer: row.second_offer,
      firstReceipt: row.first_receipt,
      secondReceipt: row.second_receipt,
      matched: row.matched === 1,
      evidence: row.evidence ?? undefined,
    }));
  }
}
