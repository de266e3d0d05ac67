import {
  type Contracts,
  getOfferings,
  getSolvency,
  IModelOffering__factory,
  IModelToken__factory,
  queryEvents,
  type Solvency,
} from "@assay/sdk";
import { Contract, Interface, type JsonRpcProvider } from "ethers";

const TOKEN_ABI = [
  "event Transfer(address indexed from, address indexed to, uint256 value)",
  "function balanceOf(address) view returns (uint256)",
  "function totalSupply() view returns (uint256)",
];

/** Everything about the asset at one block. */
export interface Ledger {
  readonly blockNumber: number;
  readonly solvency: Solvency;
  readonly supply: bigint;
  readonly wallets: bigint;
  readonly contracts: bigint;
  readonly sink: bigint;
  /** supply = wallets + contracts + sink, and every contract holds exactly what it owes. */
  readonly holds: boolean;
}

/** Accounts for every unit of the asset at `blockNumber`: whoever has ever received any is asked. */
export async function readLedger(contracts: Contracts, rpc: JsonRpcProvider, blockNumber: number): Promise<Ledger> {
  const { asset: assetInfo } = contracts.deployment;
  const asset = new Contract(assetInfo.address, TOKEN_ABI, rpc);
  const at = { blockTag: blockNumber };
  const transfers = await asset.queryFilter("Transfer", 0, blockNumber);
  const topic = new Interface(TOKEN_ABI);
  const holders = new Set(transfers.map((log) => String(topic.parseLog(log)?.args["to"])));
  const sinkAddress = await contracts.staking.sink();
  const solvency = await getSolvency({ contracts }, { blockNumber });
  const own = new Set<string>(solvency.contracts.map(({ address }) => address));
  let [wallets, held, sink] = [0n, 0n, 0n];
  for (const holder of holders) {
    const balance = (await asset.getFunction("balanceOf")(holder, at)) as bigint;
    if (own.has(holder)) held += balance;
    else if (holder === sinkAddress) sink += balance;
    else wallets += balance;
  }
  const supply = (await asset.getFunction("totalSupply")(at)) as bigint;
  const exact = solvency.contracts.every(({ surplus }) => surplus === 0n);
  return {
    blockNumber,
    solvency,
    supply,
    wallets,
    contracts: held,
    sink,
    holds: exact && supply === wallets + held + sink,
  };
}

/** What was slashed and where it went. */
export interface Slashes {
  /** Collateral and bonds taken, by provider. */
  readonly byProvider: ReadonlyMap<string, bigint>;
  readonly total: bigint;
  /** Slashed = sink + what was credited to requesters and verifiers. */
  readonly holds: boolean;
}

export async function readSlashes(contracts: Contracts): Promise<Slashes> {
  const { staking } = contracts;
  const { StakeSlashed, StakeCompensated } = staking.filters;
  const [slashes, compensations] = await Promise.all([
    queryEvents({ contracts }, staking, StakeSlashed, StakeSlashed()),
    queryEvents({ contracts }, staking, StakeCompensated, StakeCompensated()),
  ]);
  const byProvider = new Map<string, bigint>();
  for (const { provider, amount } of slashes) byProvider.set(provider, (byProvider.get(provider) ?? 0n) + amount);
  const total = slashes.reduce((sum, { amount }) => sum + amount, 0n);
  const toSink = slashes.reduce((sum, slash) => sum + slash.toSink, 0n);
  const credited = compensations.reduce((sum, { amount }) => sum + amount, 0n);
  return { byProvider, total, holds: total === toSink + credited };
}

/** Gas of every transaction to the contracts up to `lastBlock`, by function. */
export async function readGas(
  contracts: Contracts,
  rpc: JsonRpcProvider,
  lastBlock: number,
): Promise<Map<string, number[]>> {
  const { staking, registry, escrow, court, beacon, offerings, deployment } = contracts;
  const { ProviderStaking, ModelRegistry, JobEscrow, AuditCourt, DrandBeacon, OfferingFactory } = deployment.contracts;
  const known: [address: string, abi: Interface][] = [
    [ProviderStaking, staking.interface],
    [ModelRegistry, registry.interface],
    [JobEscrow, escrow.interface],
    [AuditCourt, court.interface],
    [DrandBeacon, beacon.interface],
    [OfferingFactory, offerings.interface],
  ];
  for (const { offering, token } of await getOfferings({ contracts })) {
    known.push([offering, IModelOffering__factory.createInterface()]);
    known.push([token, IModelToken__factory.createInterface()]);
  }
  const interfaces = new Map(known.map(([address, abi]) => [address.toLowerCase(), abi]));
  const gas = new Map<string, number[]>();
  for (let number = deployment.deployedAtBlock; number <= lastBlock; ++number) {
    const block = await rpc.getBlock(number, true);
    for (const transaction of block?.prefetchedTransactions ?? []) {
      const name = interfaces.get(transaction.to?.toLowerCase() ?? "")?.parseTransaction(transaction)?.name;
      const receipt = name === undefined ? null : await rpc.getTransactionReceipt(transaction.hash);
      if (name === undefined || receipt?.status !== 1) continue;
      gas.set(name, [...(gas.get(name) ?? []), Number(receipt.gasUsed)]);
    }
  }
  return gas;
}
