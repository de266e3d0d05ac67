const WAD = 10n ** 18n;

/**
 * The free stake that backs what sessions serve and have not committed yet. One pool for all sessions, so that together they never promise more than there is.
 */
export class StakePool {
  #left = 0n;
  /** Collateral per unit of value, WAD, by session. */
  readonly #ratios = new Map<string, bigint>();

  /** What is left, in smallest units of the asset. */
  get left(): bigint {
    return this.#left;
  }

  /** @param collateral what a batch of `value` needs */
  setRatio(jobId: string, collateral: bigint, value: bigint): void {
    this.#ratios.set(jobId, value === 0n ? 0n : (collateral * WAD + value - 1n) / value);
  }

  forget(jobId: string): void {
    this.#ratios.delete(jobId);
  }

  /** Counts again, from the stake that the chain says is free. */
  reset(left: bigint): void {
    this.#left = left;
  }

  /** Collateral that a session's value needs. */
  need(jobId: string, value: bigint): bigint {
    const ratio = this.#ratios.get(jobId) ?? 0n;
    return (value * ratio + WAD - 1n) / WAD;
  }

  /** @returns false if there is too little left */
  take(jobId: string, value: bigint): boolean {
    const need = this.need(jobId, value);
    if (need > 0n && need > this.#left) return false;
    this.#left -= need;
    return true;
  }

  giveBack(jobId: string, value: bigint): void {
    this.#left += this.need(jobId, value);
  }
}
