import { access, constants, mkdir, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";

import { AssayError, checkDeployment, DrandClient, toAssayError } from "@assay/sdk";
import { loadKeystore } from "@assay/sdk/node";

import { loadModels } from "./adapters/engine/loadModels.js";
import { openJournal } from "./adapters/journal/openJournal.js";
import { modelKey, type WorkerConfig } from "./domain/configSchema.js";
import { checkClock, checkGas, checkModel, checkStake, findProvider } from "./services/preflight.js";
import { contractsFor, deploymentOf } from "./startWorker.js";

/** How one thing stands that a worker needs. */
export interface CheckResult {
  readonly name: string;
  readonly status: "ok" | "warning" | "failed" | "skipped";
  /** What was found, or what is wrong. */
  readonly message: string;
  readonly hint: string | undefined;
  readonly error: AssayError | undefined;
}

/** Below this the journal may not find room for long. */
const ENGINE_CHECK_MS = 30_000;
const LEAST_DISK_BYTES = 256 * 1024 * 1024;

/**
 * Looks at everything that a worker needs, the rest too when something fails, and changes nothing but that the data folder is made.
 *
 * @param onResult told about each result as it comes
 * @returns all results; the worker can start if none has failed
 *
 * @example
 * const results = await checkWorker(config, ({ name, status, message }) => console.log(status, name, message));
 */
export async function checkWorker(
  config: WorkerConfig,
  onResult: (result: CheckResult) => void = () => undefined,
): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  const report = (result: CheckResult): void => {
    results.push(result);
    onResult(result);
  };
  const attempt = async <T>(
    name: string,
    work: () => Promise<readonly [T, string]>,
    severity: "failed" | "warning" = "failed",
  ): Promise<T | undefined> => {
    try {
      const [value, message] = await work();
      report({ name, status: "ok", message, hint: undefined, error: undefined });
      return value;
    } catch (thrown) {
      const error = toAssayError(thrown);
      report({ name, status: severity, message: error.message, hint: error.hint, error });
      return undefined;
    }
  };
  const line = async (
    name: string,
    work: () => Promise<string>,
    severity?: "failed" | "warning",
  ): Promise<string | undefined> =>
    await attempt(
      name,
      async () => {
        const message = await work();
        return [message, message] as const;
      },
      severity,
    );

  const deployment = await attempt("deployment", async () => {
    const found = await deploymentOf(config);
    return [found, `${found.network}, chain ${found.chainId}`] as const;
  });
  const models = await attempt("models", async () => {
    const loaded = await loadModels(config.models);
    return [loaded, `${[...loaded.keys()].join(", ")}: every engine matches its policy`] as const;
  });
  for (const { key, engine } of models?.values() ?? []) {
    if (engine.check === undefined) continue;
    await line(`engine of ${key}`, async () => (await engine.check?.(AbortSignal.timeout(ENGINE_CHECK_MS))) ?? "");
  }
  await line("port", async () => await checkPort(config));
  if (deployment === undefined) return results;

  const signer = await attempt("keystore", async () => {
    const { keystore: file, passwordFile } = config;
    const wallet = await loadKeystore({ file, passwordFile, chainId: deployment.chainId });
    return [wallet, `operator ${wallet.address}`] as const;
  });
  await line("disk", async () => await checkDisk(config.dataDir), "warning");
  if (signer !== undefined) {
    await line("journal", async () => {
      const owner = {
        chainId: BigInt(deployment.chainId),
        escrow: deployment.contracts.JobEscrow,
        operator: signer.address,
      };
      const journal = await openJournal({ dataDir: config.dataDir, databaseUrl: config.databaseUrl, owner });
      await journal.close();
      return config.databaseUrl === undefined ? config.dataDir : "Postgres";
    });
  }

  const { contracts, rpc } = contractsFor(config, deployment);
  try {
    const chain = await line("chain", async () => {
      await checkDeployment(contracts);
      return `${rpc.url}: all contracts are there`;
    });
    if (chain === undefined) return results;
    await line("clock", async () => await checkClock(contracts), "warning");
    for (const model of models?.values() ?? []) {
      const { modelId, version } = model.config;
      await line(`model ${modelKey(modelId, version)}`, async () => await checkModel(contracts, model));
    }
    const { beaconUrls } = config.duties;
    const { publicKey, chainHash, urls } = deployment.beacon;
    const drand = new DrandClient({ urls: beaconUrls.length > 0 ? beaconUrls : urls, publicKey, chainHash });
    await line("beacon", async () => `drand chain ${(await drand.info()).chainHash}`, "warning");
    if (signer === undefined) return results;
    const operator = signer.address;
    await line("gas", async () => await checkGas(contracts, { operator, minBalance: config.gas.minBalance }));
    const provider = await attempt("registration", async () => {
      const found = await findProvider(contracts, { operator, expected: config.provider });
      return [found, `works for ${found}`] as const;
    });
    if (provider === undefined) return results;
    await line("stake", async () => await checkStake(contracts, provider));
    for (const modelId of new Set(config.models.map((model) => model.modelId))) {
      await line(
        `seats of model ${modelId}`,
        async () => {
          const { held, active } = await contracts.registry.holdingOf(modelId, provider);
          return `${held} held, ${active} active`;
        },
        "warning",
      );
    }
  } finally {
    rpc.destroy();
  }
  return results;
}

/** @throws AssayError `PORT_TAKEN` */
async function checkPort({ host, port }: WorkerConfig): Promise<string> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (cause) {
    throw new AssayError({
      code: "PORT_TAKEN",
      message: `Port ${port} of ${host} cannot be had.`,
      hint: "Stop the program that has it (a worker that runs has it), or name another port in port or ASSAY_PORT.",
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
      hint: "Make room: a journal that cannot be written stops all work.",
    });
  }
  return `${Math.floor(free / 1024 / 1024)} MiB free`;
}
