/** The deployment that court tests start from: every batch is audited, and the one that serves holds a seat too. */
import { id, type Result } from "ethers";

import {
  type Contracts,
  deployContracts as deploy,
  enrol,
  ethers,
  fund,
  MODEL,
  PARAMETERS as COMMON,
  SAMPLE_POINTS,
  type Signer,
  usd,
  VERIFIER_FEE,
  WAD,
} from "../escrow/system.js";

export {
  bytes32,
  type Contracts,
  ethers,
  HOUR,
  MODEL,
  networkHelpers,
  post as postRound,
  SAMPLE_POINTS,
  type Signer,
  usd,
  VERIFIER_FEE,
  WAD,
} from "../escrow/system.js";

export const SEAT_BOND = usd(100);

/** As the other tests' parameters, but every batch is audited, and a model carries any value. */
export const PARAMETERS = {
  ...COMMON,
  registry: { ...COMMON.registry, seatBond: SEAT_BOND, exposureWad: 1_000n * WAD },
  escrow: { ...COMMON.escrow, alwaysAuditAbove: 0n },
};

export const deployContracts = (parameters = PARAMETERS): Promise<Contracts> => deploy(parameters);

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
  await contracts.registry.connect(system.modelOwner).registerModel(system.modelOwner.address, 500, "", version, "");
  for (const provider of system.providers) await seat(system, provider, seats);
  await fund(contracts, system.requester, usd(100_000));
  return system;
}

/** Makes `signer` a provider with active seats; its operator is an address that nobody has the key of. */
async function seat(contracts: Contracts, signer: Signer, seats: number): Promise<void> {
  const { registry } = contracts;
  await enrol(contracts, signer, ethers.getAddress(ethers.dataSlice(id(signer.address), 12)));
  const first = Number(await registry.seatCount(MODEL));
  await registry.connect(signer).takeSeats(MODEL, seats);
  const taken = Array.from({ length: seats }, (_, index) => first + index);
  await registry.activateSeats(MODEL, taken);
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

/** A decoded tuple as an array; typechain hides that its structs and events are ethers' `Result`s. */
export const values = (decoded: object): unknown[] => (decoded as Result).toArray();

/** A decoded struct as a plain object. */
export const plain = (decoded: object): Record<string, unknown> => (decoded as Result).toObject();
