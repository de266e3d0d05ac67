import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { Contract, type HDNodeWallet, type JsonRpcProvider } from "ethers";

import type { Context } from "../../src/actions/context.js";
import { activateSeats } from "../../src/actions/activateSeats.js";
import { deposit } from "../../src/actions/deposit.js";
import { depositStake } from "../../src/actions/depositStake.js";
import { registerModel } from "../../src/actions/registerModel.js";
import { registerProvider } from "../../src/actions/registerProvider.js";
import { signerSender } from "../../src/actions/sender.js";
import { takeSeats } from "../../src/actions/takeSeats.js";
import { connect, type Contracts } from "../../src/contracts.js";
import { readDeployment } from "../../src/node/readDeployment.js";
import { developmentBeaconKey, signRound } from "../../src/protocol/drand.js";
import { type PolicyDocument, policyDocument, versionOfPolicy } from "../../src/protocol/policy.js";
import { CHAIN_ID, startHardhatNode, HARDHAT, ROOT } from "./hardhatNode.js";
import { fundedWallet } from "./managers.js";

const PARAMETERS = join(ROOT, "deploy/parameters/local.json");

/** 1 unit of the test asset. */
export const UNIT = 1_000_000n;

/** The five contracts on a chain of their own, deployed as they are everywhere. */
export interface Network {
  readonly contracts: Contracts;
  readonly chain: JsonRpcProvider;
  /** The signature of a round of the chain's beacon. */
  readonly sign: (round: bigint) => string;
  /** A fresh key with coins for gas, and with that much of the asset. */
  actor(units?: bigint): Promise<Actor>;
  /** Moves the chain's clock. */
  passTime(seconds: bigint): Promise<void>;
  now(): Promise<bigint>;
  stop(): Promise<void>;
}

export interface Actor extends Context {
  readonly address: string;
  readonly wallet: HDNodeWallet;
}

/** @param change replaces sections of the local parameters' fields */
export async function startNetwork(change: Readonly<Record<string, object>> = {}): Promise<Network> {
  const node = await startHardhatNode();
  const folder = await mkdtemp(join(tmpdir(), "assay-sdk-"));
  const { publicKey, secretKey } = developmentBeaconKey(CHAIN_ID);
  const local = JSON.parse(await readFile(PARAMETERS, "utf8")) as Record<string, object>;
  const beacon = { ...local["beacon"], publicKey, genesis: Math.floor(Date.now() / 1_000) - 1_000 };
  const changed = Object.entries(change).map(([section, fields]) => [section, { ...local[section], ...fields }]);
  const parameters = { ...local, beacon, ...Object.fromEntries(changed) } as object;
  const [parameterFile, file] = [join(folder, "parameters.json"), join(folder, "assay.json")];
  await writeFile(parameterFile, JSON.stringify(parameters));
  const args = [HARDHAT, "deploy", "--network", "local", "--reset", "--parameters", parameterFile, "--out", file];
  await promisify(execFile)(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ASSAY_LOCAL_RPC_URL: node.url },
  });
  const contracts = await connect(await readDeployment(file), node.provider);
  const asset = new Contract(
    contracts.deployment.asset.address,
    ["function mint(address,uint256)"],
    await node.provider.getSigner(0),
  );
  return {
    contracts,
    chain: node.provider,
    sign: (round) => signRound(round, secretKey),
    actor: async (units = 0n) => {
      const wallet = await fundedWallet(node.provider);
      if (units > 0n) await asset.getFunction("mint").send(wallet.address, units * UNIT);
      const sender = await signerSender(wallet.connect(node.provider));
      return { contracts, sender, wallet, address: wallet.address };
    },
    passTime: async (seconds) => {
      await node.provider.send("evm_increaseTime", [Number(seconds)]);
      await node.provider.send("evm_mine", []);
    },
    now: async () => BigInt((await node.provider.getBlock("latest"))!.timestamp),
    stop: async () => {
      await node.stop();
      await rm(folder, { recursive: true });
    },
  };
}

export const POLICY: PolicyDocument = policyDocument({
  mode: "exact",
  engine: "ngram",
  engineVersion: "1",
  weights: `0x${"11".repeat(32)}`,
  order: 6,
  tokenizer: "bytes",
  template: "none",
  precision: { weights: "uint32", activations: "none", kvCache: "none" },
  hardwareClass: "any",
  maxOutputUnits: 256,
  temperature: 0,
  samplePoints: 1,
  detection: (10n ** 18n).toString(),
  verifierFee: "10000",
  maxDataBytes: 4096,
});

export interface Market {
  readonly modelId: bigint;
  readonly modelOwner: Actor;
  /** Providers with stake and an active seat each; `operator` works for `owner`. */
  readonly providers: readonly { readonly owner: Actor; readonly operator: Actor; readonly seat: bigint }[];
  /** Has a balance in the escrow. */
  readonly requester: Actor;
}

/** A model, providers that hold its seats, and somebody who wants answers. */
export async function openMarket(network: Network, count: number): Promise<Market> {
  const [modelOwner, requester] = await Promise.all([network.actor(), network.actor(10_000n)]);
  const { modelId } = await registerModel(modelOwner, {
    royaltyBps: 500n,
    uri: "data:,n-gram",
    version: versionOfPolicy(POLICY),
    policyURI: "data:,policy",
  });
  await deposit(requester, { amount: 10_000n * UNIT });
  const providers: Market["providers"][number][] = [];
  for (let index = 0; index < count; index += 1) {
    const [owner, operator] = await Promise.all([network.actor(5_000n), network.actor()]);
    await registerProvider(owner, { operator: operator.address, metadataURI: `data:,provider ${index}` });
    await depositStake(owner, { amount: 5_000n * UNIT });
    const { seats } = await takeSeats(owner, { modelId, count: 1 });
    await activateSeats(owner, { modelId, seats });
    providers.push({ owner, operator, seat: seats[0]! });
  }
  return { modelId, modelOwner, providers, requester };
}
