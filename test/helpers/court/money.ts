/** Where all money of a deployment is, and how an action moves it, to the smallest unit. */
import { expect } from "chai";

import { MODEL, type System } from "./system.js";

/** Changes of one account: its stake, the locked part, its balance in the escrow. */
export interface Move {
  readonly staked?: bigint;
  readonly locked?: bigint;
  readonly balance?: bigint;
}

/** Changes of what nobody's account holds. */
export interface CommonMove {
  readonly sink?: bigint;
  readonly pool?: bigint;
  readonly poolDebt?: bigint;
  readonly royalty?: bigint;
  readonly protocolFee?: bigint;
}

type Book = Map<string, bigint>;

/** Expected changes; several of one account add up. */
export class Moves {
  readonly book: Book = new Map();

  account(address: string, move: Move): this {
    return this.add(address, { ...move });
  }

  common(move: CommonMove): this {
    return this.add("", { ...move });
  }

  private add(owner: string, move: Record<string, bigint>): this {
    for (const [field, amount] of Object.entries(move)) {
      const key = `${owner} ${field}`;
      this.book.set(key, (this.book.get(key) ?? 0n) + amount);
    }
    return this;
  }
}

async function read({ staking, escrow, requester, stranger, providers }: System): Promise<Book> {
  const book: Book = new Map();
  for (const { address } of [requester, stranger, ...providers]) {
    const { staked, locked } = await staking.accountOf(address);
    const { balance } = await escrow.accountOf(address);
    book.set(`${address} staked`, staked).set(`${address} locked`, locked).set(`${address} balance`, balance);
  }
  const { royaltyOwed, pool, protocolFees } = await escrow.modelAccountOf(MODEL);
  const { amount } = await escrow.poolDebtsOf(MODEL);
  return book
    .set(" sink", await staking.sinkOwed())
    .set(" royalty", royaltyOwed)
    .set(" pool", pool)
    .set(" protocolFee", protocolFees)
    .set(" poolDebt", amount);
}

const nonZero = (book: Book): Record<string, bigint> =>
  Object.fromEntries(
    [...book].filter(([, amount]) => amount !== 0n).sort(([left], [right]) => (left < right ? -1 : 1)),
  );

/** Runs `action` and requires that it moves exactly what `expected` says: every account and pot is looked at. */
export async function expectMoves<T>(system: System, action: () => Promise<T>, expected: Moves): Promise<T> {
  const before = await read(system);
  const result = await action();
  const after = await read(system);
  const moved: Book = new Map([...after].map(([key, amount]) => [key, amount - (before.get(key) ?? 0n)]));
  expect(nonZero(moved)).to.deep.equal(nonZero(expected.book));
  return result;
}
