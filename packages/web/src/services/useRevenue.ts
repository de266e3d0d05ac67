import {
  getHoldings,
  getOfferings,
  getRevenueHistory,
  type Holding,
  type RevenueEntry,
  tokenAt,
  type YieldBasis,
} from "@assay/sdk";

import { isHeld } from "../domain/liveRevenue.js";
import { type ChainRead, useChainRead } from "./useChainRead.js";

/** Blocks between two reads of events: what they tell changes with deposits and claims only. */
const RARELY = 5;

/** The account's holdings in all tokens, and of those the ones that it has, or had, something of. */
export function useHoldings(account: string | undefined): ChainRead<Holding[]> {
  return useChainRead(
    `holdings ${account ?? ""}`,
    account === undefined ? undefined : (context) => getHoldings(context, { account }),
  );
}

export interface History {
  readonly entries: readonly RevenueEntry[];
  /** What yields are measured by, by offering id. */
  readonly bases: ReadonlyMap<bigint, YieldBasis>;
}

/** What came in and went out of the tokens that the account has, or had, something of. */
export function useHistory(account: string | undefined, holdings: readonly Holding[] | undefined): ChainRead<History> {
  return useChainRead(
    `history ${account ?? ""} ${holdings?.length ?? ""}`,
    account === undefined || holdings === undefined
      ? undefined
      : async (context) => {
          const all = await getRevenueHistory(context, { account, holdings });
          const own = new Set(all.filter(({ kind }) => kind !== "deposited").map(({ token }) => token));
          const held = new Set(
            holdings.filter((each) => isHeld(each) || own.has(each.token)).map(({ token }) => token),
          );
          const offerings = (await getOfferings(context)).filter(({ token }) => held.has(token));
          const bases = await Promise.all(
            offerings.map(async ({ offeringId, token: address, terms }): Promise<[bigint, YieldBasis]> => {
              const token = tokenAt(context.contracts, address);
              const [redeemBps, { eligible }] = await Promise.all([token.redeemBps(), token.streamState()]);
              const { saleSupply, hardCap } = terms;
              return [offeringId, { eligible, redeemBps, saleSupply, hardCap }];
            }),
          );
          return { entries: all.filter(({ token }) => held.has(token)), bases: new Map(bases) };
        },
    RARELY,
  );
}
