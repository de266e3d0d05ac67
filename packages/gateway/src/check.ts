import { AssayError, checkDeployment, type Contracts, type Deployment, getBalances } from "@assay/sdk";
import { checkDisk, checkPort, type CheckResult, Checks, loadKeystore } from "@assay/sdk/node";
import { formatEther } from "ethers";

import { MarketReader } from "./adapters/chain/marketReader.js";
import { KeyStore } from "./adapters/storage/keyStore.js";
import { openStorage } from "./adapters/storage/openStorage.js";
import { formatAmount } from "./domain/amounts.js";
import type { GatewayConfig } from "./domain/configSchema.js";
import { contractsFor, deploymentOf, ownerOf } from "./startGateway.js";

const DISK_HINT = "Make room: an answer whose receipt cannot be written is not given out.";

/**
 * Looks at everything that a gateway needs, the rest too when something fails, and changes nothing but that the data folder is made.
 *
 * @param onResult told about each result as it comes
 * @returns all results; the gateway can start if none has failed
 *
 * @example
 * const results = await checkGateway(config, ({ name, status, message }) => console.log(status, name, message));
 */
export async function checkGateway(
  config: GatewayConfig,
  onResult: (result: CheckResult) => void = () => undefined,
): Promise<readonly CheckResult[]> {
  const checks = new Checks(onResult);
  const deployment = await checks.run("deployment", async () => {
    const found = await deploymentOf(config);
    return [found, `${found.network}, chain ${found.chainId}`];
  });
  await checks.run("port", async () => [true, await checkPort({ ...config, program: "a gateway" })]);
  await checks.run("disk", async () => [true, await checkDisk(config.dataDir, DISK_HINT)], "warning");
  if (deployment === undefined) return checks.results;
  const requester = await checks.run("keystore", async () => {
    const { keystore: file, passwordFile } = config;
    const { address } = await loadKeystore({ file, passwordFile, chainId: deployment.chainId });
    return [address, `pays as ${address}`];
  });
  if (requester !== undefined) {
    await checks.run("API keys", async () => [true, await checkKeys(config, deployment, requester)], "warning");
  }
  const { contracts, rpc } = contractsFor(config, deployment);
  try {
    const chain = await checks.run("chain", async () => {
      await checkDeployment(contracts);
      return [true, `${rpc.url}: all contracts are there`];
    });
    if (chain === undefined) return checks.results;
    if (requester !== undefined) await checkMoney(checks, config, contracts, requester);
    await checks.run("models", async () => [true, await checkModels(config, contracts)]);
  } finally {
    rpc.destroy();
  }
  return checks.results;
}

async function checkKeys(config: GatewayConfig, deployment: Deployment, requester: string): Promise<string> {
  if (config.open) return `open: no keys, only on ${config.host}`;
  const database = await openStorage(config.dataDir, ownerOf(deployment, requester));
  try {
    const now = Date.now();
    const valid = (await new KeyStore(database).list()).filter(
      ({ revokedAt, expiresAt }) => revokedAt === undefined && (expiresAt === undefined || expiresAt > now),
    );
    if (valid.length > 0) return `${valid.length} in force`;
  } finally {
    await database.destroy();
  }
  throw new AssayError({
    code: "NO_KEYS",
    message: "There is no API key, so nobody can ask anything.",
    hint: "Make one with assay-gateway keys create NAME, or run with --open on this machine only.",
  });
}

async function checkMoney(
  checks: Checks,
  config: GatewayConfig,
  contracts: Contracts,
  requester: string,
): Promise<void> {
  const balances = await checks.run("account", async () => {
    const found = await getBalances({ contracts }, { account: requester });
    return [found, `job nonce ${found.nonce}`];
  });
  if (balances === undefined) return;
  const { asset } = contracts.deployment;
  await checks.run("gas", () => {
    if (balances.native >= config.gas.minBalance)
      return Promise.resolve([true, `${formatEther(balances.native)} coins for gas`]);
    throw new AssayError({
      code: "NO_GAS",
      message: `${requester} has ${formatEther(balances.native)} coins for gas, less than gas.minBalance.`,
      hint: "Send it some: sessions are opened, topped up and closed by transactions.",
    });
  });
  await checks.run("funds", () => {
    if (balances.escrow >= config.budget.perSession) {
      return Promise.resolve([true, `${formatAmount(balances.escrow, asset)} in the escrow`]);
    }
    throw new AssayError({
      code: "NO_FUNDS",
      message: `The escrow holds ${formatAmount(balances.escrow, asset)} for ${requester}; a session is opened with ${formatAmount(config.budget.perSession, asset)}.`,
      hint: "Add to it: assay funds deposit. Or lower budget.perSession.",
    });
  });
}

async function checkModels(config: GatewayConfig, contracts: Contracts): Promise<string> {
  const { models, problems } = await new MarketReader(contracts, config).read();
  if (models.length > 0) {
    return models.map(({ names, offers }) => `${names[0] ?? ""} (${offers.length} providers)`).join(", ");
  }
  throw new AssayError({
    code: "NO_MODELS",
    message: `Nobody offers a model by session${problems.length === 0 ? "" : `: ${problems.join(" ")}`}`,
    hint: "Check providers.allow and providers.deny, or wait for providers to come back.",
  });
}
