import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { trackTransaction } from "@nomicfoundation/ignition-core";
import { AbiCoder, concat, getCreateAddress, Interface } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { NetworkConnection } from "hardhat/types/network";

import { factoryModule, testAssetModule } from "./modules/Factory.js";
import { SYSTEM_CONTRACTS, type SystemContract, systemModule } from "./modules/System.js";
import { DeploymentError, type SystemParameters } from "./parameters.js";

/** How far back a transaction is looked for that a killed process had sent: hours on a fast chain. */
const SEARCHED_BLOCKS = 5_000;

const SETTLE_MILLISECONDS = 600_000;
const SETTLE_INTERVAL = 200;
/** Ignition's own default. */
const DEFAULT_CONFIRMATIONS = 5;

/** Addresses of one deployment. */
export interface SystemAddresses {
  readonly asset: string;
  readonly factory: string;
  readonly contracts: Readonly<Record<SystemContract, string>>;
}

export interface DeployOptions {
  /** Name of Ignition's journals (`journalIds`); those that exist are resumed. Absent on in-process networks. */
  readonly deploymentId?: string;
  /** Show Ignition's progress. */
  readonly displayUi?: boolean;
}

/**
 * Deploys asset (if it is the test asset), factory and the protocol's contracts; resumes from Ignition's journal.
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

  const journaled = journaledDeploy(hre, connection, options);
  const asset =
    parameters.asset === "TestAsset"
      ? await (await journaled("asset", (id) => ignition.deploy(testAssetModule, id))).asset.getAddress()
      : parameters.asset;
  const factory = await (await journaled("factory", (id) => ignition.deploy(factoryModule, id))).factory.getAddress();
  const contracts = systemAddresses(factory);
  const initCodes = await systemInitCodes(hre, parameters, { asset, contracts, deployer: deployer.address });
  await journaled("system", (id) =>
    ignition.deploy(systemModule, { ...id, parameters: { System: { factory, ...initCodes } } }),
  );
  for (const name of SYSTEM_CONTRACTS) {
    const code = await ethers.provider.getCode(contracts[name]);
    if (code === "0x") throw new DeploymentError(`${name} is missing at ${contracts[name]} after the deployment.`);
  }
  return { asset, factory, contracts };
}

/** Names of the journals of one deployment, a module each: Ignition refuses a journal with futures of another module. */
export function journalIds(deploymentId: string): string[] {
  return ["asset", "factory", "system"].map((part) => `${deploymentId}-${part}`);
}

/** Runs modules with their journals, and finds again what a killed process had sent but not written down. */
function journaledDeploy(
  hre: HardhatRuntimeEnvironment,
  connection: NetworkConnection,
  { deploymentId, displayUi = false }: DeployOptions,
) {
  return async <T>(part: string, deploy: (options: DeployOptions) => Promise<T>): Promise<T> => {
    if (deploymentId === undefined) return await deploy({ displayUi });
    const id = `${deploymentId}-${part}`;
    await settle(connection, await confirmationsOf(hre, connection));
    try {
      return await deploy({ deploymentId: id, displayUi });
    } catch (error) {
      const lost = lostTransaction(error);
      if (lost === undefined) throw error;
      const hash = await findTransaction(connection, lost);
      const folder = path.join(hre.config.paths.ignition, "deployments", id);
      await trackTransaction(folder, hash, connection.provider, await confirmationsOf(hre, connection));
      return await deploy({ deploymentId: id, displayUi });
    }
  };
}

/**
 * Waits until everything that the deployer ever sent is final: Ignition refuses to start a module while a transaction that is
 * not in its journal has not its confirmations, and the module before may have left one.
 */
async function settle({ ethers }: NetworkConnection, confirmations: number): Promise<void> {
  const [deployer] = await ethers.getSigners();
  if (deployer === undefined) return;
  const deadline = Date.now() + SETTLE_MILLISECONDS;
  for (;;) {
    const latest = await ethers.provider.getBlockNumber();
    const pending = await ethers.provider.getTransactionCount(deployer.address, "pending");
    const final = latest - confirmations + 1;
    const settled = final < 0 ? 0 : await ethers.provider.getTransactionCount(deployer.address, final);
    if (settled === pending) return;
    if (Date.now() > deadline) {
      throw new DeploymentError(
        `${pending - settled} transaction(s) of ${deployer.address} are still not final. When they are, run the same command ` +
          "again; one that is stuck has to be replaced by its sender.",
      );
    }
    await sleep(SETTLE_INTERVAL);
  }
}

/** Blocks after which Ignition takes a transaction for final on this network. */
async function confirmationsOf(hre: HardhatRuntimeEnvironment, { provider }: NetworkConnection): Promise<number> {
  const automined: unknown = await provider.request({ method: "hardhat_getAutomine" }).catch(() => false);
  return automined === true ? 1 : (hre.config.ignition.requiredConfirmations ?? DEFAULT_CONFIRMATIONS);
}

interface LostTransaction {
  readonly sender: string;
  readonly nonce: number;
}

/** Ignition's error for a prepared nonce that is used by it does not know what: TRANSACTION_LOST. */
const TRANSACTION_LOST = 10_410;

function lostTransaction(error: unknown): LostTransaction | undefined {
  const { number, messageArguments } = error as { number?: unknown; messageArguments?: Record<string, unknown> };
  if (number !== TRANSACTION_LOST || messageArguments === undefined) return undefined;
  return { sender: String(messageArguments["sender"]), nonce: Number(messageArguments["nonce"]) };
}

/** Looks for the sender's transaction with this nonce, newest block first. */
async function findTransaction({ ethers }: NetworkConnection, { sender, nonce }: LostTransaction): Promise<string> {
  const latest = await ethers.provider.getBlockNumber();
  for (let number = latest; number >= 0 && number > latest - SEARCHED_BLOCKS; --number) {
    const block = await ethers.provider.getBlock(number, true);
    const found = block?.prefetchedTransactions.find(
      (transaction) => transaction.nonce === nonce && transaction.from.toLowerCase() === sender.toLowerCase(),
    );
    if (found !== undefined) return found.hash;
  }
  throw new DeploymentError(
    `A transaction of ${sender} with nonce ${nonce} was sent before the interruption and is not in the last ` +
      `${SEARCHED_BLOCKS} blocks. Wait until it is mined and run the same command again, or find its hash and give it to ` +
      "npx hardhat ignition track-tx.",
  );
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
  const { beacon, staking, registry, escrow, court, offerings } = parameters;
  const at = known.contracts;
  const treasury = escrow.treasury === "deployer" ? known.deployer : escrow.treasury;
  const args: Record<SystemContract, readonly unknown[]> = {
    DrandBeacon: [keyWords(beacon.publicKey), beacon.genesis, beacon.period, beacon.stride, beacon.timeout],
    ProviderStaking: [known.asset, staking.sink, at.ModelRegistry, at.JobEscrow, at.AuditCourt],
    ModelRegistry: [at.ProviderStaking, at.JobEscrow, at.AuditCourt, at.OfferingFactory, registry],
    JobEscrow: [at.ProviderStaking, at.ModelRegistry, at.AuditCourt, at.DrandBeacon, { ...escrow, treasury }],
    AuditCourt: [at.JobEscrow, at.ProviderStaking, at.ModelRegistry, court],
    ModelTokenDeployer: [],
    OfferingFactory: [at.JobEscrow, at.ModelTokenDeployer, offerings],
    OfferingLens: [at.OfferingFactory],
    RevenueClaimer: [],
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
