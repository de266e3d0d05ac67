/** Revenue of a launched token, and who gets how much of it a second. */
import type { ModelToken, TestAsset } from "../../../packages/sdk/src/typechain/index.js";
import { networkHelpers, now, type Signer, usd } from "./market.js";

/** 10,000 units a second for a day. */
export const REVENUE = usd(864);

/** Units a second of `REVENUE` in the usual sale when all is sold, and in which none of the supply is with a pool. */
export const PER_SECOND = {
  redemptionPool: 2_000n,
  alice: 2_500n,
  bob: 1_250n,
  carol: 1_250n,
  vesting: 1_500n,
  ecosystem: 1_500n,
} as const;

/** When the epoch after the present one begins. */
export async function nextEpoch(token: ModelToken): Promise<bigint> {
  const length = await token.epochLength();
  return ((await now()) / length + 1n) * length;
}

export interface Paying {
  readonly asset: TestAsset;
  readonly token: ModelToken;
  readonly stranger: Signer;
}

/** The stranger pays `amount` in. @returns first second in which it streams */
export async function deposit({ asset, token, stranger }: Paying, amount = REVENUE): Promise<bigint> {
  await asset.mint(stranger.address, amount);
  await asset.connect(stranger).approve(token, amount);
  await token.connect(stranger).depositRevenue(amount);
  return nextEpoch(token);
}

/** `deposit`, and the clock moves on until `elapsed` seconds of it have streamed. @returns first second in which it streams */
export async function streamed(paying: Paying, elapsed: bigint, amount = REVENUE): Promise<bigint> {
  const start = await deposit(paying, amount);
  await networkHelpers.time.increaseTo(start + elapsed);
  return start;
}
