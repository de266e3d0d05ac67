import type { OfferingLens } from "../typechain/periphery/OfferingLens.js";
import type { ReadContext } from "./context.js";
import { offeringContracts } from "./offeringContracts.js";
import { readPlain } from "./read.js";

/** Where an offering stands, in the order of `IModelOffering.Phase`. */
export const OFFERING_PHASES = ["Draft", "Scheduled", "Open", "Ended", "Succeeded", "Failed", "Cancelled"] as const;

export type OfferingPhase = (typeof OFFERING_PHASES)[number];

/** What never changes of an offering. Amounts in smallest units, times in Unix seconds. */
export interface OfferingTerms {
  readonly issuer: string;
  readonly modelId: bigint;
  readonly asset: string;
  readonly saleSupply: bigint;
  readonly hardCap: bigint;
  readonly softCap: bigint;
  readonly opensAt: bigint;
  readonly closesAt: bigint;
  /** Commitments are final from then on. */
  readonly withdrawableUntil: bigint;
  /** It has failed if nobody has finalized it by then. */
  readonly finalizableUntil: bigint;
  /** Zero: everybody may buy. */
  readonly allowlistRoot: string;
  readonly liquidityRecipient: string;
}

/** An offering as an account sees it. */
export interface OfferingInfo {
  readonly offeringId: bigint;
  readonly modelId: bigint;
  readonly issuer: string;
  readonly offering: string;
  readonly token: string;
  /** The zero address without a team share. */
  readonly vesting: string;
  readonly terms: OfferingTerms;
  readonly phase: OfferingPhase;
  /** Committed by everybody. */
  readonly committed: bigint;
  readonly name: string;
  readonly symbol: string;
  readonly supply: bigint;
  /** Commitment of the account; 0 without one, and after it was settled or refunded. */
  readonly own: bigint;
  /** Tokens that `own` brings if the sale ended now, or did. */
  readonly tokens: bigint;
  /** What of `own` comes back if the sale ended now, or did. */
  readonly refund: bigint;
}

const NOBODY = "0x0000000000000000000000000000000000000000";
/** Offerings that one call of the lens reads. */
const PAGE = 50n;

/**
 * One offering.
 *
 * @throws AssayError `UNKNOWN_OFFERING`
 *
 * @example
 * const { phase, committed, tokens } = await getOffering({ contracts }, { offeringId: 1n, account });
 */
export async function getOffering(
  context: ReadContext,
  { offeringId, account = NOBODY }: { readonly offeringId: bigint; readonly account?: string },
): Promise<OfferingInfo> {
  const { offeringLens } = context.contracts;
  await offeringContracts(context.contracts, offeringId);
  const view = await readPlain(offeringLens, "offeringOf", offeringLens.offeringOf(offeringId, account));
  return infoOf(offeringId, view);
}

/**
 * All offerings of the deployment, by id.
 *
 * @example
 * const open = (await getOfferings({ contracts })).filter(({ phase }) => phase === "Open");
 */
export async function getOfferings(
  context: ReadContext,
  { account = NOBODY }: { readonly account?: string } = {},
): Promise<OfferingInfo[]> {
  const { offeringLens } = context.contracts;
  const all: OfferingInfo[] = [];
  for (let first = 1n; ; first += PAGE) {
    const page = await readPlain(offeringLens, "offerings", offeringLens.offerings(first, PAGE, account));
    all.push(...page.map((view, index) => infoOf(first + BigInt(index), view)));
    if (BigInt(page.length) < PAGE) return all;
  }
}

function infoOf(offeringId: bigint, view: OfferingLens.OfferingViewStructOutput): OfferingInfo {
  const { record, phase, terms, committed, name, symbol, supply, own, tokens, refund } = view;
  const { modelId, issuer, offering, token, vesting } = record;
  const known = OFFERING_PHASES[Number(phase)] ?? "Draft";
  const parties = { modelId, issuer, offering, token, vesting };
  return { offeringId, ...parties, terms, phase: known, committed, name, symbol, supply, own, tokens, refund };
}
