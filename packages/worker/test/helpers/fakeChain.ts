import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import {
  IAuditCourt__factory,
  IJobEscrow__factory,
  IModelRegistry__factory,
  IProviderStaking__factory,
  IRandomnessBeacon__factory,
  ISettlementAsset__factory,
  type ModelVersion,
} from "@assay/sdk";
import { Interface, ZeroAddress } from "ethers";

const ERC1271 = new Interface(["function isValidSignature(bytes32,bytes) view returns (bytes4)"]);

/** What a chain says to a worker that starts. Tests change it as they need. */
export interface ChainState {
  chainId: bigint;
  /** Addresses without code. */
  missing: readonly string[];
  provider: string;
  staked: bigint;
  gas: bigint;
  version: ModelVersion | undefined;
  /** Results of further view functions, by name. */
  /** A contract that is somebody's account (ERC-1271), and the only signature that it calls its own. */
  wallet?: { readonly address: string; readonly signature: string };
  calls?: Readonly<Record<string, (...args: unknown[]) => readonly unknown[]>>;
  /** Events of the chain's only block, number 1. */
  logs?: readonly { readonly address: string; readonly topics: readonly string[]; readonly data: string }[];
}

const address = (n: number): string => `0x${n.toString(16).padStart(40, "0")}`;

export const ADDRESSES = {
  asset: address(0xa0),
  ProviderStaking: address(0xa1),
  ModelRegistry: address(0xa2),
  JobEscrow: address(0xa3),
  AuditCourt: address(0xa4),
  DrandBeacon: address(0xa5),
  OfferingFactory: address(0xa6),
  OfferingLens: address(0xa7),
  RevenueClaimer: address(0xa8),
};

/** An RPC server that answers what a worker asks before it works: the other side of a true boundary. */
export class FakeChain {
  readonly #server: Server;
  readonly #contracts: Readonly<Record<string, Interface>> = {
    [ADDRESSES.asset]: ISettlementAsset__factory.createInterface(),
    [ADDRESSES.ProviderStaking]: IProviderStaking__factory.createInterface(),
    [ADDRESSES.ModelRegistry]: IModelRegistry__factory.createInterface(),
    [ADDRESSES.JobEscrow]: IJobEscrow__factory.createInterface(),
    [ADDRESSES.AuditCourt]: IAuditCourt__factory.createInterface(),
    [ADDRESSES.DrandBeacon]: IRandomnessBeacon__factory.createInterface(),
  };

  private constructor(readonly state: ChainState) {
    this.#server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        const call = JSON.parse(body) as Call | Call[];
        const answers = [call].flat().map((one) => this.#answer(one));
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify(Array.isArray(call) ? answers : answers[0]));
      });
    });
  }

  static async start(state: ChainState): Promise<FakeChain> {
    const chain = new FakeChain(state);
    await new Promise<void>((resolve) => {
      chain.#server.listen(0, "127.0.0.1", resolve);
    });
    return chain;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer({ id, method, params }: Call): object {
    const result = this.#result(method, params);
    return result === undefined
      ? { jsonrpc: "2.0", id, error: { code: -32601, message: `no ${method} here` } }
      : { jsonrpc: "2.0", id, result };
  }

  #result(method: string, params: readonly unknown[]): unknown {
    const { chainId, gas, missing } = this.state;
    switch (method) {
      case "eth_chainId":
        return `0x${chainId.toString(16)}`;
      case "eth_getCode":
        return missing.includes(String(params[0]).toLowerCase()) ? "0x" : "0x60";
      case "eth_getBalance":
        return `0x${gas.toString(16)}`;
      case "eth_blockNumber":
        return this.state.logs === undefined ? undefined : "0x1";
      case "eth_getLogs":
        return this.#logs(params[0] as { address: string | string[]; topics: (string | string[] | null)[] });
      case "eth_getTransactionReceipt":
        return null;
      case "eth_call": {
        const { to, data } = params[0] as { to: string; data: string };
        return this.#call(to.toLowerCase(), data);
      }
      default:
        return undefined;
    }
  }

  #logs({ address, topics }: { address: string | string[]; topics: (string | string[] | null)[] }): object[] {
    const addresses = [address].flat().map((one) => one.toLowerCase());
    return (this.state.logs ?? [])
      .filter((log) => addresses.includes(log.address.toLowerCase()))
      .filter((log) => topics.every((wanted, at) => wanted === null || [wanted].flat().includes(log.topics[at] ?? "")))
      .map((log, index) => ({
        ...log,
        blockNumber: "0x1",
        blockHash: `0x${"01".repeat(32)}`,
        transactionHash: `0x${"02".repeat(32)}`,
        transactionIndex: "0x0",
        logIndex: `0x${index.toString(16)}`,
        removed: false,
      }));
  }

  #call(to: string, data: string): string | undefined {
    const { wallet } = this.state;
    if (to === wallet?.address.toLowerCase()) {
      const [, signature] = ERC1271.decodeFunctionData("isValidSignature", data).toArray() as [string, string];
      const magic = signature === wallet.signature ? "0x1626ba7e" : "0xffffffff";
      return ERC1271.encodeFunctionResult("isValidSignature", [magic]);
    }
    const abi = this.#contracts[to];
    const call = abi?.parseTransaction({ data });
    if (abi === undefined || call === null || call === undefined) return undefined;
    const result = (...values: unknown[]): string => abi.encodeFunctionResult(call.fragment, values);
    const { provider, staked, version, calls } = this.state;
    const answer = calls?.[call.name];
    if (answer !== undefined) return result(...answer(...(call.args.toArray() as unknown[])));
    switch (call.name) {
      case "providerOf":
        return result(provider);
      case "operatorOf":
        return result(ZeroAddress);
      case "accountOf":
        return result(to === ADDRESSES.ProviderStaking ? staked : 0n, 0n);
      case "balanceOf":
        return result(0n);
      case "latestVersion":
        return result(version === undefined ? 0n : 1n);
      case "versionOf":
        return version === undefined
          ? undefined
          : result([version.policyId, version.verifierFee, version.detection, version.samplePoints]);
      default:
        return undefined;
    }
  }
}

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}
