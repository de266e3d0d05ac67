import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { Contract } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

// From their sources: the SDK may not be built yet.
import { isDevelopmentKey } from "../packages/sdk/src/node/keystore.js";
import { developmentBeaconKey } from "../packages/sdk/src/protocol/drand.js";
import { isLocalChain } from "../packages/sdk/src/protocol/localChain.js";
import { deploySystem, journalIds } from "./deploySystem.js";
import { DeploymentError, readParameters, type SystemParameters } from "./parameters.js";
import { rehearse } from "./rehearse.js";

const LOCAL_CHAIN = 31_337;
const ERC20_METADATA = ["function symbol() view returns (string)", "function decimals() view returns (uint8)"];

interface DeployArguments {
  readonly parameters: string;
  readonly out: string;
  readonly reset: boolean;
}

/**
 * `hardhat deploy`: checks the parameters, rehearses, deploys (or goes on where an interrupted deployment stopped) and
 * writes the deployment file that the SDK reads.
 */
export default async function deployTask(args: DeployArguments, hre: HardhatRuntimeEnvironment): Promise<void> {
  try {
    await deploy(args, hre);
  } catch (error) {
    // A refusal says itself what to do; a stack trace would only hide it.
    if (!(error instanceof DeploymentError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

async function deploy(args: DeployArguments, hre: HardhatRuntimeEnvironment): Promise<void> {
  const connection = await hre.network.create();
  const { ethers, networkName, networkConfig } = connection;
  const file = args.parameters || path.join(hre.config.paths.ignition, "parameters", `${networkName}.json`);
  const parameters = await readParameters(file);
  const chainId = Number((await ethers.provider.getNetwork()).chainId);
  checkChain(parameters, chainId, file);
  const [deployer] = await ethers.getSigners();
  checkKeys(parameters, chainId, deployer?.address);
  await checkAsset(parameters, (address) => ethers.provider.getCode(address));

  // The production profile is what goes to a public chain; a local one compiles faster without it.
  const local = isLocalChain(chainId);
  await hre.tasks
    .getTask("build")
    .run({ quiet: true, noTests: true, defaultBuildProfile: local ? "default" : "production" });
  await rehearse(hre, parameters);

  const deploymentId = `chain-${chainId}`;
  const folder = path.join(hre.config.paths.ignition, "deployments", deploymentId);
  if (args.reset) {
    const journals = journalIds(deploymentId).map((id) => path.join(path.dirname(folder), id));
    for (const old of [folder, ...journals]) await rm(old, { recursive: true, force: true });
  }
  const deployedAtBlock = await startBlock(folder, () => ethers.provider.getBlockNumber());
  const { asset, contracts } = await deploySystem(hre, connection, parameters, {
    deploymentId,
    displayUi: networkConfig.type === "http" && !local,
  });
  const token = new Contract(asset, ERC20_METADATA, ethers.provider);
  const deployment = {
    chainId,
    network: parameters.network,
    asset: {
      address: asset,
      symbol: String(await token.getFunction("symbol")()),
      decimals: Number(await token.getFunction("decimals")()),
    },
    contracts,
    deployedAtBlock,
    beacon: parameters.beacon,
  };
  const out = args.out || path.join(folder, "assay.json");
  await mkdir(path.dirname(out), { recursive: true });
  // Renamed into place: a reader never sees half a file.
  await writeFile(`${out}.tmp`, `${JSON.stringify(deployment, null, 2)}\n`);
  await rename(`${out}.tmp`, out);
  console.log(`Assay is deployed on ${parameters.network} (chain ${chainId}). Addresses: ${out}`);
  for (const [name, address] of Object.entries(contracts)) console.log(`  ${name.padEnd(16)} ${address}`);
}

function checkChain(parameters: SystemParameters, chainId: number, file: string): void {
  if (parameters.chainId !== undefined && parameters.chainId !== chainId) {
    throw new DeploymentError(
      `${file} is meant for chain ${parameters.chainId}, but the network is chain ${chainId}. ` +
        "Choose the other with --network or another file with --parameters.",
    );
  }
}

/** Keys that everybody knows are for local chains: whoever has them could deploy in your name or know every round. */
function checkKeys(parameters: SystemParameters, chainId: number, deployer: string | undefined): void {
  if (isLocalChain(chainId)) return;
  if (deployer !== undefined && isDevelopmentKey(deployer)) {
    throw new DeploymentError(
      `The deployer ${deployer} is a public development account, refused on chain ${chainId}. Set a key of your own.`,
    );
  }
  if (parameters.beacon.publicKey === developmentBeaconKey(LOCAL_CHAIN).publicKey) {
    throw new DeploymentError(
      `The beacon's key is the public development key, refused on chain ${chainId}: everybody can compute its rounds. ` +
        "Use a public drand network's.",
    );
  }
  if (parameters.asset === "TestAsset") {
    throw new DeploymentError(`The test asset, which anyone may mint, is refused on chain ${chainId}. Name an asset.`);
  }
}

async function checkAsset(parameters: SystemParameters, codeAt: (address: string) => Promise<string>): Promise<void> {
  if (parameters.asset === "TestAsset" || (await codeAt(parameters.asset)) !== "0x") return;
  throw new DeploymentError(
    `There is no contract at the settlement asset's address ${parameters.asset} on this network.`,
  );
}

/** The block before the first transaction, kept over interruptions; programs read events from there. */
async function startBlock(folder: string, current: () => Promise<number>): Promise<number> {
  const file = path.join(folder, "started-at-block.txt");
  try {
    return Number(await readFile(file, "utf8"));
  } catch {
    const block = await current();
    await mkdir(folder, { recursive: true });
    await writeFile(file, `${block}\n`);
    return block;
  }
}
