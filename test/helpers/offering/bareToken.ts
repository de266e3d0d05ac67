/** A token alone, with an account in the place of its offering: for configurations that no factory makes. */
import { type BigNumberish, MaxUint256 } from "ethers";

import type { ModelToken, TestAsset } from "../../../packages/sdk/src/typechain/index.js";
import { DAY, ethers, nextBlockAt, now, type People, people, type Signer, ZeroAddress } from "./market.js";

/** `IModelToken.TokenConfig`. */
export interface TokenConfig {
  readonly name: string;
  readonly symbol: string;
  readonly asset: string;
  readonly offering: string;
  readonly epochLength: BigNumberish;
  readonly redeemBps: BigNumberish;
  readonly liquidity: BigNumberish;
  readonly poolVerifier: string;
  readonly transferPolicy: string;
  readonly excluded: string[];
  readonly allocations: { account: string; amount: BigNumberish; pushable: boolean }[];
}

export const allocation = ({ address }: { address: string }, amount: bigint, pushable = false) => ({
  account: address,
  amount,
  pushable,
});

/** Epochs of a day, and no part of the revenue for burners, unless `changes` say otherwise. */
export async function deployToken(asset: string, offering: string, changes: Partial<TokenConfig>): Promise<ModelToken> {
  const config: TokenConfig = {
    name: "Bare Token",
    symbol: "BARE",
    asset,
    offering,
    epochLength: DAY,
    redeemBps: 0,
    liquidity: 0,
    poolVerifier: ZeroAddress,
    transferPolicy: ZeroAddress,
    excluded: [],
    allocations: [],
    ...changes,
  };
  return ethers.deployContract("ModelToken", [config]);
}

export interface BareToken extends People {
  readonly asset: TestAsset;
  readonly token: ModelToken;
  /** Plays the offering. */
  readonly offering: Signer;
}

/** A token that is launched at the begin of an epoch; the stranger can pay any revenue in. */
export async function launchedBareToken(configure: (people: People) => Partial<TokenConfig>): Promise<BareToken> {
  const everybody = await people();
  const [, offering] = await ethers.getSigners();
  const asset = await ethers.deployContract("TestAsset");
  const token = await deployToken(await asset.getAddress(), offering!.address, configure(everybody));
  await asset.connect(everybody.stranger).approve(token, MaxUint256);
  await nextBlockAt(((await now()) / DAY + 1n) * DAY);
  await token.connect(offering).launch(0);
  return { ...everybody, asset, token, offering: offering! };
}
