import type { IOfferingFactory } from "../typechain/interfaces/IOfferingFactory.js";
import type { ActionOptions, Context } from "./context.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

/** What an issuer decides; see `IOfferingFactory.OfferingConfig`. Amounts in smallest units, times in Unix seconds. */
export type OfferingConfig = {
  readonly [Field in keyof IOfferingFactory.OfferingConfigStruct]: Field extends "name" | "symbol"
    ? string
    : Field extends "allowlistRoot" | "team" | "ecosystem" | "liquidityRecipient" | "transferPolicy"
      ? string
      : Field extends "excluded"
        ? readonly string[]
        : bigint;
};

/** Shares, rates and vesting of an ordinary offering, to start from. */
export const OFFERING_DEFAULTS = {
  supply: 1_000_000n * 10n ** 18n,
  saleBps: 5_000n,
  liquidityBps: 2_000n,
  teamBps: 1_500n,
  ecosystemBps: 1_500n,
  redeemBps: 2_000n,
  epochLength: 86_400n,
  teamCliff: 365n * 86_400n,
  teamDuration: 3n * 365n * 86_400n,
} as const satisfies Partial<OfferingConfig>;

export interface CreateOfferingParameters extends ActionOptions {
  readonly config: OfferingConfig;
  /** Schedule it in the same transaction (default), or leave it a draft. */
  readonly schedule?: boolean;
}

export interface OfferingCreated extends Landed {
  readonly offeringId: bigint;
  readonly modelId: bigint;
  readonly offering: string;
  readonly token: string;
  /** The zero address without a team share. */
  readonly vesting: string;
}

/**
 * Makes an offering of the sender's model, with its token and vesting wallet, in one transaction. Scheduled, it locks the
 * model's payout; from then on nothing can be changed but by cancelling it before it opens.
 *
 * @throws AssayError `OfferingFactory_InvalidParameter`, `OfferingFactory_NotModelOwner`, `ModelRegistry_PayoutLocked`
 *
 * @example
 * const config = { ...OFFERING_DEFAULTS, modelId: 1n, name: "Alice", symbol: "ALICE", hardCap, softCap, opensAt, closesAt, ...recipients };
 * const { offeringId, token } = await createOffering({ contracts, sender }, { config });
 */
export async function createOffering(
  context: Context,
  { config, schedule = true, ...options }: CreateOfferingParameters,
): Promise<OfferingCreated> {
  const { offerings } = context.contracts;
  const call = offerings.create.populateTransaction({ ...config, excluded: [...config.excluded] }, schedule);
  const receipt = await transact(context, "createOffering", call, options);
  const { offeringId, modelId, offering, token, vesting } = eventOf(
    receipt,
    offerings,
    offerings.filters.OfferingCreated,
  );
  return { offeringId, modelId, offering, token, vesting, ...landed(receipt) };
}
