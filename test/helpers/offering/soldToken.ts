/** A token after a sale on the real contracts, on a chain whose clock the caller sets for each transaction. */
import { type BytesLike, id, type Interface, type Log, MaxUint256, ZeroAddress, ZeroHash } from "ethers";
import hre, { network } from "hardhat";

import { deploySystem } from "../../../deploy/deploySystem.js";
import {
  IModelOffering__factory,
  IModelToken__factory,
  IOfferingFactory__factory,
  ModelVesting__factory,
  TestAsset__factory,
} from "../../../packages/sdk/src/typechain/index.js";
import type { Dice } from "../dice.js";
import { DAY, HOUR, PARAMETERS, WAD } from "../escrow/system.js";

const connection = await network.create({ network: "gas", override: { allowBlocksWithSameTimestamp: true } });
const { ethers, networkHelpers } = connection;

export const TOKEN = IModelToken__factory.createInterface();
export const OFFERING = IModelOffering__factory.createInterface();
export const ASSET = TestAsset__factory.createInterface();
export const VESTING = ModelVesting__factory.createInterface();

const GAS = "0x7a1200";

/** A transaction at `time`, without waiting for anything. @throws if it reverts */
export async function send(time: bigint, from: string, to: string, data: BytesLike): Promise<Log[]> {
  const { provider } = connection;
  await provider.request({ method: "evm_setNextBlockTimestamp", params: [`0x${time.toString(16)}`] });
  const hash: unknown = await provider.request({
    method: "eth_sendTransaction",
    params: [{ from, to, data, gas: GAS }],
  });
  const receipt: unknown = await provider.request({ method: "eth_getTransactionReceipt", params: [hash] });
  return (receipt as { logs: Log[] }).logs;
}

/** Arguments of the first event of this name. */
export function eventOf(logs: readonly Log[], contract: Interface, name: string): readonly unknown[] {
  const topic = contract.getEvent(name)?.topicHash;
  const log = logs.find(({ topics }) => topics[0] === topic);
  if (log === undefined) throw new RangeError(`no event ${name}`);
  return [...(contract.parseLog(log)?.args ?? [])] as readonly unknown[];
}

export interface SoldToken {
  readonly asset: string;
  readonly token: string;
  readonly offering: string;
  readonly vesting: string;
  readonly issuer: string;
  readonly ecosystem: string;
  readonly team: string;
  readonly liquidity: string;
  readonly stranger: string;
  /** Buyers that have not been settled, with what they committed. */
  readonly commitments: Map<string, bigint>;
  readonly raised: bigint;
  readonly hardCap: bigint;
  readonly saleSupply: bigint;
  readonly epochLength: bigint;
  readonly redeemBps: bigint;
  readonly launchedAt: bigint;
}

const BUYERS = 6;

type Deployment = Awaited<ReturnType<typeof deploySystem>>;
let deployment: Promise<Deployment> | undefined;

/** The contracts of all sales. */
function deployed(): Promise<Deployment> {
  deployment ??= deploySystem(hre, connection, PARAMETERS);
  return deployment;
}

/** Sells a token of `supply` to six buyers, more or less than the hard cap asks for. The asset's contract never earns. */
export async function sellToken(dice: Dice, supply: bigint): Promise<SoldToken> {
  const { asset, contracts } = await deployed();
  const accounts = (await ethers.getSigners()).map(({ address }) => address);
  const [issuer, ecosystem, team, liquidity, stranger] = accounts.slice(1, 6) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const registry = await ethers.getContractAt("ModelRegistry", contracts.ModelRegistry);
  const version = { policyId: id("policy"), verifierFee: 0n, detection: WAD, samplePoints: 1n };
  await registry.connect(await ethers.getSigner(issuer)).registerModel(issuer, 500, "", version, "");
  const modelId = await registry.modelCount();

  const opensAt = BigInt(await networkHelpers.time.latest()) + BigInt(HOUR);
  const closesAt = opensAt + BigInt(2 * DAY);
  const epochLength = dice.of([BigInt(HOUR), 10_007n, BigInt(DAY), BigInt(30 * DAY)]);
  const redeemBps = dice.of([0n, 2_000n, 3_333n, 5_000n]);
  const hardCap = dice.size(10n ** 12n) + 1_000_000n;
  const config = {
    modelId,
    name: "Shares of a model",
    symbol: "MODEL",
    supply,
    saleBps: 5_000,
    liquidityBps: 2_000,
    teamBps: 1_500,
    ecosystemBps: 1_500,
    redeemBps,
    epochLength,
    hardCap,
    softCap: hardCap / 2n,
    opensAt,
    closesAt,
    allowlistRoot: ZeroHash,
    team,
    teamCliff: 3n * epochLength,
    teamDuration: 40n * epochLength,
    ecosystem,
    liquidityRecipient: liquidity,
    transferPolicy: ZeroAddress,
    excluded: [asset],
  };
  const create = IOfferingFactory__factory.createInterface().encodeFunctionData("create", [config, true]);
  const created = await send(opensAt - 60n, issuer, contracts.OfferingFactory, create);
  const [, , offering, , token, vesting] = eventOf(
    created,
    IOfferingFactory__factory.createInterface(),
    "OfferingCreated",
  ) as [bigint, string, string, bigint, string, string];

  const commitments = new Map<string, bigint>();
  const most = hardCap * dice.of([1n, 1n, 50n]);
  for (const buyer of accounts.slice(6, 6 + BUYERS)) {
    // The first alone meets the soft cap.
    const amount = commitments.size === 0 ? hardCap / 2n + dice.size(most) : dice.size(most);
    await send(opensAt, buyer, asset, ASSET.encodeFunctionData("mint", [buyer, amount]));
    await send(opensAt, buyer, asset, ASSET.encodeFunctionData("approve", [offering, MaxUint256]));
    await send(opensAt, buyer, offering, OFFERING.encodeFunctionData("commit", [amount, 0, []]));
    commitments.set(buyer, amount);
  }
  await send(opensAt, stranger, asset, ASSET.encodeFunctionData("approve", [token, MaxUint256]));
  const launchedAt = closesAt + dice.below(3n * BigInt(DAY));
  await send(launchedAt, stranger, offering, OFFERING.encodeFunctionData("finalize"));

  const shares = [2_000n, 1_500n, 1_500n].map((bps) => (supply * bps) / 10_000n);
  return {
    asset,
    token,
    offering,
    vesting,
    issuer,
    ecosystem,
    team,
    liquidity,
    stranger,
    commitments,
    raised: [...commitments.values()].reduce((sum, amount) => sum + amount, 0n),
    hardCap,
    saleSupply: supply - shares.reduce((sum, share) => sum + share, 0n),
    epochLength,
    redeemBps,
    launchedAt,
  };
}

/** Calls a view of the token at `time`. */
export async function ask<T>(time: bigint, token: string, method: string, args: readonly unknown[]): Promise<T> {
  const { provider } = connection;
  await provider.request({ method: "evm_setNextBlockTimestamp", params: [`0x${time.toString(16)}`] });
  await provider.request({ method: "evm_mine" });
  const data = TOKEN.encodeFunctionData(method as "claimable", args as [string]);
  const result: unknown = await provider.request({ method: "eth_call", params: [{ to: token, data }, "latest"] });
  return TOKEN.decodeFunctionResult(method as "claimable", result as string)[0] as T;
}
