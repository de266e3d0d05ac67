import { contractsOf, FailoverProvider, parseDeployment, policyDocument, type SendRequest } from "@assay/sdk";
import type { TransactionManager, TransactionRecord } from "@assay/sdk/node";
import { type Log, type TransactionReceipt, Wallet } from "ethers";
import { pino } from "pino";

import { createNgramEngine } from "../../src/adapters/engine/ngramEngine.js";
import type { ServedModel } from "../../src/adapters/engine/loadModels.js";
import { AuditStore } from "../../src/adapters/journal/auditStore.js";
import { BatchStore } from "../../src/adapters/journal/batchStore.js";
import { ChainStore } from "../../src/adapters/journal/chainStore.js";
import { JobStore } from "../../src/adapters/journal/jobStore.js";
import type { Journal } from "../../src/adapters/journal/openJournal.js";
import { configSchema } from "../../src/domain/configSchema.js";
import { policyOf } from "../../src/domain/policyMatch.js";
import { ChainClock } from "../../src/services/clock.js";
import type { WorkerContext } from "../../src/services/context.js";
import { Tasks } from "../../src/services/tasks.js";
import { Turns } from "../../src/services/turns.js";
import { ADDRESSES, type FakeChain } from "./fakeChain.js";
import { hash, PROVIDER } from "./samples.js";

const { asset, ...contracts } = ADDRESSES;

export const DEPLOYMENT = parseDeployment({
  chainId: 31337,
  network: "local",
  asset: { address: asset, symbol: "aUSD", decimals: 6 },
  contracts,
  deployedAtBlock: 0,
  beacon: { urls: [], publicKey: "11".repeat(128), genesis: 1, period: 1, stride: 1, timeout: 60 },
});

export const ENGINE = createNgramEngine(new TextEncoder().encode("Alice was beginning to get very tired."), 6);

export const DOCUMENT = policyDocument(
  policyOf(ENGINE.info(), {
    template: "none",
    maxOutputUnits: 64,
    samplePoints: 1,
    detection: "1000000000000000000",
    verifierFee: "1000",
    maxDataBytes: 8192,
  }),
);

/** A sender that keeps what was sent. `logs` are what every transaction emits; a set `failure` keeps all from being sent. */
export class RecordingSender {
  readonly wallet = Wallet.createRandom();
  readonly address = this.wallet.address;
  readonly sent: SendRequest[] = [];
  logs: readonly Log[] = [];
  failure: Error | undefined;

  send(request: SendRequest): Promise<TransactionReceipt> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.sent.push(request);
    const receipt = { hash: hash(9), blockNumber: 1, gasUsed: 1n, status: 1, logs: this.logs };
    return Promise.resolve(receipt as unknown as TransactionReceipt);
  }

  find(): Promise<TransactionRecord | undefined> {
    return Promise.resolve(undefined);
  }

  readonly signTypedData: TransactionManager["signTypedData"] = async (domain, types, value) =>
    await this.wallet.signTypedData(domain, types, value);
}

/** What services work with: a real journal and engine, a chain that only answers, a sender that only records. */
export function testContext(chain: FakeChain, journal: Journal, sender: RecordingSender): WorkerContext {
  const rpc = new FailoverProvider({ urls: [chain.url], chainId: 31337n });
  const config = configSchema.parse({
    rpcUrls: [chain.url],
    deployment: "d",
    keystore: "k",
    passwordFile: "p",
    models: [{ modelId: 1, version: 1, policy: "p", weights: "w", order: 6, price: { perJob: "1000000" } }],
    duties: { turnSeconds: 0 },
  });
  const model: ServedModel = { key: "1/1", config: config.models[0]!, document: DOCUMENT, engine: ENGINE };
  const logger = pino({ level: "silent" });
  const signal = new AbortController().signal;
  const clock = new ChainClock();
  clock.update(1_500);
  return {
    config,
    logger,
    signal,
    contracts: contractsOf(DEPLOYMENT, rpc),
    parameters: { court: { commitWindow: 120n } } as WorkerContext["parameters"],
    sender: sender as unknown as TransactionManager,
    provider: PROVIDER,
    models: new Map([["1/1", model]]),
    jobs: new JobStore(journal.database),
    audits: new AuditStore(journal.database),
    batches: new BatchStore(journal.database),
    chain: new ChainStore(journal.database, PROVIDER),
    clock,
    tasks: new Tasks(logger, signal),
    turns: new Turns(PROVIDER, 0),
  };
}
