import type { ContractRunner, Provider } from "ethers";

import type { Deployment } from "./deployment.js";
import { AssayError } from "./errors.js";
import { toAssayError } from "./errors/toAssayError.js";
import { IAuditCourt__factory } from "./typechain/factories/interfaces/IAuditCourt__factory.js";
import { IJobEscrow__factory } from "./typechain/factories/interfaces/IJobEscrow__factory.js";
import { IModelRegistry__factory } from "./typechain/factories/interfaces/IModelRegistry__factory.js";
import { IModelOwnership__factory } from "./typechain/factories/interfaces/IModelOwnership__factory.js";
import { IProviderStaking__factory } from "./typechain/factories/interfaces/IProviderStaking__factory.js";
import { IRandomnessBeacon__factory } from "./typechain/factories/interfaces/IRandomnessBeacon__factory.js";
import { IOfferingFactory__factory } from "./typechain/factories/interfaces/IOfferingFactory__factory.js";
import { OfferingLens__factory } from "./typechain/factories/periphery/OfferingLens__factory.js";
import { RevenueClaimer__factory } from "./typechain/factories/periphery/RevenueClaimer__factory.js";
import { ISettlementAsset__factory } from "./typechain/factories/interfaces/ISettlementAsset__factory.js";
import type { IAuditCourt } from "./typechain/interfaces/IAuditCourt.js";
import type { IJobEscrow } from "./typechain/interfaces/IJobEscrow.js";
import type { IModelRegistry } from "./typechain/interfaces/IModelRegistry.js";
import type { IModelOwnership } from "./typechain/interfaces/IModelOwnership.js";
import type { IProviderStaking } from "./typechain/interfaces/IProviderStaking.js";
import type { IRandomnessBeacon } from "./typechain/interfaces/IRandomnessBeacon.js";
import type { IOfferingFactory } from "./typechain/interfaces/IOfferingFactory.js";
import type { OfferingLens } from "./typechain/periphery/OfferingLens.js";
import type { RevenueClaimer } from "./typechain/periphery/RevenueClaimer.js";
import type { ISettlementAsset } from "./typechain/interfaces/ISettlementAsset.js";

/** The contracts of one deployment, typed, with the provider they read through. */
export interface Contracts {
  readonly deployment: Deployment;
  readonly chainId: bigint;
  readonly provider: Provider;
  readonly asset: ISettlementAsset;
  readonly staking: IProviderStaking;
  readonly registry: IModelRegistry;
  /** The registry's ERC-721 face. */
  readonly modelToken: IModelOwnership;
  readonly escrow: IJobEscrow;
  readonly court: IAuditCourt;
  readonly beacon: IRandomnessBeacon;
  readonly offerings: IOfferingFactory;
  /** Views of offerings and holdings. */
  readonly offeringLens: OfferingLens;
  /** Claims of several tokens at once. */
  readonly revenueClaimer: RevenueClaimer;
}

/**
 * Connects to a deployment, after checking that the runner is on its network and that its contracts are there.
 *
 * @param deployment from `publicDeployment` or `parseDeployment`
 * @param runner a provider, or a signer with one
 * @throws AssayError `NO_PROVIDER`, `WRONG_NETWORK`, `MISSING_CONTRACT`, or what the RPC failed with
 *
 * @example
 * const contracts = await connect(deployment, new JsonRpcProvider("http://127.0.0.1:8545"));
 * console.log(await contracts.staking.asset());
 */
export async function connect(deployment: Deployment, runner: ContractRunner): Promise<Contracts> {
  const contracts = contractsOf(deployment, runner);
  await checkDeployment(contracts);
  return contracts;
}

/** The contracts without any check, for when the chain cannot be reached yet; `checkDeployment` makes up for it. */
export function contractsOf(deployment: Deployment, runner: ContractRunner): Contracts {
  const provider = runner.provider;
  if (provider === null) {
    throw new AssayError({
      code: "NO_PROVIDER",
      message: "The signer is not connected to a network.",
      hint: "Connect it to a provider first: signer.connect(provider).",
    });
  }
  const {
    ProviderStaking,
    ModelRegistry,
    JobEscrow,
    AuditCourt,
    DrandBeacon,
    OfferingFactory,
    OfferingLens,
    RevenueClaimer,
  } = deployment.contracts;
  return {
    deployment,
    chainId: BigInt(deployment.chainId),
    provider,
    asset: ISettlementAsset__factory.connect(deployment.asset.address, provider),
    staking: IProviderStaking__factory.connect(ProviderStaking, provider),
    registry: IModelRegistry__factory.connect(ModelRegistry, provider),
    modelToken: IModelOwnership__factory.connect(ModelRegistry, provider),
    escrow: IJobEscrow__factory.connect(JobEscrow, provider),
    court: IAuditCourt__factory.connect(AuditCourt, provider),
    beacon: IRandomnessBeacon__factory.connect(DrandBeacon, provider),
    offerings: IOfferingFactory__factory.connect(OfferingFactory, provider),
    offeringLens: OfferingLens__factory.connect(OfferingLens, provider),
    revenueClaimer: RevenueClaimer__factory.connect(RevenueClaimer, provider),
  };
}

/**
 * Checks that the provider is on the deployment's network and that every contract has code there.
 *
 * @throws AssayError `WRONG_NETWORK`, `MISSING_CONTRACT`, or what the RPC failed with
 */
export async function checkDeployment({ deployment, chainId, provider }: Contracts): Promise<void> {
  const named = Object.entries({ asset: deployment.asset.address, ...deployment.contracts });
  const [network, ...codes] = await Promise.all([
    provider.getNetwork(),
    ...named.map(([, address]) => provider.getCode(address)),
  ]).catch((error: unknown) => {
    throw toAssayError(error);
  });
  if (network.chainId !== chainId) {
    throw new AssayError({
      code: "WRONG_NETWORK",
      message: `The deployment is on chain ${chainId}, the RPC server on chain ${network.chainId}.`,
      hint: "Use an RPC URL of the deployment's network, or the deployment of that network.",
      details: { actual: network.chainId, expected: chainId },
    });
  }
  const missing = named.filter((_, index) => codes[index] === "0x");
  if (missing.length > 0) {
    throw new AssayError({
      code: "MISSING_CONTRACT",
      message: `There is no contract at ${missing.map(([name, address]) => `${address} (${name})`).join(", ")}.`,
      hint: "A restarted local chain needs a new deployment; elsewhere check the deployment file.",
      details: { missing: missing.map(([name]) => name) },
    });
  }
}
