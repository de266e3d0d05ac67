import { AbiCoder, concat, getCreateAddress, Interface } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { NetworkConnection } from "hardhat/types/network";

import { factoryModule, testAssetModule } from "./modules/Factory.js";
import { SYSTEM_CONTRACTS, type SystemContract, systemModule } from "./modules/System.js";
import { DeploymentError, type SystemParameters } from "./parameters.js";

/** Addresses of one deployment. */
export interface SystemAddresses {
  readonly asset: string;
  readonly factory: string;
  readonly contracts: Readonly<Record<SystemContract, string>>;
}

export interface DeployOptions {
  /** Name of Ignition's journal; a journal that exists is resumed. Not used on in-process networks. */
  readonly deploymentId?: string;
  /** Show Ignition's progress. */
  readonly displayUi?: boolean;
}

/**
 * Deploys asset (if it is the test asset), factory and the five contracts; resumes from Ignition's journal.
 * @throws DeploymentError without an account to deploy from
 */
export async function deploySystem(
  hre: HardhatRuntimeEnvironment,
  connection: NetworkConnection,
  parameters: SystemParameters,
  options: DeployOptions = {},
): Promise<SystemAddresses> {
  const { ignition, ethers } = connection;
  const [deployer] = await ethers.getSigners();
  if (deployer === undefined) throw new DeploymentError("The network has no account to deploy from. Set its key.");

  const asset =
    parameters.asset === "TestAsset"
      ? await (await ignition.deploy(testAssetModule, options)).asset.getAddress()
      : parameters.asset;
  const factory = await (await ignition.deploy(factoryModule, options)).factory.getAddress();
  const contracts = systemAddresses(factory);
  const initCodes = await systemInitCodes(hre, parameters, { asset, contracts, deployer: deployer.address });
  await ignition.deploy(systemModule, { ...options, parameters: { System: { factory, ...initCodes } } });
  for (const name of SYSTEM_CONTRACTS) {
    const code = await ethers.provider.getCode(contracts[name]);
    if (code === "0x") throw new DeploymentError(`${name} is missing at ${contracts[name]} after the deployment.`);
  }
  return { asset, factory, contracts };
}

/** Addresses of the contracts that a factory creates. */
export function systemAddresses(factory: string): Record<SystemContract, string> {
  const entries = SYSTEM_CONTRACTS.map((name, position) => [
    name,
    getCreateAddress({ from: factory, nonce: position + 1 }),
  ]);
  return Object.fromEntries(entries) as Record<SystemContract, string>;
}

/** Creation code of every contract, arguments appended. */
export async function systemInitCodes(
  hre: HardhatRuntimeEnvironment,
  parameters: SystemParameters,
  known: { asset: string; contracts: Record<SystemContract, string>; deployer: string },
): Promise<Record<SystemContract, string>> {
  const { beacon, staking, registry, escrow, court } = parameters;
  const at = known.contracts;
  const treasury = escrow.treasury === "deployer" ? known.deployer : escrow.treasury;
  const args: Record<SystemContract, readonly unknown[]> = {
    DrandBeacon: [keyWords(beacon.publicKey), beacon.genesis, beacon.period, beacon.stride, beacon.timeout],
    ProviderStaking: [known.asset, staking.sink, at.ModelRegistry, at.JobEscrow, at.AuditCourt],
    ModelRegistry: [at.ProviderStaking, at.JobEscrow, at.AuditCourt, registry],
    JobEscrow: [at.ProviderStaking, at.ModelRegistry, at.AuditCourt, at.DrandBeacon, { ...escrow, treasury }],
    AuditCourt: [at.JobEscrow, at.ProviderStaking, at.ModelRegistry, court],
  };
  const codes = await Promise.all(SYSTEM_CONTRACTS.map((name) => initCode(hre, name, args[name])));
  return Object.fromEntries(SYSTEM_CONTRACTS.map((name, i) => [name, codes[i]])) as Record<SystemContract, string>;
}

async function initCode(hre: HardhatRuntimeEnvironment, name: string, args: readonly unknown[]): Promise<string> {
  const { abi, bytecode } = await hre.artifacts.readArtifact(name);
  const inputs = new Interface(abi).deploy.inputs;
  return concat([bytecode, AbiCoder.defaultAbiCoder().encode(inputs, args)]);
}

function keyWords(publicKey: string): bigint[] {
  return [0, 64, 128, 192].map((start) => BigInt(`0x${publicKey.slice(start, start + 64)}`));
}
