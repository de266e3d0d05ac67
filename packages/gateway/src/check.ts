import { once } from "node:events";
import { access, constants, mkdir, statfs } from "node:fs/promises";
import { createServer } from "node:net";

import { AssayError, checkDeployment, type Contracts, type Deployment, getBalances, toAssayError } from "@assay/sdk";
import { loadKeystore } from "@assay/sdk/node";
import { formatEther } from "ethers";

import { MarketReader } from "./adapters/chain/marketReader.js";
import { KeyStore } from "./adapters/storage/keyStore.js";
import { openStorage } from "./adapters/storage/openStorage.js";
import { formatAmount } from "./domain/amounts.js";
import type { GatewayConfig } from "./domain/configSchema.js";
import { contractsFor, deploymentOf, ownerOf } from "./startGateway.js";

/** How one thing stands that a gateway needs. */
export interface CheckResult {
  readonly name: string;
  readonly status: "ok" | "warning" | "failed";
  /** What was found, or what is wrong. */
  readonly message: string;
  readonly hint: string | undefined;
  readonly error: AssayError | undefined;
}

const LEAST_DISK_BYTES = 256 * 1024 * 1024;

/** Runs checks one after the other and keeps their results. */
class Checks {
  readonly results: CheckResult[] = [];

  constructor(private readonly onResult: (result: CheckResult) => void) {}

  /** @returns what the check found, undefined if it failed */
  async run<T>(
    name: string,
    work: () => Promise<readonly [value: T, message: string]>,
    severity: "failed" | "warning" = "failed",
  ): Promise<T | undefined> {
    try {
      const [value, message] = await work();
      this.#report({ name, status: "ok", message, hint: undefined, error: undefined });
      return value;
    } catch (thrown) {
      const error = toAssayError(thrown);
      this.#report({ name, status: severity, message: error.message, hint: error.hint, error });
      return undefined;
    }
  }

  #report(result: CheckResult): void {
    this.results.push(result);
    this.onResult(result);
  }
}

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
  await checks.run("port", async () => [true, await checkPort(config)]);
  await checks.run("disk", async () => [true, await checkDisk(config.dataDir)], "warning");
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

/** @throws AssayError `PORT_TAKEN` */
async function checkPort({ host, port }: GatewayConfig): Promise<string> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (cause) {
    throw new AssayError({
      code: "PORT_TAKEN",
      message: `Port ${port} of ${host} cannot be had.`,
      hint: "Stop the program that has it (a gateway that runs has it), or name another port in port or ASSAY_PORT.",
      cause,
    });
  } finally {
    server.close();
  }
  return `${host}:${port} is free`;
}

async function checkDisk(dataDir: string): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await access(dataDir, constants.W_OK);
  const { bavail, bsize } = await statfs(dataDir);
  const free = bavail * bsize;
  if (free < LEAST_DISK_BYTES) {
    throw new AssayError({
      code: "DISK_FULL",
      message: `The disk of ${dataDir} has ${Math.floor(free / 1024 / 1024)} MiB left.`,
      hint: "Make room: an answer whose receipt cannot be written is not given out.",
    });
  }
  return `${Math.floor(free / 1024 / 1024)} MiB free`;
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
