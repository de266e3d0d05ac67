import { AssayError } from "@assay/sdk";

import { Catalogue, type ModelEntry, type Offer } from "../domain/catalogue.js";
import type { SessionClient } from "./session/sessionClient.js";

/** Where answers come from: who sells which model, and the sessions with them. */
export interface Supply {
  readonly catalogue: Catalogue;
  /** A session that takes requests now. */
  ready(offer: Offer): SessionClient | undefined;
  /** True if the session with it has no connection now. */
  isLost(offer: Offer): boolean;
  /**
   * A session that will take requests soon; opens one if there is none.
   *
   * @throws AssayError why there is none
   */
  acquire(offer: Offer): Promise<SessionClient>;
  /** Most that a session with this provider lets be owed: bounds the worst case of a request. */
  creditLineOf(offer: Offer): bigint;
  /** Sessions as they stand, for metrics and `/v1/providers`. */
  sessions(): readonly { readonly offer: Offer; readonly session: SessionClient }[];
}

/**
 * Sessions that somebody else opened. For programs that hold sessions already, such as benchmarks.
 *
 * @example
 * const supply = new StaticSupply(model, [[offer, session]]);
 */
export class StaticSupply implements Supply {
  readonly catalogue: Catalogue;
  readonly #sessions: ReadonlyMap<string, { readonly offer: Offer; readonly session: SessionClient }>;

  constructor(models: readonly ModelEntry[], sessions: readonly (readonly [Offer, SessionClient])[]) {
    this.catalogue = new Catalogue(models);
    this.#sessions = new Map(sessions.map(([offer, session]) => [offer.id, { offer, session }]));
  }

  ready(offer: Offer): SessionClient | undefined {
    const session = this.#sessions.get(offer.id)?.session;
    return session?.status === "ready" ? session : undefined;
  }

  isLost(offer: Offer): boolean {
    return this.#sessions.get(offer.id)?.session.status === "connecting";
  }

  acquire(offer: Offer): Promise<SessionClient> {
    const session = this.#sessions.get(offer.id)?.session;
    if (session !== undefined && (session.status === "ready" || session.status === "connecting")) {
      return Promise.resolve(session);
    }
    return Promise.reject(
      new AssayError({
        code: "SESSION_GONE",
        message: `There is no session with ${offer.provider} any more.`,
        retryable: true,
      }),
    );
  }

  creditLineOf(offer: Offer): bigint {
    return this.#sessions.get(offer.id)?.session.books.creditLine ?? 0n;
  }

  sessions(): readonly { readonly offer: Offer; readonly session: SessionClient }[] {
    return [...this.#sessions.values()];
  }
}
