import type { Offer } from "../domain/catalogue.js";
import { HealthRecord } from "../domain/health.js";

/** How all offers do. */
export class HealthBook {
  readonly #records = new Map<string, HealthRecord>();

  of(offer: Pick<Offer, "id">): HealthRecord {
    let record = this.#records.get(offer.id);
    if (record === undefined) {
      record = new HealthRecord();
      this.#records.set(offer.id, record);
    }
    return record;
  }
}
