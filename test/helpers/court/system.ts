/** The whole deployment with a model, providers that hold seats, and a requester with money: where court tests start. */
import { developmentBeaconKey, signRound } from "@assay/sdk";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { id, MaxUint256, parseUnits, type Result } from "ethers";
import hre, { network } from "hardhat";

import { deploySystem } from "../../../deploy/deploySystem.js";
import type { SystemParameters } from "../../../deploy/parameters.js";

export const connection = await network.create();
export const { ethers, networkHelpers } = connection;

export type Signer = HardhatEthersSigner;

/** Whole units of the settlement asset. */
export const usd = (amount: number | string): bigint => parseUnits(amount.toString(), 6);

export const WAD = 10n ** 18n;
export const HOUR = 3_600;
export const MODEL = 1n;
export const SEAT_BOND = usd(100);
export const VERIFIER_FEE = usd("0.02");
export const SAMPLE_POINTS = 8n;

const BEACON_KEY = developmentBeaconKey(31_337n);

/** A public network's windows; every batch is audited. */
export const PARAMETERS: SystemParameters = {
  network: "test",
  asset: "TestAsset",
  beacon: {
    publicKey: BEACON_KEY.publicKey,
    genesis: 1_727_521_075,
    period: 3,
    stride: 20,
    timeout: HOUR,
    urls: [],
  },
  staking: { sink: "0x000000000000000000000000000000000000dEaD" },
  registry: {
    seatBond: SEAT_BOND,
    seatActivationDelay: 0,
    seatExitDelay: 14 * 24 * HOUR,
    royaltyDelay: 0,
    maxRoyaltyBps: 5_000,
    minProviders: 4,
    exposureWad: 1_000n * WAD,
    testNetwork: true,
  },
  escrow: {
    treasury: "deployer",
    protocolFeeBps: 100,
    beaconShare: usd("0.005"),
    beaconDelay: 60,
    maxDisputeWindow: 24 * HOUR,
    callbackGas: 100_000,
    verifierValueBps: 100,
    alwaysAuditAbove: 0n,
    collusion: WAD / 5n,
    capture: (WAD * 8n) / 100n,
    recovery: WAD / 2n,
    safety: 2n * WAD,
    floor: WAD / 100n,
    testNetwork: false,
  },
  court: {
    drawWindow: 2 * HOUR,
    openWindow: 2 * HOUR,
    commitWindow: 4 * HOUR,
    revealWindow: 2 * HOUR,
    testNetwork: false,
  },
};

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
  };
}

export type Contracts = Awaited<ReturnType<typeof deployContracts>>;

export interface System extends Contracts {
  readonly deployer: Signer;
  readonly requester: Signer;
  readonly modelOwner: Signer;
  readonly stranger: Signer;
  /** Holders of one active seat each; the first serves the jobs. */
  readonly providers: readonly Signer[];
  readonly policyId: string;
}

/** `providers` of 16 hold `seats` seats each, all active. */
export async function seatedSystem(providers = 11, seats = 1, parameters = PARAMETERS): Promise<System> {
  const contracts = await deployContracts(parameters);
  const { asset, escrow, registry } = contracts;
  const [deployer, requester, modelOwner, stranger, ...others] = await ethers.getSigners();
  const system: System = {
    ...contracts,
    deployer: deployer!,
    requester: requester!,
    modelOwner: modelOwner!,
    stranger: stranger!,
    providers: others.slice(0, providers),
    policyId: id("policy"),
  };
  const version = {
    policyId: system.policyId,
    verifierFee: VERIFIER_FEE,
    detection: WAD,
    samplePoints: SAMPLE_POINTS,
  };
  await registry.connect(system.modelOwner).registerModel(system.modelOwner.address, 500, "", version, "");
  for (const provider of system.providers) await enrol(system, provider, seats);
  await asset.mint(system.requester.address, usd(100_000));
  await asset.connect(system.requester).approve(escrow, MaxUint256);
  await escrow.connect(system.requester).deposit(system.requester.address, usd(100_000));
  return system;
}

/** Makes `signer` a provider with active seats; its operator is an address that nobody has the key of. */
export async function enrol({ asset, staking, registry }: Contracts, signer: Signer, seats: number): Promise<void> {
  await asset.mint(signer.address, usd(10_000));
  await asset.connect(signer).approve(staking, MaxUint256);
  await staking.connect(signer).deposit(signer.address, usd(10_000));
  await staking.connect(signer).register(ethers.getAddress(ethers.dataSlice(id(signer.address), 12)), "");
  if (seats === 0) return;
  const first = Number(await registry.seatCount(MODEL));
  await registry.connect(signer).takeSeats(MODEL, seats);
  await registry.activateSeats(
    MODEL,
    Array.from({ length: seats }, (_, index) => first + index),
  );
}

/** Eleven providers: enough for both panels without repeating anybody. */
export const elevenProviders = (): Promise<System> => seatedSystem(11);

/** Eleven providers where the sampling law alone says what is audited. */
export const elevenUnderTheLaw = (): Promise<System> =>
  seatedSystem(11, 1, { ...PARAMETERS, escrow: { ...PARAMETERS.escrow, alwaysAuditAbove: usd(1_000_000) } });

/** Five providers: the second panel is three again, and has to repeat members of the first. */
export const fiveProviders = (): Promise<System> => seatedSystem(5);

/**
 * Four others and four hundred seats that nobody has activated: a call draws a panel of this model about once in a
 * thousand times.
 */
export async function sparseSeats(): Promise<System> {
  const system = await seatedSystem(5);
  const farm = await ethers.deployContract("SeatFarm", [system.staking, system.registry, system.asset]);
  for (let grown = 0; grown < 50; grown += 10) await farm.grow(MODEL, 10, 8);
  return system;
}

/** Makes a round public. */
export async function postRound({ beacon }: Contracts, round: bigint): Promise<void> {
  const due = (await beacon.timeOf(round)) + 1n;
  if (BigInt(await networkHelpers.time.latest()) < due) await networkHelpers.time.increaseTo(due);
  await beacon.post(round, signRound(round, BEACON_KEY.secretKey));
}

export const bytes32 = (text: string): string => ethers.encodeBytes32String(text);

/** A decoded tuple as an array; typechain hides that its structs and events are ethers' `Result`s. */
export const values = (decoded: object): unknown[] => (decoded as Result).toArray();

/** A decoded struct as a plain object. */
export const plain = (decoded: object): Record<string, unknown> => (decoded as Result).toObject();
