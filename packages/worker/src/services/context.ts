import type { Contracts, Parameters } from "@assay/sdk";
import type { TransactionManager } from "@assay/sdk/node";
import type { Logger } from "pino";

import type { ServedModel } from "../adapters/engine/loadModels.js";
import type { AuditStore } from "../adapters/journal/auditStore.js";
import type { BatchStore } from "../adapters/journal/batchStore.js";
import type { ChainStore } from "../adapters/journal/chainStore.js";
import type { JobStore } from "../adapters/journal/jobStore.js";
import type { WorkerConfig } from "../domain/configSchema.js";
import type { ChainClock } from "./clock.js";
import type { Tasks } from "./tasks.js";
import type { Turns } from "./turns.js";

/** What every service works with. Made once, when the chain has been reached. */
export interface WorkerContext {
  readonly config: WorkerConfig;
  readonly logger: Logger;
  /** Aborts when the worker stops. */
  readonly signal: AbortSignal;
  readonly contracts: Contracts;
  /** What the deployment's constructors fixed. */
  readonly parameters: Parameters;
  readonly sender: TransactionManager;
  /** Owner address of this worker's provider. */
  readonly provider: string;
  readonly models: ReadonlyMap<string, ServedModel>;
  readonly jobs: JobStore;
  readonly audits: AuditStore;
  /** Batches of sessions. */
  readonly batches: BatchStore;
  readonly chain: ChainStore;
  readonly clock: ChainClock;
  readonly tasks: Tasks;
  readonly turns: Turns;
}
