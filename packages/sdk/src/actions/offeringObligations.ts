import type { ReadContext } from "./context.js";
import { inParallel } from "./inParallel.js";
import { type OfferingContracts, offeringContracts } from "./offeringContracts.js";
import { queryEvents } from "./queryEvents.js";
import { read } from "./read.js";

/** One thing that a contract owes. */
export interface Obligation {
  /** What it is and to whom. */
  readonly item: string;
  readonly amount: bigint;
}

/** A contract with what it owes. */
export interface Debtor {
  readonly name: string;
  readonly address: string;
  readonly obligations: readonly Obligation[];
}

// `IModelOffering.Phase`
const SUCCEEDED = 4n;

/** What the offerings and their tokens owe at one block. */
export async function offeringDebtors(context: ReadContext, blockTag: number): Promise<Debtor[]> {
  const { contracts } = context;
  const count = await read(contracts.offerings.offeringCount({ blockTag }));
  const ids = Array.from({ length: Number(count) }, (_, index) => BigInt(index + 1));
  const debtors = await inParallel(ids, async (id) => {
    const found = await offeringContracts(contracts, id);
    const [sale, stream] = await Promise.all([
      saleObligations(context, found, blockTag),
      tokenObligations(context, found, blockTag),
    ]);
    return [
      { name: `ModelOffering ${id}`, address: await found.offering.getAddress(), obligations: sale },
      { name: `ModelToken ${id}`, address: await found.token.getAddress(), obligations: stream },
    ];
  });
  return debtors.flat();
}

/** Commitments; after success what is above the hard cap, and the proceeds until they are taken. */
async function saleObligations(
  context: ReadContext,
  { offering }: OfferingContracts,
  blockTag: number,
): Promise<Obligation[]> {
  const at = { blockTag };
  const { Committed, ProceedsWithdrawn } = offering.filters;
  const [commits, withdrawals, phase, total, { hardCap }] = await Promise.all([
    queryEvents(context, offering, Committed, Committed()),
    queryEvents(context, offering, ProceedsWithdrawn, ProceedsWithdrawn()),
    read(offering.phase(at)),
    read(offering.totalCommitted(at)),
    read(offering.terms(at)),
  ]);
  const buyers = [...new Set(commits.map(({ buyer }) => buyer))];
  const succeeded = phase === SUCCEEDED;
  const owed = await inParallel(buyers, async (buyer) => {
    const committed = await read(offering.commitmentOf(buyer, at));
    if (!succeeded) return { item: `commitment of ${buyer}`, amount: committed };
    const { refund } = await read(offering.allocation(committed, total, at));
    return { item: `refund of ${buyer}`, amount: refund };
  });
  if (!succeeded) return owed;
  const taken = withdrawals.some(({ blockNumber }) => blockNumber <= blockTag);
  const proceeds = { item: "proceeds of the issuer", amount: taken ? 0n : total < hardCap ? total : hardCap };
  // What each buyer uses is rounded up: less than a unit for each stays inside.
  const rounding = await roundingOf(context, offering, [...owed, proceeds], BigInt(buyers.length), at);
  return [...owed, proceeds, ...rounding];
}

/** Earned revenue by holder, what has not streamed yet, and the redemption pool. */
async function tokenObligations(
  context: ReadContext,
  { token }: OfferingContracts,
  blockTag: number,
): Promise<Obligation[]> {
  const at = { blockTag };
  const { Transfer, RevenueClaimed } = token.filters;
  const [transfers, claims, state] = await Promise.all([
    queryEvents(context, token, Transfer, Transfer()),
    queryEvents(context, token, RevenueClaimed, RevenueClaimed()),
    read(token.streamState(at)),
  ]);
  const holders = [...new Set(transfers.map(({ to }) => to))];
  const earned = await inParallel(holders, async (holder) => ({
    item: `revenue of ${holder}`,
    amount: await read(token.claimable(holder, at)),
  }));
  const known = [
    ...earned,
    { item: "revenue for the next epoch", amount: state.pending },
    { item: "revenue still to stream", amount: state.unstreamed },
    { item: "redemption pool", amount: state.redemptionPool },
  ];
  // Each settling of an account, each claim and each holder's present revenue are rounded down.
  const bound = BigInt(2 * transfers.length + claims.length + holders.length);
  return [...known, ...(await roundingOf(context, token, known, bound, at))];
}

/** What rounding has left inside, as an obligation of its own if it is within its bound: otherwise it stays a surplus. */
async function roundingOf(
  { contracts: { asset } }: ReadContext,
  contract: { getAddress(): Promise<string> },
  known: readonly Obligation[],
  bound: bigint,
  at: { readonly blockTag: number },
): Promise<Obligation[]> {
  const balance = await read(asset.balanceOf(await contract.getAddress(), at));
  const dust = balance - known.reduce((sum, { amount }) => sum + amount, 0n);
  return dust > 0n && dust <= bound ? [{ item: `rounding (at most ${bound} units)`, amount: dust }] : [];
}
