/** The chain's time: that of its newest block, and on from there. Everything with a deadline on the chain goes by it. */
export class ChainClock {
  #timestamp = 0;
  #seenAt = 0;

  /** Takes in the newest block. */
  update(timestamp: number): void {
    if (timestamp === this.#timestamp) return;
    this.#timestamp = timestamp;
    this.#seenAt = performance.now();
  }

  /** Unix seconds. */
  get now(): number {
    return this.#timestamp + Math.floor((performance.now() - this.#seenAt) / 1_000);
  }

  /** Time of the newest block, Unix seconds; 0 before one was seen. */
  get blockTime(): number {
    return this.#timestamp;
  }
}
