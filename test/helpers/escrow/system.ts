/** The whole deployment with a model, seated providers, one that works, and a requester with money: where escrow tests start. */
import { developmentBeaconKey, type EscrowParams, signRound } from "@assay/sdk";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { id, MaxUint256, parseUnits, ZeroAddress } from "ethers";
import hre, { network } from "hardhat";

import { deploySystem } from "../../../deploy/deploySystem.js";
import type { SystemParameters } from "../../../deploy/parameters.js";

/** The network of the gas figures: its rules never change. */
export const connection = await network.create({ network: "gas" });
export const { ethers, networkHelpers } = connection;

export type Signer = HardhatEthersSigner;

/** Whole units of the settlement asset. */
export const usd = (amount: number | string): bigint => parseUnits(amount.toString(), 6);

export const WAD = 10n ** 18n;
export const HOUR = 3_600;
export const DAY = 86_400;
export const MODEL = 1n;
export const VERIFIER_FEE = usd("0.02");
export const SAMPLE_POINTS = 8n;
export const BEACON_KEY = developmentBeaconKey(31_337n);

export const PARAMETERS: SystemParameters = {
  network: "test",
  asset: "TestAsset",
  beacon: {
    publicKey: BEACON_KEY.publicKey,
    genesis: 1_727_521_075,
    period: 3,
    stride: 20,
    timeout: 20 * 60,
    urls: [],
  },
  staking: { sink: "0x000000000000000000000000000000000000dEaD" },
  registry: {
    seatBond: usd(500),
    seatActivationDelay: 0,
    seatExitDelay: 14 * DAY,
    royaltyDelay: 0,
    maxRoyaltyBps: 5_000,
    minProviders: 4,
    exposureWad: WAD,
    testNetwork: true,
  },
  escrow: {
    treasury: "0x000000000000000000000000000000000000bEEF",
    protocolFeeBps: 100,
    beaconShare: usd("0.005"),
    beaconDelay: 60,
    maxDisputeWindow: DAY,
    callbackGas: 100_000,
    verifierValueBps: 100,
    alwaysAuditAbove: usd(1_000),
    collusion: WAD / 5n,
    capture: (WAD * 8n) / 100n,
    recovery: WAD / 2n,
    safety: 2n * WAD,
    floor: WAD / 100n,
    closeGrace: 86_400,
    testNetwork: false,
  },
  court: {
    drawWindow: 2 * HOUR,
    openWindow: 2 * HOUR,
    commitWindow: 4 * HOUR,
    revealWindow: 2 * HOUR,
    testNetwork: false,
  },
  offerings: {
    minEpochLength: HOUR,
    maxEpochLength: 30 * DAY,
    minSaleDuration: 2 * DAY,
    withdrawLock: DAY,
    finalizeGrace: 7 * DAY,
    poolVerifier: ZeroAddress,
    testNetwork: false,
  },
};

/** `PARAMETERS.escrow` as the contract and the sampling law take them. */
export const TERMS = Object.fromEntries(
  Object.entries(PARAMETERS.escrow).map(([name, value]) => [name, typeof value === "number" ? BigInt(value) : value]),
) as unknown as EscrowParams;

/** Deploys the contracts and connects their bindings. */
export async function deployContracts(parameters: SystemParameters = PARAMETERS) {
  const { asset, contracts } = await deploySystem(hre, connection, parameters);
  return {
    asset: await ethers.getContractAt("TestAsset", asset),
    beacon: await ethers.getContractAt("DrandBeacon", contracts.DrandBeacon),
    staking: await ethers.getContractAt("ProviderStaking", contracts.ProviderStaking),
    registry: await ethers.getContractAt("ModelRegistry", contracts.ModelRegistry),
    escrow: await ethers.getContractAt("JobEscrow", contracts.JobEscrow),
    court: await ethers.getContractAt("AuditCourt", contracts.AuditCourt),
    offerings: await ethers.getContractAt("OfferingFactory", contracts.OfferingFactory),
    lens: await ethers.getContractAt("OfferingLens", contracts.OfferingLens),
  };
}

export type Contracts = Awaited<ReturnType<typeof deployContracts>>;

export interface System extends Contracts {
  readonly parameters: SystemParameters;
  readonly requester: Signer;
  readonly modelOwner: Signer;
  readonly payout: Signer;
  readonly stranger: Signer;
  /** Serves the jobs; its operator is `operator`. It holds no seat. */
  readonly provider: Signer;
  readonly operator: Signer;
  /** Holders of one active seat each. */
  readonly verifiers: readonly Signer[];
}

/** Makes `signer` a provider with `stake` free. */
export async function enrol(
  { asset, staking }: Contracts,
  signer: Signer,
  operator: string,
  stake = usd(10_000),
): Promise<void> {
  await asset.mint(signer.address, stake);
  await asset.connect(signer).approve(staking, MaxUint256);
  await staking.connect(signer).deposit(signer.address, stake);
  await staking.connect(signer).register(operator, "");
}

/** Gives `signer` an account of `amount` in the escrow. */
export async function fund({ asset, escrow }: Contracts, signer: Signer, amount: bigint): Promise<void> {
  await asset.mint(signer.address, amount);
  await asset.connect(signer).approve(escrow, MaxUint256);
  await escrow.connect(signer).deposit(signer.address, amount);
}

export interface SystemOptions {
  readonly parameters?: SystemParameters;
  readonly detection?: bigint;
  readonly verifierFee?: bigint;
  /** Smallest units that provider and requester hold; default 10,000 whole units. */
  readonly money?: bigint;
}

export async function deployAll(options: SystemOptions = {}): Promise<System> {
  const { parameters = PARAMETERS, detection = WAD, verifierFee = VERIFIER_FEE, money = usd(10_000) } = options;
  const contracts = await deployContracts(parameters);
  const [, requester, modelOwner, payout, stranger, provider, operator, ...others] = await ethers.getSigners();
  const verifiers = others.slice(0, 8);
  const version = { policyId: id("policy"), verifierFee, detection, samplePoints: SAMPLE_POINTS };
  await contracts.registry.connect(modelOwner).registerModel(payout!.address, 500, "", version, "");
  await enrol(contracts, provider!, operator!.address, money);
  for (const [seat, verifier] of verifiers.entries()) {
    await enrol(contracts, verifier, ethers.getAddress(ethers.dataSlice(id(verifier.address), 12)), money);
    await contracts.registry.connect(verifier).takeSeats(MODEL, 1);
    await contracts.registry.activateSeats(MODEL, [seat]);
  }
  await fund(contracts, requester!, money);
  return {
    ...contracts,
    parameters,
    requester: requester!,
    modelOwner: modelOwner!,
    payout: payout!,
    stranger: stranger!,
    provider: provider!,
    operator: operator!,
    verifiers,
  };
}

/** The usual system, for `loadFixture`. */
export const standardSystem = (): Promise<System> => deployAll();

export const signatureOf = (round: bigint): string => signRound(round, BEACON_KEY.secretKey);

/** Moves the clock to a round's publication and posts it. */
export async function post({ beacon }: Contracts, round: bigint): Promise<void> {
  await passTime(await beacon.timeOf(round));
  await beacon.post(round, signatureOf(round));
}

/** The next block is not before `timestamp`. */
export async function passTime(timestamp: bigint | number): Promise<void> {
  if (BigInt(await networkHelpers.time.latest()) < BigInt(timestamp)) await networkHelpers.time.increaseTo(timestamp);
}

/** The court's address as a signer: for what only the court may call. */
export async function courtSigner({ court }: Contracts): Promise<Signer> {
  const address = await court.getAddress();
  await networkHelpers.impersonateAccount(address);
  await networkHelpers.setBalance(address, WAD);
  return ethers.getSigner(address);
}

export const bytes32 = (text: string): string => ethers.encodeBytes32String(text);
