import type { AssayError } from "../errors.js";
import { toAssayError } from "../errors/toAssayError.js";
import { claimRevenue } from "./claimRevenue.js";
import type { ActionOptions, Context } from "./context.js";
import { eventsOf } from "./decode.js";
import { tokenAt } from "./offeringContracts.js";
import { transact } from "./transact.js";

export interface ClaimAllRevenueParameters extends ActionOptions {
  /** Addresses of the model tokens to claim from. */
  readonly tokens: readonly string[];
  /** Where all of it goes; without it each token pays the sender's payout address. */
  readonly recipient?: string;
}

/** How the claim from one token went. */
export interface TokenClaim {
  readonly token: string;
  /** What it paid, smallest units of the asset; 0 with an error. */
  readonly amount: bigint;
  readonly transactionHash?: string;
  readonly error?: AssayError;
}

export interface AllRevenueClaimed {
  readonly total: bigint;
  readonly claims: readonly TokenClaim[];
  /** Transactions that landed. */
  readonly transactions: readonly string[];
  readonly gasUsed: bigint;
}

/**
 * Claims the sender's revenue from several tokens: in one transaction where that works, and what is left over in single ones.
 * One token that fails never keeps another from paying. Nothing is thrown for a single claim: its error is in the result.
 *
 * @throws AssayError `REJECTED_BY_USER` and what a wallet lost, for the transaction over all
 *
 * @example
 * const { total, claims } = await claimAllRevenue({ contracts, sender }, { tokens });
 */
export async function claimAllRevenue(
  context: Context,
  { tokens, recipient, ...options }: ClaimAllRevenueParameters,
): Promise<AllRevenueClaimed> {
  const claims = new Map<string, TokenClaim>();
  const transactions: string[] = [];
  let gasUsed = 0n;
  // The claimer pays to payout addresses, so for another recipient each token must be asked by the holder.
  if (recipient === undefined && tokens.length > 1) {
    const together = await claimTogether(context, tokens, options).catch(unlessFinal);
    if (together !== undefined) {
      transactions.push(together.transactionHash);
      gasUsed += together.gasUsed;
      for (const claim of together.claims) claims.set(claim.token, claim);
    }
  }
  for (const token of tokens) {
    if (claims.has(token)) continue;
    try {
      const single = await claimRevenue(context, { token, ...(recipient !== undefined && { recipient }) });
      transactions.push(single.transactionHash);
      gasUsed += single.gasUsed;
      claims.set(token, { token, amount: single.amount, transactionHash: single.transactionHash });
    } catch (error) {
      claims.set(token, { token, amount: 0n, error: toAssayError(error) });
    }
  }
  const all = tokens.flatMap((token) => claims.get(token) ?? []);
  return { total: all.reduce((sum, { amount }) => sum + amount, 0n), claims: all, transactions, gasUsed };
}

/** Whoever refused one transaction does not want to be asked again for each token, and one that was sent may still land. */
const FINAL = new Set(["REJECTED_BY_USER", "TRANSACTION_DROPPED", "TRANSACTION_REPLACED"]);

/** Whatever else kept the transaction over all from landing, single claims are still worth a try. */
function unlessFinal(error: unknown): undefined {
  const cause = toAssayError(error);
  if (FINAL.has(cause.code)) throw cause;
  return undefined;
}

async function claimTogether(
  context: Context,
  tokens: readonly string[],
  options: ActionOptions,
): Promise<{ transactionHash: string; gasUsed: bigint; claims: TokenClaim[] }> {
  const { revenueClaimer } = context.contracts;
  const account = context.sender.address;
  const call = revenueClaimer.claimAll.populateTransaction(account, [...tokens]);
  const { logs, hash: transactionHash, gasUsed } = await transact(context, "claimAllRevenue", call, options);
  const claims = tokens.flatMap((address) => {
    const token = tokenAt(context.contracts, address);
    return eventsOf(logs, token, token.filters.RevenueClaimed).map(({ amount }) => ({
      token: address,
      amount,
      transactionHash,
    }));
  });
  return { transactionHash, gasUsed, claims };
}
