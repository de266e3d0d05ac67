import type { RevenueEntry } from "../protocol/revenueExport.js";
import type { ReadContext } from "./context.js";
import type { Holding } from "./getHoldings.js";
import { inParallel } from "./inParallel.js";
import { tokenAt } from "./offeringContracts.js";
import { type Located, queryEvents } from "./queryEvents.js";
import { read } from "./read.js";

/**
 * What came into the tokens of some holdings, and what an account has claimed and redeemed there, oldest first. Read from
 * events, so it works without any indexer.
 *
 * @example
 * const history = await getRevenueHistory({ contracts }, { account, holdings: await getHoldings({ contracts }, { account }) });
 * const claimed = history.filter(({ kind }) => kind === "claimed");
 */
export async function getRevenueHistory(
  context: ReadContext,
  { account, holdings }: { readonly account: string; readonly holdings: readonly Holding[] },
): Promise<RevenueEntry[]> {
  const { provider } = context.contracts;
  const found = (await inParallel(holdings, (holding) => entriesOf(context, account, holding))).flat();
  const blocks = [...new Set(found.map(({ blockNumber }) => blockNumber))];
  const times = new Map(
    await inParallel(blocks, async (block): Promise<[number, bigint]> => {
      const header = await read(provider.getBlock(block));
      return [block, BigInt(header?.timestamp ?? 0)];
    }),
  );
  return found
    .map((entry) => ({ ...entry, time: times.get(entry.blockNumber) ?? 0n }))
    .sort((a, b) => a.blockNumber - b.blockNumber);
}

async function entriesOf(
  context: ReadContext,
  account: string,
  { offeringId, modelId, token: address, symbol }: Holding,
): Promise<Omit<RevenueEntry, "time">[]> {
  const token = tokenAt(context.contracts, address);
  const { RevenueDeposited, RevenueClaimed, Redeemed } = token.filters;
  const [deposited, claimed, redeemed] = await Promise.all([
    queryEvents(context, token, RevenueDeposited, RevenueDeposited()),
    queryEvents(context, token, RevenueClaimed, RevenueClaimed(account)),
    queryEvents(context, token, Redeemed, Redeemed(account)),
  ]);
  const common = { offeringId, modelId, token: address, symbol };
  const entry = (kind: RevenueEntry["kind"], who: string, amount: bigint, at: Located<unknown>) => {
    const { blockNumber, transactionHash } = at;
    return { kind, ...common, amount, account: who, blockNumber, transactionHash };
  };
  return [
    ...deposited.map((event) => entry("deposited", event.from, event.amount, event)),
    ...claimed.map((event) => entry("claimed", event.account, event.amount, event)),
    ...redeemed.map((event) => entry("redeemed", event.account, event.paid, event)),
  ];
}
