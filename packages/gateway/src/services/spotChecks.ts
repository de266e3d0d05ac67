import { randomUUID } from "node:crypto";

import { toAssayError } from "@assay/sdk";
import type { Logger } from "pino";

import type { Metrics } from "../adapters/metrics.js";
import type { SpotCheckStore } from "../adapters/storage/spotCheckStore.js";
import type { Offer } from "../domain/catalogue.js";
import { receiptId } from "../domain/receiptId.js";
import type { Served } from "./answering.js";
import type { HealthBook } from "./healthBook.js";
import type { Answered } from "./session/ask.js";
import type { Supply } from "./supply.js";

export interface SpotCheckOptions {
  /** Part of the answers that are checked. */
  readonly rate: number;
  /** Keep request and outputs of answers that differ. */
  readonly keepEvidence: boolean;
  readonly supply: Supply;
  readonly health: HealthBook;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly store: Pick<SpotCheckStore, "insert">;
  /** 0 to 1; for tests. */
  readonly random?: () => number;
}

/** At most so many at once: a check must never crowd out an answer. */
const MOST_RUNNING = 4;

/**
 * Asks another provider the same now and then, and compares. In exact mode two honest providers give the same bytes and count the same
 * units; where they differ one of them is wrong, and until it is known which, both count as worse.
 */
export class SpotChecks {
  #running = 0;

  constructor(private readonly options: SpotCheckOptions) {}

  /** Perhaps checks an answer, in the background. */
  consider(served: Served): void {
    const { rate, random = Math.random } = this.options;
    if (rate === 0 || this.#running >= MOST_RUNNING || random() >= rate) return;
    // A cut answer is compared by its own request only.
    if (served.answered.finish === "cancelled") return;
    const other = this.#other(served);
    if (other === undefined) return;
    this.#running += 1;
    this.#check(served, other)
      .catch((thrown: unknown) => {
        const { code, message } = toAssayError(thrown);
        this.options.logger.info({ code, provider: other.provider }, `a spot check came to nothing: ${message}`);
      })
      .finally(() => {
        this.#running -= 1;
      });
  }

  #other({ model, offer }: Served): Offer | undefined {
    const { health, supply } = this.options;
    const now = Date.now();
    return model.offers.find(
      (candidate) =>
        candidate.provider !== offer.provider &&
        health.of(candidate).view(now, supply.ready(candidate) !== undefined).usable,
    );
  }

  async #check(served: Served, other: Offer): Promise<void> {
    const { keepEvidence, health, logger, metrics, store } = this.options;
    const second = await this.#ask(served, other);
    const first = served.answered;
    const matched =
      Buffer.compare(first.outputHash, second.outputHash) === 0 &&
      first.inputUnits === second.inputUnits &&
      first.outputUnits === second.outputUnits;
    metrics.counter("spot_checks_total", "Spot checks by result", { result: matched ? "equal" : "different" }).value +=
      1;
    const [firstReceipt, secondReceipt] = [receiptId(first.jobId, first.nonce), receiptId(second.jobId, second.nonce)];
    await store.insert({
      id: randomUUID(),
      model: served.model.names[0] ?? "",
      firstOffer: served.offer.id,
      secondOffer: other.id,
      firstReceipt,
      secondReceipt,
      matched,
      evidence: matched || !keepEvidence ? undefined : evidenceOf(served, second),
    });
    if (matched) return;
    health.of(served.offer).punish();
    health.of(other).punish();
    logger.error(
      { first: served.offer.provider, second: other.provider, firstReceipt, secondReceipt },
      "two providers answered the same request differently",
    );
  }

  async #ask({ prepared }: Served, offer: Offer): Promise<Answered> {
    const session = await this.options.supply.acquire(offer);
    return await new Promise<Answered>((resolve, reject) => {
      session.ask({
        prepared,
        stream: false,
        keyId: 0,
        onPiece: () => undefined,
        onAnswered: resolve,
        onFailed: reject,
      });
    });
  }
}

function evidenceOf({ prepared, answered }: Served, second: Answered): string {
  return JSON.stringify({
    request: prepared.json,
    outputs: [answered, second].map(({ answer }) => Buffer.from(answer.bytes()).toString("base64")),
  });
}
