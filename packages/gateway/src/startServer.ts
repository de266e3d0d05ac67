import type { HttpServer } from "@assay/sdk/node";
import type { Logger } from "pino";

import { startHttpServer } from "./adapters/http/httpServer.js";
import { Metrics } from "./adapters/metrics.js";
import type { KeyStore } from "./adapters/storage/keyStore.js";
import type { UsageStore } from "./adapters/storage/usageStore.js";
import { type Asset, formatAmount } from "./domain/amounts.js";
import { Access } from "./services/access.js";
import { Answering, type Served } from "./services/answering.js";
import { observeSupply, requestObserver } from "./services/gatewayMetrics.js";
import { HealthBook } from "./services/healthBook.js";
import { Api, type ApiOptions } from "./services/http/api.js";
import type { Supply } from "./services/supply.js";
import { Usage } from "./services/usage.js";

export interface StartServerOptions {
  readonly host: string;
  readonly port: number;
  readonly supply: Supply;
  readonly asset: Asset;
  readonly logger: Logger;
  /** API keys; undefined: everybody who reaches the port is let in. */
  readonly keys?: KeyStore;
  /** Shared with whoever records receipts; one that keeps nothing unless given. */
  readonly usage?: Usage;
  readonly usageStore?: UsageStore;
  readonly health?: HealthBook;
  readonly metrics?: Metrics;
  readonly corsOrigins?: readonly string[];
  readonly maxBodyBytes?: number;
  readonly exploration?: number;
  readonly maxAttempts?: number;
  readonly answerSeconds?: number;
  readonly problems?: ApiOptions["problems"];
  readonly receipt?: ApiOptions["receipt"];
  readonly balance?: ApiOptions["balance"];
  readonly onServed?: (served: Served) => void;
}

const MAX_BODY_BYTES = 1_048_576;

/**
 * Serves the OpenAI-compatible interface over whatever supplies sessions. The chain is no part of it.
 *
 * @throws AssayError `PORT_TAKEN`, `HOST_UNUSABLE`
 *
 * @example
 * const server = await startServer({ host: "127.0.0.1", port: 0, supply, asset: { symbol: "USDC", decimals: 6 }, logger });
 */
export async function startServer(options: StartServerOptions): Promise<HttpServer> {
  const { supply, asset, logger, health = new HealthBook(), metrics = new Metrics("assay_gateway_") } = options;
  const usage = options.usage ?? new Usage(options.usageStore, logger);
  const access = new Access(options.keys, usage, (amount) => formatAmount(amount, asset), logger);
  await access.load();
  observeSupply(metrics, supply, health);
  const answering = new Answering({
    supply,
    health,
    logger,
    decimals: asset.decimals,
    exploration: options.exploration ?? 0,
    maxAttempts: options.maxAttempts ?? 4,
    answerSeconds: options.answerSeconds ?? 600,
    observe: requestObserver(metrics),
    ...(options.onServed !== undefined && { onServed: options.onServed }),
  });
  const api = new Api({
    supply,
    answering,
    access,
    usage,
    health,
    metrics,
    asset,
    maxBodyBytes: options.maxBodyBytes ?? MAX_BODY_BYTES,
    problems: options.problems ?? (() => []),
    receipt: options.receipt ?? (() => Promise.resolve(undefined)),
    balance: options.balance ?? (() => Promise.resolve(undefined)),
  });
  return await startHttpServer({
    host: options.host,
    port: options.port,
    corsOrigins: options.corsOrigins ?? [],
    handle: api.handle,
    onFault: (error, path) => {
      logger.error({ err: error, path }, "a request failed unexpectedly");
    },
  });
}
