/** Offerings of the market's model in any phase. */
import type { ModelOffering, ModelToken, ModelVesting } from "../../../packages/sdk/src/typechain/index.js";
import {
  DAY,
  deployMarket,
  ethers,
  type Market,
  MODEL,
  networkHelpers,
  now,
  type People,
  type Signer,
  usd,
  YEAR,
  ZeroAddress,
  ZeroHash,
} from "./market.js";

/** `IModelOffering.Phase`. */
export const Phase = {
  Draft: 0n,
  Scheduled: 1n,
  Open: 2n,
  Ended: 3n,
  Succeeded: 4n,
  Failed: 5n,
  Cancelled: 6n,
} as const;

/** `IOfferingFactory.OfferingConfig`. */
export interface OfferingConfig {
  readonly modelId: bigint;
  readonly name: string;
  readonly symbol: string;
  readonly supply: bigint;
  readonly saleBps: bigint;
  readonly liquidityBps: bigint;
  readonly teamBps: bigint;
  readonly ecosystemBps: bigint;
  readonly redeemBps: bigint;
  readonly epochLength: bigint;
  readonly hardCap: bigint;
  readonly softCap: bigint;
  readonly opensAt: bigint;
  readonly closesAt: bigint;
  readonly allowlistRoot: string;
  readonly team: string;
  readonly teamCliff: bigint;
  readonly teamDuration: bigint;
  readonly ecosystem: string;
  readonly liquidityRecipient: string;
  readonly transferPolicy: string;
  readonly excluded: string[];
}

/** The usual shares: sale 50 %, liquidity 20 %, team and ecosystem 15 % each. */
export const SUPPLY = 5n << 78n;
export const SALE_SUPPLY = SUPPLY / 2n;
/** What earns when everything is sold. A power of two, so that every holder's share of revenue comes out whole. */
export const ELIGIBLE = 1n << 80n;
export const HARD_CAP = usd(400_000);
export const SOFT_CAP = usd(100_000);

/** An offering that the usual factory takes: opens at the second midnight from now, for a week. */
export async function configOf(
  { team, ecosystem, liquidity }: People,
  changes: Partial<OfferingConfig> = {},
): Promise<OfferingConfig> {
  const opensAt = changes.opensAt ?? ((await now()) / DAY + 2n) * DAY;
  return {
    modelId: MODEL,
    name: "Assay Model One",
    symbol: "ONE",
    supply: SUPPLY,
    saleBps: 5_000n,
    liquidityBps: 2_000n,
    teamBps: 1_500n,
    ecosystemBps: 1_500n,
    redeemBps: 2_000n,
    epochLength: DAY,
    hardCap: HARD_CAP,
    softCap: SOFT_CAP,
    opensAt,
    closesAt: opensAt + 7n * DAY,
    allowlistRoot: ZeroHash,
    team: team.address,
    teamCliff: YEAR,
    teamDuration: 3n * YEAR,
    ecosystem: ecosystem.address,
    liquidityRecipient: liquidity.address,
    transferPolicy: ZeroAddress,
    excluded: [],
    ...changes,
  };
}

/** Changes to the usual offering so that all of its supply is on sale: nobody else holds anything. */
export const ALL_ON_SALE = {
  supply: ELIGIBLE,
  saleBps: 10_000n,
  liquidityBps: 0n,
  teamBps: 0n,
  ecosystemBps: 0n,
} as const satisfies Partial<OfferingConfig>;

export interface Sale {
  readonly config: OfferingConfig;
  readonly offeringId: bigint;
  readonly offering: ModelOffering;
  readonly token: ModelToken;
  /** At the zero address without a team share. */
  readonly vesting: ModelVesting;
}

/** Who commits how much. */
export type Commitments = readonly (readonly [buyer: Signer, amount: bigint])[];

/** The hard cap to the unit: alice a half, bob and carol a quarter each. */
export const fullCommitments = ({ alice, bob, carol }: People): Commitments => [
  [alice, HARD_CAP / 2n],
  [bob, HARD_CAP / 4n],
  [carol, HARD_CAP / 4n],
];

async function create(market: Market, changes: Partial<OfferingConfig>, scheduleNow: boolean): Promise<Sale> {
  const { offerings, issuer } = market;
  const config = await configOf(market, changes);
  await offerings.connect(issuer).create(config, scheduleNow);
  const offeringId = await offerings.offeringCount();
  const { offering, token, vesting } = await offerings.offeringAt(offeringId);
  return {
    config,
    offeringId,
    offering: await ethers.getContractAt("ModelOffering", offering),
    token: await ethers.getContractAt("ModelToken", token),
    vesting: await ethers.getContractAt("ModelVesting", vesting),
  };
}

export const draftSale = (market: Market, changes: Partial<OfferingConfig> = {}): Promise<Sale> =>
  create(market, changes, false);

export const scheduledSale = (market: Market, changes: Partial<OfferingConfig> = {}): Promise<Sale> =>
  create(market, changes, true);

export async function openSale(market: Market, changes: Partial<OfferingConfig> = {}): Promise<Sale> {
  const sale = await scheduledSale(market, changes);
  await networkHelpers.time.increaseTo(sale.config.opensAt);
  return sale;
}

/** Gives `buyer` what it needs and commits it. */
export async function commit(
  { asset }: Pick<Market, "asset">,
  { offering }: Pick<Sale, "offering">,
  buyer: Signer,
  amount: bigint,
) {
  await asset.mint(buyer.address, amount);
  await asset.connect(buyer).approve(offering, amount);
  return offering.connect(buyer).commit(amount, 0, []);
}

/** An offering that is over and not finalized. */
export async function endedSale(
  market: Market,
  commitments: Commitments = fullCommitments(market),
  changes: Partial<OfferingConfig> = {},
): Promise<Sale> {
  const sale = await openSale(market, changes);
  for (const [buyer, amount] of commitments) await commit(market, sale, buyer, amount);
  await networkHelpers.time.increaseTo(sale.config.closesAt);
  return sale;
}

/** An offering that was finalized, successfully or not; nobody has settled. */
export async function finalizedSale(
  market: Market,
  commitments: Commitments = fullCommitments(market),
  changes: Partial<OfferingConfig> = {},
): Promise<Sale> {
  const sale = await endedSale(market, commitments, changes);
  await sale.offering.finalize();
  return sale;
}

/** A sale that succeeded, and every buyer has its tokens. */
export async function settledSale(
  market: Market,
  commitments: Commitments = fullCommitments(market),
  changes: Partial<OfferingConfig> = {},
): Promise<Sale> {
  const sale = await finalizedSale(market, commitments, changes);
  for (const [buyer] of commitments) await sale.offering.settleFor(buyer.address);
  return sale;
}

export type SaleInMarket = Market & Sale;

/** The usual sale after `settledSale`, for `loadFixture`: alice holds 5/16 of what earns, bob and carol 5/32, the vesting
 * wallet and the ecosystem 3/16. */
export async function launchedToken(): Promise<SaleInMarket> {
  const market = await deployMarket();
  return { ...market, ...(await settledSale(market)) };
}

/** All of the supply is sold: alice holds a half, bob and carol a quarter. For `loadFixture`. */
export async function whollySoldToken(): Promise<SaleInMarket> {
  const market = await deployMarket();
  return { ...market, ...(await settledSale(market, fullCommitments(market), ALL_ON_SALE)) };
}

export const inDraft = async (): Promise<SaleInMarket> => {
  const market = await deployMarket();
  return { ...market, ...(await draftSale(market)) };
};

export const scheduled = async (): Promise<SaleInMarket> => {
  const market = await deployMarket();
  return { ...market, ...(await scheduledSale(market)) };
};

export const open = async (): Promise<SaleInMarket> => {
  const market = await deployMarket();
  return { ...market, ...(await openSale(market)) };
};

/** The hard cap is committed to the unit; nobody has finalized. */
export const ended = async (): Promise<SaleInMarket> => {
  const market = await deployMarket();
  return { ...market, ...(await endedSale(market)) };
};

/** All is sold, nobody has settled. */
export const succeeded = async (): Promise<SaleInMarket> => {
  const market = await deployMarket();
  return { ...market, ...(await finalizedSale(market)) };
};

/** Alice committed 60,000 and bob 30,000 of the 100,000 that were needed. */
export const failed = async (): Promise<SaleInMarket> => {
  const market = await deployMarket();
  const { alice, bob } = market;
  const commitments: Commitments = [
    [alice, usd(60_000)],
    [bob, usd(30_000)],
  ];
  return { ...market, ...(await finalizedSale(market, commitments)) };
};
