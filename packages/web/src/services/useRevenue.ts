import {
  getHoldings,
  getOfferings,
  getRevenueHistory,
  type Holding,
  type OfferingInfo,
  type RevenueEntry,
  tokenAt,
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
  /** Offerings of the tokens, with the redeem share of each, by offering id. */
  readonly offerings: ReadonlyMap<bigint, OfferingInfo & { readonly redeemBps: bigint }>;
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
          const known = await Promise.all(
            offerings.map(async (offering): Promise<[bigint, OfferingInfo & { redeemBps: bigint }]> => {
              const redeemBps = await tokenAt(context.contracts, offering.token).redeemBps();
              return [offering.offeringId, { ...offering, redeemBps }];
            }),
          );
          return { entries: all.filter(({ token }) => held.has(token)), offerings: new Map(known) };
        },
    RARELY,
  );
}
