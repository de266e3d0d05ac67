import { ModelVesting__factory } from "../typechain/factories/offering/ModelVesting__factory.js";
import type { ReadContext } from "./context.js";
import { offeringContracts, tokenAt } from "./offeringContracts.js";
import { queryEvents } from "./queryEvents.js";
import { read, readPlain } from "./read.js";

/** The wallet that vests the team's tokens: nothing before the cliff, then linear from the start to the end. */
export interface VestingInfo {
  readonly address: string;
  readonly beneficiary: string;
  /** Unix seconds. */
  readonly start: bigint;
  readonly cliff: bigint;
  readonly end: bigint;
  /** Tokens that vest in all, and those of them that were released. */
  readonly total: bigint;
  readonly released: bigint;
  readonly releasable: bigint;
}

/** The stream of a token's revenue; see `IModelToken.StreamState`. */
export interface StreamState {
  readonly index: bigint;
  readonly pending: bigint;
  readonly unstreamed: bigint;
  readonly eligible: bigint;
  readonly redemptionPool: bigint;
  readonly reserves: bigint;
}

/** What only the page of one offering shows. Amounts of revenue in smallest units of the asset. */
export interface OfferingDetails {
  readonly redeemBps: bigint;
  /** Seconds over which revenue streams. */
  readonly epochLength: bigint;
  /** What transfers ask; the zero address: nothing restricts them. */
  readonly transferPolicy: string;
  readonly stream: StreamState;
  readonly proceedsTaken: boolean;
  readonly liquidityReleased: boolean;
  /** Undefined without a team share. */
  readonly vesting?: VestingInfo;
}

/**
 * The token's terms, the team's vesting, and what the issuer has taken, of one offering.
 *
 * @throws AssayError `UNKNOWN_OFFERING`
 *
 * @example
 * const { redeemBps, vesting } = await getOfferingDetails({ contracts }, { offeringId: 1n });
 */
export async function getOfferingDetails(
  context: ReadContext,
  { offeringId }: { readonly offeringId: bigint },
): Promise<OfferingDetails> {
  const { offering, token, vesting } = await offeringContracts(context.contracts, offeringId);
  const { ProceedsWithdrawn } = offering.filters;
  const { LiquidityReleased } = token.filters;
  const [redeemBps, epochLength, transferPolicy, stream, proceeds, liquidity, vested] = await Promise.all([
    read(token.redeemBps()),
    read(token.epochLength()),
    read(token.transferPolicy()),
    readPlain<StreamState>(token, "streamState", token.streamState()),
    queryEvents(context, offering, ProceedsWithdrawn, ProceedsWithdrawn()),
    queryEvents(context, token, LiquidityReleased, LiquidityReleased()),
    vesting === undefined ? undefined : vestingInfo(context, vesting, await read(token.getAddress())),
  ]);
  return {
    redeemBps,
    epochLength,
    transferPolicy,
    stream,
    proceedsTaken: proceeds.length > 0,
    liquidityReleased: liquidity.length > 0,
    ...(vested !== undefined && { vesting: vested }),
  };
}

async function vestingInfo({ contracts }: ReadContext, address: string, token: string): Promise<VestingInfo> {
  const wallet = ModelVesting__factory.connect(address, contracts.provider);
  const [beneficiary, start, cliff, end, released, releasable, left] = await read(
    Promise.all([
      wallet.owner(),
      wallet.start(),
      wallet.cliff(),
      wallet.end(),
      wallet["released(address)"](token),
      wallet["releasable(address)"](token),
      tokenAt(contracts, token).balanceOf(address),
    ]),
  );
  return { address, beneficiary, start, cliff, end, total: left + released, released, releasable };
}
