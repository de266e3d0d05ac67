/** The gateway as a library: for programs that run one themselves. The command is `assay-gateway`. */
export type { HttpServer } from "@assay/sdk/node";
export { Metrics } from "./adapters/metrics.js";
export type { Asset } from "./domain/amounts.js";
export { Catalogue, type ModelEntry, type Offer, offerId } from "./domain/catalogue.js";
export type { ReceiptRecord } from "./domain/receiptRecord.js";
export type { SessionDeal, Unit } from "./domain/sessionDeal.js";
export {
  type Answered,
  type Ask,
  type AskHandle,
  type PreparedRequest,
  prepareRequest,
} from "./services/session/ask.js";
export { SessionClient } from "./services/session/sessionClient.js";
export type { SessionClientOptions, SessionStatus } from "./services/session/sessionOptions.js";
export { StaticSupply, type Supply } from "./services/supply.js";
export { loadConfig, parseConfig } from "./config.js";
export type { GatewayConfig } from "./domain/configSchema.js";
export { EXIT, exitCodeFor } from "./exit.js";
export { type Gateway, startGateway, type StartGatewayOptions } from "./startGateway.js";
export { startServer, type StartServerOptions } from "./startServer.js";
