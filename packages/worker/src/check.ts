import { checkDeployment, DrandClient } from "@assay/sdk";
import { checkDisk, checkPort, type CheckResult, Checks, loadKeystore } from "@assay/sdk/node";

import { loadModels } from "./adapters/engine/loadModels.js";
import { openJournal } from "./adapters/journal/openJournal.js";
import { modelKey, type WorkerConfig } from "./domain/configSchema.js";
import { checkClock, checkGas, checkModel, checkStake, findProvider } from "./services/preflight.js";
import { contractsFor, deploymentOf } from "./startWorker.js";

const ENGINE_CHECK_MS = 30_000;
const DISK_HINT = "Make room: a journal that cannot be written stops all work.";

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
  const checks = new Checks(onResult);
  const deployment = await checks.run("deployment", async () => {
    const found = await deploymentOf(config);
    return [found, `${found.network}, chain ${found.chainId}`] as const;
  });
  const models = await checks.run("models", async () => {
    const loaded = await loadModels(config.models);
    return [loaded, `${[...loaded.keys()].join(", ")}: every engine matches its policy`] as const;
  });
  for (const { key, engine } of models?.values() ?? []) {
    if (engine.check === undefined) continue;
    await checks.line(
      `engine of ${key}`,
      async () => (await engine.check?.(AbortSignal.timeout(ENGINE_CHECK_MS))) ?? "",
    );
  }
  await checks.line("port", async () => await checkPort({ ...config, program: "a worker" }));
  if (deployment === undefined) return checks.results;

  const signer = await checks.run("keystore", async () => {
    const { keystore: file, passwordFile } = config;
    const wallet = await loadKeystore({ file, passwordFile, chainId: deployment.chainId });
    return [wallet, `operator ${wallet.address}`] as const;
  });
  await checks.line("disk", async () => await checkDisk(config.dataDir, DISK_HINT), "warning");
  if (signer !== undefined) {
    await checks.line("journal", async () => {
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
    const chain = await checks.line("chain", async () => {
      await checkDeployment(contracts);
      return `${rpc.url}: all contracts are there`;
    });
    if (chain === undefined) return checks.results;
    await checks.line("clock", async () => await checkClock(contracts), "warning");
    for (const model of models?.values() ?? []) {
      const { modelId, version } = model.config;
      await checks.line(`model ${modelKey(modelId, version)}`, async () => await checkModel(contracts, model));
    }
    const { beaconUrls } = config.duties;
    const { publicKey, chainHash, urls } = deployment.beacon;
    const drand = new DrandClient({ urls: beaconUrls.length > 0 ? beaconUrls : urls, publicKey, chainHash });
    await checks.line("beacon", async () => `drand chain ${(await drand.info()).chainHash}`, "warning");
    if (signer === undefined) return checks.results;
    const operator = signer.address;
    await checks.line("gas", async () => await checkGas(contracts, { operator, minBalance: config.gas.minBalance }));
    const provider = await checks.run("registration", async () => {
      const found = await findProvider(contracts, { operator, expected: config.provider });
      return [found, `works for ${found}`] as const;
    });
    if (provider === undefined) return checks.results;
    await checks.line("stake", async () => await checkStake(contracts, provider));
    for (const modelId of new Set(config.models.map((model) => model.modelId))) {
      await checks.line(
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
  return checks.results;
}
