/**
 * What a token's holders are owed, in fractions and one epoch after the other: no index that is rounded, no steps over
 * several epochs, no packed slots. The contracts are compared with it.
 */

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

/** An exact fraction. Not in lowest terms: denominators of a run mostly divide each other, so sums stay small without. */
export class Fraction {
  static readonly zero = new Fraction(0n, 1n);

  /** @param denominator above 0 */
  constructor(
    readonly numerator: bigint,
    readonly denominator = 1n,
  ) {}

  plus(other: Fraction): Fraction {
    if (this.denominator === other.denominator) {
      return new Fraction(this.numerator + other.numerator, this.denominator);
    }
    const own = other.denominator / gcd(this.denominator, other.denominator);
    const denominator = this.denominator * own;
    return new Fraction(this.numerator * own + other.numerator * (denominator / other.denominator), denominator);
  }

  minus(other: Fraction): Fraction {
    return this.plus(new Fraction(-other.numerator, other.denominator));
  }

  /** @param factor not below 0 @param divisor above 0 */
  times(factor: bigint, divisor = 1n): Fraction {
    const common = gcd(factor, divisor);
    return new Fraction(this.numerator * (factor / common), this.denominator * (divisor / common));
  }

  floor(): bigint {
    const quotient = this.numerator / this.denominator;
    return this.numerator < 0n && quotient * this.denominator !== this.numerator ? quotient - 1n : quotient;
  }

  isAbove(other: Fraction): boolean {
    return this.minus(other).numerator > 0n;
  }

  /** Rounded down to a millionth. */
  toString(): string {
    const millionths = this.times(1_000_000n).floor();
    return `${(millionths / 1_000_000n).toString()}.${(millionths % 1_000_000n).toString().padStart(6, "0")}`;
  }

  isZero(): boolean {
    return this.numerator === 0n;
  }
}

interface Holder {
  balance: bigint;
  earns: boolean;
  /** A up to which `accrued` counts. */
  index: Fraction;
  accrued: Fraction;
}

const BPS = 10_000n;

/** Tokens that must earn for revenue to stream. */
export const MIN_ELIGIBLE = 1n << 57n;

export interface ExactTerms {
  readonly epochLength: bigint;
  readonly redeemBps: bigint;
  /** Seconds since 1970. */
  readonly launchedAt: bigint;
  /**
   * Whether an epoch releases whole units, as the asset cannot be divided: what is complete of its amount, and of that the
   * redemption pool's part, rounded down, the rest to the holders. Otherwise both flow without a break.
   */
  readonly wholeUnits: boolean;
}

export class ExactRevenue {
  #time: bigint;
  #pending = Fraction.zero;
  #current = Fraction.zero;
  #pool = Fraction.zero;
  #index = Fraction.zero;
  #boundaryIndex = Fraction.zero;
  readonly #holders = new Map<string, Holder>();
  readonly #snapshots: Fraction[] = [];

  /** @param offering whose tokens are sold and not settled yet: what they earned since launch is their buyers' */
  constructor(
    private readonly terms: ExactTerms,
    private readonly offering: string,
  ) {
    this.#time = terms.launchedAt;
  }

  /** Adds a holder. Before any revenue. */
  add(account: string, balance: bigint, earns: boolean): void {
    this.#holders.set(account, { balance, earns, index: Fraction.zero, accrued: Fraction.zero });
  }

  /** Lets time pass, up to `time`. */
  advance(time: bigint): void {
    const { epochLength } = this.terms;
    while (this.#time < time) {
      const begin = this.#time - (this.#time % epochLength);
      const end = begin + epochLength;
      const stop = end < time ? end : time;
      this.#release(this.#time - begin, stop - begin);
      this.#time = stop;
      if (stop !== end) continue;
      [this.#current, this.#pending] = [this.#pending, Fraction.zero];
      this.#boundaryIndex = this.#index;
    }
  }

  deposit(amount: bigint): void {
    this.#pending = this.#pending.plus(new Fraction(amount));
  }

  transfer(from: string, to: string, amount: bigint): void {
    if (amount === 0n) return;
    this.#settle(from);
    this.#settle(to);
    this.#holder(from).balance -= amount;
    this.#holder(to).balance += amount;
  }

  /** Gives a buyer tokens of the offering and what they earned since launch. */
  settle(buyer: string, amount: bigint): void {
    const holder = this.#holder(buyer);
    const earned = this.#index.times(amount);
    const offering = this.#holder(this.offering);
    // One that has earned nothing yet takes the tokens as if it had held them since launch.
    if (!holder.earns || !holder.index.isZero()) {
      this.#settle(buyer);
      holder.accrued = holder.accrued.plus(earned);
    }
    holder.balance += amount;
    offering.balance -= amount;
  }

  setAccruing(account: string, accruing: boolean): void {
    this.#settle(account);
    const holder = this.#holder(account);
    if (!holder.earns && accruing) holder.index = this.#index;
    holder.earns = accruing;
  }

  /** @returns number of the snapshot, from 1 */
  snapshot(): number {
    return this.#snapshots.push(this.#boundaryIndex);
  }

  /** What `account` is owed, up to a snapshot or to now. */
  claimable(account: string, snapshot?: number): Fraction {
    const holder = this.#holder(account);
    const index = snapshot === undefined ? this.#index : (this.#snapshots[snapshot - 1] ?? Fraction.zero);
    if (!holder.earns || !index.isAbove(holder.index)) return holder.accrued;
    return holder.accrued.plus(index.minus(holder.index).times(holder.balance));
  }

  /** `account` was paid `amount` of what it is owed up to a snapshot, or to now. */
  claimed(account: string, amount: bigint, snapshot?: number): void {
    const holder = this.#holder(account);
    const owed = this.claimable(account, snapshot);
    const index = snapshot === undefined ? this.#index : (this.#snapshots[snapshot - 1] ?? Fraction.zero);
    if (holder.earns && index.isAbove(holder.index)) holder.index = index;
    holder.accrued = owed.minus(new Fraction(amount));
  }

  /** What burning `amount` pays. */
  redeemable(amount: bigint): Fraction {
    const { supply } = this;
    return supply === 0n ? Fraction.zero : this.#pool.times(amount, supply);
  }

  /** `account` burned `amount` and was paid `paid`. */
  redeemed(account: string, amount: bigint, paid: bigint): void {
    this.#settle(account);
    this.#holder(account).balance -= amount;
    this.#pool = this.#pool.minus(new Fraction(paid));
  }

  balanceOf(account: string): bigint {
    return this.#holder(account).balance;
  }

  earns(account: string): boolean {
    return this.#holder(account).earns;
  }

  get accounts(): string[] {
    return [...this.#holders.keys()];
  }

  get supply(): bigint {
    return [...this.#holders.values()].reduce((sum, { balance }) => sum + balance, 0n);
  }

  get eligible(): bigint {
    return [...this.#holders.values()].reduce((sum, { balance, earns }) => sum + (earns ? balance : 0n), 0n);
  }

  get pool(): Fraction {
    return this.#pool;
  }

  get pending(): Fraction {
    return this.#pending;
  }

  /** What is left of the amount that streams now. */
  get unstreamed(): Fraction {
    return this.#current.minus(this.#released(this.#time % this.terms.epochLength));
  }

  /** A, revenue of one token unit since launch. */
  get index(): Fraction {
    return this.#index;
  }

  #holder(account: string): Holder {
    const holder = this.#holders.get(account);
    if (holder === undefined) throw new RangeError(`no holder ${account}`);
    return holder;
  }

  #settle(account: string): void {
    const holder = this.#holder(account);
    if (!holder.earns) return;
    holder.accrued = this.claimable(account);
    holder.index = this.#index;
  }

  #release(from: bigint, to: bigint): void {
    const released = this.#released(to).minus(this.#released(from));
    const { eligible } = this;
    if (eligible < MIN_ELIGIBLE) {
      this.#pending = this.#pending.plus(released);
      return;
    }
    const pool = this.#poolShare(to).minus(this.#poolShare(from));
    this.#pool = this.#pool.plus(pool);
    this.#index = this.#index.plus(released.minus(pool).times(1n, eligible));
  }

  #released(elapsed: bigint): Fraction {
    const released = this.#current.times(elapsed, this.terms.epochLength);
    return this.terms.wholeUnits ? new Fraction(released.floor()) : released;
  }

  #poolShare(elapsed: bigint): Fraction {
    const share = this.#released(elapsed).times(this.terms.redeemBps, BPS);
    return this.terms.wholeUnits ? new Fraction(share.floor()) : share;
  }
}
