/** A sequence of numbers that a seed fixes (splitmix64). */
export class Dice {
  #state: bigint;

  constructor(seed: bigint) {
    this.#state = seed;
  }

  /** From 0 to `limit`, without it. */
  below(limit: bigint | number): bigint {
    return ((this.#next() << 64n) | this.#next()) % BigInt(limit);
  }

  chance(percent: number): boolean {
    return this.below(100) < BigInt(percent);
  }

  of<T>(values: readonly T[]): T {
    return values[Number(this.below(values.length))]!;
  }

  /** From 1 to `most`; every other time short numbers are as likely as long ones. */
  size(most: bigint): bigint {
    const length = this.chance(50) ? most.toString(2).length : 1;
    return 1n + (this.below(most) >> this.below(length));
  }

  #next(): bigint {
    this.#state = BigInt.asUintN(64, this.#state + 0x9e3779b97f4a7c15n);
    let mixed = this.#state;
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n);
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
    return mixed ^ (mixed >> 31n);
  }
}
