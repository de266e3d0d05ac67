import type { Contracts } from "@assay/sdk";
import type { FastSigner, TransactionManager } from "@assay/sdk/node";
import type { Logger } from "pino";

import type { SessionStore } from "../adapters/storage/sessionStore.js";
import type { GatewayConfig } from "../domain/configSchema.js";
import type { HealthBook } from "./healthBook.js";
import type { Usage } from "./usage.js";

/** What every service that works with the chain needs. Made once. */
export interface GatewayContext {
  readonly config: GatewayConfig;
  readonly logger: Logger;
  /** Aborts when the gateway stops. */
  readonly signal: AbortSignal;
  readonly contracts: Contracts;
  readonly sender: TransactionManager;
  readonly signer: FastSigner;
  readonly sessions: SessionStore;
  readonly usage: Usage;
  readonly health: HealthBook;
}
