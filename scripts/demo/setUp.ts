import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

import {
  activateSeats,
  type Contracts,
  deposit,
  depositStake,
  type PolicyDocument,
  registerModel,
  registerProvider,
  type Sender,
  signerSender,
  takeSeats,
  versionOfPolicy,
} from "@assay/sdk";
import { developmentKey } from "@assay/sdk/node";
import { Contract, encryptKeystoreJson, type HDNodeWallet, type JsonRpcProvider, parseEther, Wallet } from "ethers";

export const HONEST_PROVIDERS = 8;
const REQUESTERS = 3;
const BUYERS = 4;

const STAKE = 1_000_000_000n;
const REQUESTER_FUNDS = 500_000_000n;
const BUYER_FUNDS = 200_000_000n;
export const ROYALTY_BPS = 500n;
const OPERATOR_GAS = parseEther("10");
/** Rounds of the key derivation: these keystores live as long as the demo. */
const SCRYPT = { N: 1_024, r: 8, p: 1 };

const MINT_ABI = ["function mint(address to, uint256 amount)"];

/** A provider of the demo. */
export interface DemoProvider {
  readonly name: string;
  /** Answers with a model of order 1 and otherwise follows the protocol. */
  readonly cheats: boolean;
  readonly owner: Sender;
  readonly operator: string;
  readonly port: number;
  readonly endpoint: string;
  /** Folder with keystore, password and data. */
  readonly folder: string;
  readonly keystore: string;
  readonly passwordFile: string;
}

export interface Actors {
  readonly deployer: Sender;
  readonly modelOwner: Sender;
  readonly requesters: readonly Sender[];
  /** Pays for a session through its gateway. */
  readonly application: HDNodeWallet;
  /** Buy shares of the model's income. */
  readonly buyers: readonly Sender[];
  /** Gets the ecosystem's share. */
  readonly community: Sender;
  readonly providers: readonly DemoProvider[];
}

/** Gives every actor its keys and the money to start with. Keys: Hardhat's public ones for owners, fresh ones to operate. */
export async function createActors(
  contracts: Contracts,
  rpc: JsonRpcProvider,
  folder: string,
  ports: readonly number[],
): Promise<Actors> {
  const key = (index: number): HDNodeWallet => developmentKey(index, contracts.chainId).connect(rpc);
  const deployerWallet = key(0);
  const deployer = await signerSender(deployerWallet);
  const modelOwner = await signerSender(key(ports.length + 1));
  const requesters = await Promise.all(
    Array.from({ length: REQUESTERS }, (_, index) => signerSender(key(ports.length + 2 + index))),
  );
  const firstBuyer = ports.length + 2 + REQUESTERS;
  const buyers = await Promise.all(Array.from({ length: BUYERS }, (_, index) => signerSender(key(firstBuyer + index))));
  const community = await signerSender(key(firstBuyer + BUYERS));
  const application = key(firstBuyer + BUYERS + 1);
  const providers = await Promise.all(
    ports.map(async (port, index) => {
      const cheats = index >= HONEST_PROVIDERS;
      const name = cheats ? "cheat" : `provider-${index + 1}`;
      const owner = await signerSender(key(index + 1));
      return await createProvider({ name, cheats, owner, port, folder: path.join(folder, name) });
    }),
  );
  const asset = new Contract(contracts.deployment.asset.address, MINT_ABI, deployerWallet);
  const mint = async (to: string, amount: bigint): Promise<void> => {
    const call = await asset.getFunction("mint").populateTransaction(to, amount);
    await deployer.send({ label: "mint", ...call });
  };
  for (const { owner, operator } of providers) {
    await mint(owner.address, STAKE);
    await deployer.send({ label: "fund operator", to: operator, data: "0x", value: OPERATOR_GAS });
  }
  for (const { address } of [...requesters, application]) await mint(address, REQUESTER_FUNDS);
  for (const { address } of buyers) await mint(address, BUYER_FUNDS);
  return { deployer, modelOwner, requesters, application, buyers, community, providers };
}

async function createProvider(
  base: Pick<DemoProvider, "name" | "cheats" | "owner" | "port" | "folder">,
): Promise<DemoProvider> {
  const operator = Wallet.createRandom();
  const keys = await writeKeystore(base.folder, operator);
  return { ...base, ...keys, operator: operator.address, endpoint: `http://127.0.0.1:${base.port}` };
}

/** Writes a key as a program of a run reads it, with a password that nobody needs to know. */
export async function writeKeystore(
  folder: string,
  { address, privateKey }: { readonly address: string; readonly privateKey: string },
): Promise<{ keystore: string; passwordFile: string }> {
  const password = Wallet.createRandom().privateKey;
  const keystore = path.join(folder, "key.json");
  const passwordFile = path.join(folder, "password");
  await mkdir(folder, { recursive: true });
  const json = await encryptKeystoreJson({ address, privateKey }, password, { scrypt: SCRYPT });
  await writeFile(keystore, json, { mode: 0o600 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  return { keystore, passwordFile };
}

/** Registers the model and gives it its seats: every honest provider holds one. */
export async function registerNetwork(
  contracts: Contracts,
  { modelOwner, providers, requesters, application }: Actors,
  policy: PolicyDocument,
): Promise<{ modelId: bigint }> {
  const [{ modelId }] = await Promise.all([
    registerModel(
      { contracts, sender: modelOwner },
      {
        royaltyBps: ROYALTY_BPS,
        uri: jsonUri(JSON.stringify({ name: "Alice, a byte-level n-gram model" })),
        version: versionOfPolicy(policy),
        policyURI: jsonUri(policy.json),
      },
    ),
    ...[...requesters, await signerSender(application)].map((sender) =>
      deposit({ contracts, sender }, { amount: REQUESTER_FUNDS }),
    ),
    ...providers.map(async ({ owner, operator, endpoint }) => {
      const context = { contracts, sender: owner };
      await depositStake(context, { amount: STAKE });
      await registerProvider(context, { operator, metadataURI: `${endpoint}/v1/provider` });
    }),
  ]);
  await Promise.all(
    providers
      .filter(({ cheats }) => !cheats)
      .map(async ({ owner }) => {
        const context = { contracts, sender: owner };
        const { seats } = await takeSeats(context, { modelId, count: 1 });
        await activateSeats(context, { modelId, seats });
      }),
  );
  return { modelId };
}

/** A URI that is its own document. */
export function jsonUri(json: string): string {
  return `data:application/json,${encodeURIComponent(json)}`;
}
