import { AssayError, type Contracts, getBalances, versionOfPolicy } from "@assay/sdk";
import { formatEther, formatUnits, ZeroAddress } from "ethers";

import type { ServedModel } from "../adapters/engine/loadModels.js";
import type { WorkerConfig } from "../domain/configSchema.js";

/** Behind this, the chain's newest block says little about now. */
const LONGEST_LAG_SECONDS = 120;

/**
 * Finds the provider that the key works for.
 *
 * @throws AssayError `NOT_REGISTERED`, `WRONG_PROVIDER_KEY`
 */
export async function findProvider(
  { staking }: Contracts,
  { operator, expected }: { readonly operator: string; readonly expected?: string | undefined },
): Promise<string> {
  const ofOperator = await staking.providerOf(operator);
  // A provider may work with its owner key; better not.
  const isOwner = ofOperator === ZeroAddress && (await staking.operatorOf(operator)) !== ZeroAddress;
  const provider = isOwner ? operator : ofOperator;
  if (provider === ZeroAddress) {
    throw new AssayError({
      code: "NOT_REGISTERED",
      message: `The key ${operator} is no provider's operator.`,
      hint: "Register the provider with this operator, or set it as the operator, with the owner key; then start again.",
    });
  }
  if (expected !== undefined && expected !== provider) {
    throw new AssayError({
      code: "NOT_REGISTERED",
      message: `The key ${operator} works for ${provider}, the configuration names ${expected}.`,
      hint: "Correct provider in the configuration, or use that provider's operator key.",
    });
  }
  return provider;
}

/** @throws AssayError `NO_STAKE` */
export async function checkStake(contracts: Contracts, provider: string): Promise<string> {
  const { staked, locked, free } = await getBalances({ contracts }, { account: provider });
  const { decimals, symbol } = contracts.deployment.asset;
  if (staked === 0n) {
    throw new AssayError({
      code: "NO_STAKE",
      message: `The provider ${provider} has no stake.`,
      hint: `Deposit ${symbol} as its stake: every job and every seat locks some.`,
    });
  }
  const [all, bound, left] = [staked, locked, free].map((amount) => formatUnits(amount, decimals));
  return `${all} ${symbol}, ${bound} of it locked, ${left} free`;
}

/** @throws AssayError `NO_GAS` */
export async function checkGas(
  { provider }: Contracts,
  { operator, minBalance }: { readonly operator: string; readonly minBalance: bigint },
): Promise<string> {
  const balance = await provider.getBalance(operator);
  if (balance < minBalance) {
    throw new AssayError({
      code: "NO_GAS",
      message: `The operator ${operator} has ${formatEther(balance)} for gas, the worker wants ${formatEther(minBalance)}.`,
      hint: "Send it some of the network's coin, or lower gas.minBalance.",
    });
  }
  return `${formatEther(balance)} for gas`;
}

/**
 * Holds a model's policy file to what the registry pins.
 *
 * @throws AssayError `MODEL_MISMATCH`
 */
export async function checkModel({ registry }: Contracts, { config, document }: ServedModel): Promise<string> {
  const { modelId, version } = config;
  const latest = await registry.latestVersion(modelId);
  if (BigInt(version) > latest) {
    throw new AssayError({
      code: "MODEL_MISMATCH",
      message:
        latest === 0n
          ? `There is no model ${modelId} in this deployment.`
          : `Model ${modelId} has no version ${version}; its latest is ${latest}.`,
      hint: "Correct modelId and version in the configuration.",
    });
  }
  const onChain = await registry.versionOf(modelId, version);
  const own = versionOfPolicy(document);
  for (const field of ["policyId", "verifierFee", "detection", "samplePoints"] as const) {
    if (onChain[field] === own[field]) continue;
    throw new AssayError({
      code: "MODEL_MISMATCH",
      message: `Version ${version} of model ${modelId} has the ${field} ${onChain[field]}, the policy file ${own[field]}.`,
      hint: "Use the policy file that the model's owner published for this version.",
    });
  }
  return `model ${modelId}, version ${version}: the policy is the registry's`;
}

/** Everything that keeps a worker from working and that the chain knows. */
export async function checkChain(
  contracts: Contracts,
  {
    config,
    operator,
    models,
  }: {
    readonly config: WorkerConfig;
    readonly operator: string;
    readonly models: ReadonlyMap<string, ServedModel>;
  },
): Promise<string> {
  const provider = await findProvider(contracts, { operator, expected: config.provider });
  await checkStake(contracts, provider);
  await checkGas(contracts, { operator, minBalance: config.gas.minBalance });
  for (const model of models.values()) await checkModel(contracts, model);
  return provider;
}

/** @throws AssayError `RPC_LAGS` */
export async function checkClock({ provider }: Contracts): Promise<string> {
  const block = await provider.getBlock("latest");
  const lag = Math.floor(Date.now() / 1_000) - (block?.timestamp ?? 0);
  if (Math.abs(lag) > LONGEST_LAG_SECONDS) {
    throw new AssayError({
      code: "RPC_LAGS",
      message: `The newest block is ${lag} seconds old by this machine's clock.`,
      hint: "Check this machine's clock, and whether the RPC server follows the chain.",
      retryable: true,
    });
  }
  return `block ${block?.number}, ${lag} seconds old`;
}
