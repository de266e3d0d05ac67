import type { OfferHealth } from "./routing.js";

/** Weight of the newest observation. */
const WEIGHT = 0.1;
/** Failures in a row that open the breaker. */
const FAILURES_TO_OPEN = 3;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 300_000;

/**
 * How an offer does, and its circuit breaker: after some failures in a row it is left alone for a while, then one request tries it
 * again, and the pause doubles as long as that fails.
 */
export class HealthRecord {
  #latencyMs: number | undefined;
  #throughput: number | undefined;
  #errorRate = 0;
  #failuresInRow = 0;
  #pauseMs = FIRST_PAUSE_MS;
  #closedUntil = 0;
  #trying = false;
  #dropped: string | undefined;
  #requests = 0;
  #penalty = 0;

  /** Why it is out of routing for good, if it is. */
  get dropped(): string | undefined {
    return this.#dropped;
  }

  get requests(): number {
    return this.#requests;
  }

  /** `closed` works, `open` is left alone, `half-open` lets one request through. */
  breaker(now: number): "closed" | "open" | "half-open" {
    if (this.#failuresInRow < FAILURES_TO_OPEN) return "closed";
    return now < this.#closedUntil || this.#trying ? "open" : "half-open";
  }

  view(now: number, ready: boolean, lost = false): OfferHealth {
    return {
      latencyMs: this.#latencyMs,
      throughput: this.#throughput,
      errorRate: Math.min(1, this.#errorRate + this.#penalty),
      ready,
      lost,
      usable: this.#dropped === undefined && this.breaker(now) !== "open",
    };
  }

  /** A request goes there. In the half-open state no other one does until this one ends. */
  started(now: number): void {
    this.#requests += 1;
    if (this.breaker(now) === "half-open") this.#trying = true;
  }

  firstPiece(milliseconds: number): void {
    this.#latencyMs = average(this.#latencyMs, milliseconds);
  }

  succeeded(outputUnits: number, milliseconds: number): void {
    this.#trying = false;
    this.#failuresInRow = 0;
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#errorRate *= 1 - WEIGHT;
    if (outputUnits > 0)
      this.#throughput = average(this.#throughput, (1_000 * outputUnits) / Math.max(1, milliseconds));
  }

  failed(now: number): void {
    this.#failuresInRow += 1;
    this.#errorRate = this.#errorRate * (1 - WEIGHT) + WEIGHT;
    if (this.#failuresInRow < FAILURES_TO_OPEN) return;
    // Requests that were in work when it opened are no further news.
    if (!this.#trying && this.#failuresInRow > FAILURES_TO_OPEN) return;
    if (this.#trying) this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
    this.#trying = false;
    this.#closedUntil = now + this.#pauseMs;
  }

  /** Its connection was cut under a request: whether it comes back, its session knows. */
  disturbed(): void {
    this.#trying = false;
    this.#errorRate = this.#errorRate * (1 - WEIGHT) + WEIGHT;
  }

  /** It neither succeeded nor failed: the client went away. */
  ended(): void {
    this.#trying = false;
  }

  /** A spot check did not hold. */
  punish(): void {
    this.#penalty = Math.min(1, this.#penalty + 0.25);
  }

  /** It sent what no honest provider sends: nothing is asked of it any more. */
  drop(reason: string): void {
    this.#dropped = reason;
  }
}

function average(before: number | undefined, value: number): number {
  return before === undefined ? value : before * (1 - WEIGHT) + value * WEIGHT;
}
