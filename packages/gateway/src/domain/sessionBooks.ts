/** Why a request cannot be sent now: signed answers must come first, or the escrow must hold more. */
export type Shortage = "credit" | "budget";

/**
 * The money of one session, in smallest units of the settlement asset. The worker keeps the same books; these run ahead of its by what is on the way, so a
 * request that fits here fits there.
 */
export class SessionBooks {
  #recorded = 0n;
  #acknowledged = 0n;
  #inFlight = 0n;
  #escrowed: bigint;

  /**
   * @param creditLine most that may be owed without a signature
   * @param escrowed all that was ever put into the session
   */
  constructor(
    readonly creditLine: bigint,
    escrowed: bigint,
  ) {
    this.#escrowed = escrowed;
  }

  /** Fees of all recorded answers. */
  get recorded(): bigint {
    return this.#recorded;
  }

  /** Fees that the provider confirmed to have our signature over. */
  get acknowledged(): bigint {
    return this.#acknowledged;
  }

  /** Fees that are recorded and not known to be signed. */
  get unsigned(): bigint {
    return this.#recorded - this.#acknowledged;
  }

  get escrowed(): bigint {
    return this.#escrowed;
  }

  /** What no request has used or may use yet. */
  get left(): bigint {
    return this.#escrowed - this.#recorded - this.#inFlight;
  }

  /** What keeps a request of this worst case from being sent. */
  shortage(worst: bigint): Shortage | undefined {
    if (worst > this.left) return "budget";
    return this.unsigned + this.#inFlight + worst > this.creditLine ? "credit" : undefined;
  }

  /** True if a request of this worst case can never be sent in this session, however much is signed. */
  exceedsCreditLine(worst: bigint): boolean {
    return worst > this.creditLine;
  }

  send(worst: bigint): void {
    this.#inFlight += worst;
  }

  /** The request came to nothing. */
  release(worst: bigint): void {
    this.#inFlight -= worst;
  }

  /** The request was answered for this fee. */
  record(worst: bigint, fee: bigint): void {
    this.#inFlight -= worst;
    this.#recorded += fee;
  }

  /** Takes in what an earlier run recorded. */
  restore(fee: bigint): void {
    this.#recorded += fee;
  }

  /** @param total fees of all receipts below the nonce that the provider countersigned */
  acknowledge(total: bigint): void {
    if (total > this.#acknowledged) this.#acknowledged = total;
  }

  /** @param escrowed all that was ever put into the session, as the chain says it */
  fund(escrowed: bigint): void {
    this.#escrowed = escrowed;
  }
}
