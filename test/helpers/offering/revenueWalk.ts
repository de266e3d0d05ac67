/** The same random operations on a sold token and on its exact twin, and what must hold between the two. */
import { expect } from "chai";
import type { Log } from "ethers";

import type { Dice } from "../dice.js";
import { ExactRevenue, Fraction, MIN_ELIGIBLE } from "./exactRevenue.js";
import { ask, ASSET, eventOf, OFFERING, send, type SoldToken, TOKEN, VESTING } from "./soldToken.js";

/** What was paid, by the call that did it. */
export type Paid = "claim" | "claimTo" | "claimFor" | "claimMany" | "snapshot" | "redemption" | "settlement" | "refund";

/** `amount` is not above `exact`, and below it by less than `bound`. */
function expectWithin(amount: bigint, exact: Fraction, bound: bigint, what: string): void {
  const missing = exact.minus(new Fraction(amount));
  const fits = missing.numerator >= 0n && new Fraction(bound).isAbove(missing);
  expect(fits, `${what}: ${amount.toString()} of ${exact.toString()}, bound ${bound.toString()}`).to.equal(true);
}

export class RevenueWalk {
  readonly exact: ExactRevenue;
  /** The same without whole units: an amount that flows at every moment. */
  readonly flowing: ExactRevenue;
  readonly paid = new Map<Paid, number>();
  readonly #roundings = new Map<string, bigint>();
  readonly #people: string[];
  readonly #waiting: Map<string, bigint>;
  #time: bigint;
  #snapshots = 0;
  #nextSnapshot: bigint;
  #moneyIn = 0n;
  #moneyOut = 0n;
  #changes = 0n;
  #starved = 0;
  #liquidityReleased = false;
  /** A million whole units of an asset of six decimals, or of eighteen. */
  readonly #largestRevenue: bigint;

  constructor(
    private readonly sold: SoldToken,
    private readonly supply: bigint,
    private readonly dice: Dice,
  ) {
    const { launchedAt, epochLength, redeemBps, commitments, offering } = sold;
    this.#time = launchedAt;
    this.#largestRevenue = dice.of([10n ** 12n, 10n ** 24n]);
    this.#nextSnapshot = launchedAt / epochLength + 1n;
    this.#waiting = new Map(commitments);
    this.#people = [...commitments.keys(), sold.ecosystem, sold.team, sold.liquidity];
    const terms = { epochLength, redeemBps, launchedAt };
    this.exact = new ExactRevenue({ ...terms, wholeUnits: true }, offering);
    this.flowing = new ExactRevenue({ ...terms, wholeUnits: false }, offering);
    const proceeds = sold.raised < sold.hardCap ? sold.raised : sold.hardCap;
    this.#both((model) => {
      for (const person of [...commitments.keys(), sold.team, sold.liquidity]) model.add(person, 0n, true);
      model.add(sold.ecosystem, (supply * 1_500n) / 10_000n, true);
      model.add(sold.vesting, (supply * 1_500n) / 10_000n, true);
      model.add(offering, (sold.saleSupply * proceeds) / sold.hardCap, true);
      model.add(sold.asset, 0n, false);
      model.add(sold.token, (supply * 2_000n) / 10_000n, false);
    });
  }

  get starved(): number {
    return this.#starved;
  }

  /** One operation, often in the same second as the last. */
  async step(): Promise<void> {
    this.#pass();
    const { dice } = this;
    const kinds = [
      () => this.#deposit(),
      () => this.#deposit(),
      () => this.#donate(),
      () => this.#transfer(),
      () => this.#transfer(),
      () => this.#claim(),
      () => this.#claim(),
      () => this.#claimMany(),
      () => this.#claimSnapshot(),
      () => this.#snapshot(),
      () => this.#burn(),
      () => this.#setAccruing(),
      () => this.#settle(),
      () => this.#vest(),
    ];
    await dice.of(kinds)();
    this.#changes += 1n;
  }

  /** What the token says of itself is what its twin says, to the unit; what an account is owed, within its roundings. */
  async compare(): Promise<void> {
    const { exact, sold } = this;
    const state = await ask<Record<string, bigint>>(this.#time, sold.token, "streamState", []);
    expect(state["eligible"], "eligible").to.equal(exact.eligible);
    expect(state["pending"], "pending").to.equal(exact.pending.floor());
    expect(state["unstreamed"], "unstreamed").to.equal(exact.unstreamed.floor());
    expect(state["redemptionPool"], "redemption pool").to.equal(exact.pool.floor());
    expect(state["reserves"], "reserves").to.equal(this.#moneyIn - this.#moneyOut);
    let owed = exact.pending.plus(exact.unstreamed).plus(exact.pool);
    for (const account of exact.accounts) {
      const claimable = await ask<bigint>(this.#time, sold.token, "claimable", [account]);
      this.#expectJustBelow(claimable, exact.claimable(account), account, "claimable");
      this.#expectNear(exact.claimable(account), this.flowing.claimable(account));
      owed = owed.plus(exact.claimable(account));
    }
    // The twin itself makes and loses nothing.
    expect(owed.minus(new Fraction(this.#moneyIn - this.#moneyOut)).isZero(), "the twin's money").to.equal(true);
  }

  /** Everybody is settled, all revenue streams, everybody is paid, in an order that the dice choose. */
  async end(): Promise<void> {
    const { sold, exact } = this;
    while (this.#waiting.size > 0) await this.#settle();
    for (const person of this.#people) await this.#accrue(person, true);
    this.#advance(this.#time + 2n * sold.epochLength);
    for (const person of this.#people) await this.#claimAll(person, "claim");
    await this.#claimAll(sold.vesting, "claimFor");
    for (const person of this.#people) await this.#redeem(person, exact.balanceOf(person));
    await this.compare();
  }

  // Operations

  async #deposit(): Promise<void> {
    const amount = this.#revenue();
    const { asset, token, stranger } = this.sold;
    await send(this.#time, stranger, asset, ASSET.encodeFunctionData("mint", [stranger, amount]));
    await send(this.#time, stranger, token, TOKEN.encodeFunctionData("depositRevenue", [amount]));
    this.#moneyIn += amount;
    this.#both((model) => {
      model.deposit(amount);
    });
  }

  async #donate(): Promise<void> {
    const amount = this.#revenue();
    const { asset, token, stranger } = this.sold;
    await send(this.#time, stranger, asset, ASSET.encodeFunctionData("mint", [token, amount]));
    // Nobody can tell when it came: it counts from now on.
    this.#pass();
    await send(this.#time, stranger, token, TOKEN.encodeFunctionData("absorb"));
    this.#moneyIn += amount;
    this.#both((model) => {
      model.deposit(amount);
    });
  }

  async #transfer(): Promise<void> {
    const from = this.dice.of(this.#people);
    const to = this.dice.of([...this.#people, ...this.#people, this.sold.vesting, this.sold.asset, this.sold.token]);
    await this.#move(from, to, this.#part(this.exact.balanceOf(from)));
  }

  async #claim(): Promise<void> {
    const way = this.dice.of(["claim", "claimTo", "claimFor"] as const);
    await this.#claimAll(way === "claimFor" ? this.dice.of([...this.#people, this.sold.vesting]) : this.#person(), way);
  }

  async #claimMany(): Promise<void> {
    const { token, stranger, asset, vesting } = this.sold;
    const accounts = Array.from({ length: 4 }, () => this.dice.of([...this.#people, vesting, asset]));
    const logs = await send(this.#time, stranger, token, TOKEN.encodeFunctionData("claimMany", [accounts]));
    const amounts = new Map<string, bigint>();
    for (const log of logs) {
      const event = TOKEN.parseLog(log);
      if (event?.name !== "RevenueClaimed") continue;
      const [account, , amount] = [...event.args] as [string, string, bigint];
      expect(amounts.has(account), "paid twice").to.equal(false);
      amounts.set(account, amount);
    }
    for (const account of new Set(accounts)) {
      if (account !== asset) this.#settleClaim(account, amounts.get(account) ?? 0n, "claimMany");
    }
  }

  async #claimSnapshot(): Promise<void> {
    if (this.#snapshots === 0) return;
    const person = this.#person();
    const snapshot = 1 + Number(this.dice.below(this.#snapshots));
    if ((await ask<bigint>(this.#time, this.sold.token, "claimableRevenue", [person, snapshot])) === 0n) return;
    const data = TOKEN.encodeFunctionData("claim(uint256)", [snapshot]);
    const logs = await send(this.#time, person, this.sold.token, data);
    this.#settleClaim(person, this.#claimed(logs, person), "snapshot", snapshot);
  }

  async #snapshot(): Promise<void> {
    const epoch = this.#time / this.sold.epochLength;
    if (epoch < this.#nextSnapshot) return;
    await send(this.#time, this.sold.stranger, this.sold.token, TOKEN.encodeFunctionData("snapshot"));
    this.#nextSnapshot = epoch + 1n;
    this.#both((model) => {
      this.#snapshots = model.snapshot();
    });
  }

  async #burn(): Promise<void> {
    const person = this.#person();
    const balance = this.exact.balanceOf(person);
    await this.#redeem(person, this.dice.chance(10) ? balance : balance / (2n + this.dice.size(1_000n)));
  }

  async #setAccruing(): Promise<void> {
    const person = this.#person();
    await this.#accrue(person, !this.exact.earns(person));
  }

  /** Settles a buyer, or sends the liquidity tokens. */
  async #settle(): Promise<void> {
    const { sold } = this;
    const buyer = this.dice.of([...this.#waiting.keys(), sold.token]);
    if (buyer === sold.token) {
      await this.#releaseLiquidity();
      return;
    }
    const committed = this.#waiting.get(buyer) ?? 0n;
    const data = OFFERING.encodeFunctionData("settleFor", [buyer]);
    const logs = await send(this.#time, sold.stranger, sold.offering, data);
    const [, , tokens, refund] = eventOf(logs, OFFERING, "Settled") as [string, string, bigint, bigint];
    this.#waiting.delete(buyer);
    const over = sold.raised > sold.hardCap;
    const due = new Fraction(sold.saleSupply * committed, over ? sold.raised : sold.hardCap);
    const used = over ? new Fraction(committed * sold.hardCap, sold.raised) : new Fraction(committed);
    expectWithin(tokens, due, 1n, "tokens");
    expectWithin(refund, new Fraction(committed).minus(used), 1n, "refund");
    this.#count("settlement");
    if (refund > 0n) this.#count("refund");
    this.#rounded(buyer, 2n);
    this.#both((model) => {
      model.settle(buyer, tokens);
    });
  }

  async #vest(): Promise<void> {
    const { vesting, token, stranger, asset, team } = this.sold;
    const data = VESTING.encodeFunctionData("release(address)", [token]);
    const logs = await send(this.#time, stranger, vesting, data);
    const [, , amount] = eventOf(logs, ASSET, "Transfer") as [string, string, bigint];
    if (amount > 0n) this.#rounded(vesting, 1n);
    if (amount > 0n) this.#rounded(team, 1n);
    this.#both((model) => {
      model.transfer(vesting, team, amount);
    });
    await send(this.#time, stranger, vesting, VESTING.encodeFunctionData("release(address)", [asset]));
  }

  // What operations are made of

  async #move(from: string, to: string, amount: bigint): Promise<void> {
    await send(this.#time, from, this.sold.token, TOKEN.encodeFunctionData("transfer", [to, amount]));
    if (amount === 0n) return;
    this.#rounded(from, 1n);
    this.#rounded(to, 1n);
    this.#both((model) => {
      model.transfer(from, to, amount);
    });
  }

  async #claimAll(account: string, way: "claim" | "claimTo" | "claimFor"): Promise<void> {
    const { token, stranger } = this.sold;
    if ((await ask<bigint>(this.#time, token, "claimable", [account])) === 0n) return;
    const data = {
      claim: () => TOKEN.encodeFunctionData("claim()"),
      claimTo: () => TOKEN.encodeFunctionData("claimTo", [stranger]),
      claimFor: () => TOKEN.encodeFunctionData("claimFor", [account]),
    }[way]();
    const logs = await send(this.#time, way === "claimFor" ? stranger : account, token, data);
    this.#settleClaim(account, this.#claimed(logs, account), way);
  }

  #claimed(logs: readonly Log[], account: string): bigint {
    const [claimant, , amount] = eventOf(logs, TOKEN, "RevenueClaimed") as [string, string, bigint];
    expect(claimant).to.equal(account);
    return amount;
  }

  #settleClaim(account: string, amount: bigint, kind: Paid, snapshot?: number): void {
    this.#expectJustBelow(amount, this.exact.claimable(account, snapshot), account, kind);
    this.#rounded(account, 1n);
    this.#moneyOut += amount;
    if (amount > 0n) this.#count(kind);
    this.#both((model) => {
      model.claimed(account, amount, snapshot);
    });
  }

  async #redeem(person: string, amount: bigint): Promise<void> {
    if (amount === 0n) return;
    const data = TOKEN.encodeFunctionData("burn(uint256,uint256)", [amount, 0]);
    const logs = await send(this.#time, person, this.sold.token, data);
    const [, , paid] = eventOf(logs, TOKEN, "Redeemed") as [string, bigint, bigint];
    // F is kept in whole units, and rounded once: less than a unit.
    expectWithin(paid, this.exact.redeemable(amount), 1n, "redemption");
    if (paid > 0n) this.#count("redemption");
    this.#rounded(person, 1n);
    this.#moneyOut += paid;
    this.#both((model) => {
      model.redeemed(person, amount, paid);
    });
  }

  async #accrue(person: string, accruing: boolean): Promise<void> {
    await send(this.#time, person, this.sold.token, TOKEN.encodeFunctionData("setAccruing", [accruing]));
    this.#rounded(person, 1n);
    this.#both((model) => {
      model.setAccruing(person, accruing);
    });
  }

  async #releaseLiquidity(): Promise<void> {
    const { issuer, offering, token, liquidity } = this.sold;
    if (this.#liquidityReleased) return;
    this.#liquidityReleased = true;
    await send(this.#time, issuer, offering, OFFERING.encodeFunctionData("releaseLiquidity"));
    this.#rounded(liquidity, 1n);
    this.#both((model) => {
      model.transfer(token, liquidity, model.balanceOf(token));
    });
  }

  #pass(): void {
    const { dice, sold } = this;
    const rest = sold.epochLength - (this.#time % sold.epochLength);
    const choice = dice.below(10);
    if (choice < 4n) return;
    if (choice < 7n) this.#advance(this.#time + dice.size(sold.epochLength));
    else if (choice < 9n) this.#advance(this.#time + rest - 1n + dice.below(3));
    else this.#advance(this.#time + dice.below(6) * sold.epochLength + dice.below(sold.epochLength));
  }

  #advance(time: bigint): void {
    this.#time = time;
    this.#both((model) => {
      model.advance(time);
    });
    if (this.exact.eligible < MIN_ELIGIBLE && this.exact.pending.isAbove(Fraction.zero)) this.#starved += 1;
  }

  #both(change: (model: ExactRevenue) => void): void {
    change(this.exact);
    change(this.flowing);
  }

  #person(): string {
    return this.dice.of(this.#people);
  }

  #revenue(): bigint {
    return this.dice.chance(20) ? 1n : this.dice.size(this.#largestRevenue);
  }

  /** Nothing, one unit, everything, or a part. */
  #part(most: bigint): bigint {
    const choice = this.dice.below(10);
    if (choice === 0n || most === 0n) return 0n;
    if (choice === 1n) return 1n;
    return choice === 2n ? most : this.dice.size(most);
  }

  #count(kind: Paid): void {
    this.paid.set(kind, (this.paid.get(kind) ?? 0) + 1);
  }

  #rounded(account: string, times: bigint): void {
    this.#roundings.set(account, (this.#roundings.get(account) ?? 0n) + times);
  }

  /**
   * A payment is never above the exact value, and below it by less than: a unit for each time that the account's revenue was
   * rounded when it was settled; one for the payment itself; and one for A, which each of a walk's operations rounds down at
   * most three times by less than supply / 2^112 < 2^-16 units of the asset, for all tokens together.
   */
  #expectJustBelow(amount: bigint, exact: Fraction, account: string, what: string): void {
    expectWithin(amount, exact, (this.#roundings.get(account) ?? 0n) + 2n, what);
  }

  /**
   * Whole units come a moment later than a flow, and the pool's part of them is rounded down to the holders' good. Both are
   * less than a unit within an epoch. So each operation moves less than two units from one account to another, or from one
   * epoch to another; so does each epoch that releases something, and there are at most two for an operation.
   */
  #expectNear(whole: Fraction, flowing: Fraction): void {
    const bound = new Fraction(6n * (this.#changes + 1n));
    const apart = whole.isAbove(flowing) ? whole.minus(flowing) : flowing.minus(whole);
    expect(bound.isAbove(apart), `${whole.toString()} without whole units ${flowing.toString()}`).to.equal(true);
  }
}
