import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type HDNodeWallet, type JsonRpcProvider, parseEther, toQuantity, Wallet } from "ethers";
import type { Kysely } from "kysely";

import { FailoverProvider } from "../../src/failoverProvider.js";
import { openSqlite } from "../../src/node/sqlite.js";
import {
  createTransactionTable,
  sqlTransactionStore,
  type TransactionDatabase,
} from "../../src/node/sqlTransactionStore.js";
import type { TransactionEvent } from "../../src/node/transactionEntry.js";
import { TransactionManager, type TransactionManagerOptions } from "../../src/node/transactionManager.js";
import type { TransactionRecord, TransactionStore } from "../../src/node/transactionStore.js";
import { CHAIN_ID } from "./hardhatNode.js";

/** 100 gwei. */
export const CAP = 100_000_000_000n;

export interface TestManager {
  readonly manager: TransactionManager;
  readonly events: TransactionEvent[];
  /** Resolves with the next event of a type, or with one that has come already. */
  readonly seen: <T extends TransactionEvent["type"]>(type: T) => Promise<EventOf<T>>;
}

type EventOf<T extends TransactionEvent["type"]> = TransactionEvent & { readonly type: T };
type Options = Partial<TransactionManagerOptions> & Pick<TransactionManagerOptions, "signer">;

/** Managers that look at the chain every 25 ms, all ended by `stopAll`. */
export class Managers {
  readonly #managers: TransactionManager[] = [];
  readonly #providers: FailoverProvider[] = [];
  readonly #databases: Kysely<TransactionDatabase>[] = [];
  readonly #folders: string[] = [];

  async open(urls: string | string[], options: Options): Promise<TestManager> {
    const events: TransactionEvent[] = [];
    const waiting = new Set<() => void>();
    const provider = new FailoverProvider({ urls: [urls].flat(), chainId: CHAIN_ID, timeout: 2_000 });
    this.#providers.push(provider);
    const manager = await TransactionManager.open({
      provider,
      chainId: CHAIN_ID,
      maxFeePerGas: CAP,
      pollingInterval: 25,
      stuckAfter: 250,
      ...options,
      onEvent: (event) => {
        events.push(event);
        for (const wake of waiting) wake();
      },
    });
    this.#managers.push(manager);
    const seen = async <T extends TransactionEvent["type"]>(type: T): Promise<EventOf<T>> => {
      for (;;) {
        const found = events.find((event): event is EventOf<T> => event.type === type);
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => waiting.add(resolve));
      }
    };
    return { manager, events, seen };
  }

  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "assay-sdk-"));
    this.#folders.push(folder);
    return folder;
  }

  async sqliteStore(file: string): Promise<TransactionStore> {
    const database = openSqlite<TransactionDatabase>(file);
    this.#databases.push(database);
    await createTransactionTable(database);
    return sqlTransactionStore(database);
  }

  async stopAll(): Promise<void> {
    for (const manager of this.#managers.splice(0)) await manager.stop();
    for (const provider of this.#providers.splice(0)) provider.destroy();
    for (const database of this.#databases.splice(0)) await database.destroy();
    for (const folder of this.#folders.splice(0)) await rm(folder, { recursive: true, force: true });
  }
}

/** A key that nobody else uses, with money for gas. */
export async function fundedWallet(provider: JsonRpcProvider, ether = "10"): Promise<HDNodeWallet> {
  const wallet = Wallet.createRandom();
  await provider.send("hardhat_setBalance", [wallet.address, toQuantity(parseEther(ether))]);
  return wallet;
}

export const lastAttempt = (record: TransactionRecord | undefined): TransactionRecord["attempts"][number] =>
  record!.attempts.at(-1)!;
