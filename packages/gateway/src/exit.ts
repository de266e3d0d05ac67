import { AssayError } from "@assay/sdk";

/** Exit codes of the gateway. They never change meaning; a supervisor restarts on `retryable` only. */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  config: 2,
  keystore: 10,
  wrongNetwork: 11,
  missingContract: 12,
  noGas: 14,
  noFunds: 15,
  noModels: 16,
  portTaken: 17,
  dataLocked: 18,
  rpcUnreachable: 19,
  database: 20,
  dataUnusable: 21,
  /** EX_TEMPFAIL of sysexits.h: what stopped the gateway may pass by itself. */
  retryable: 75,
} as const;

const BY_CODE: Readonly<Record<string, number>> = {
  CONFIG_INVALID: EXIT.config,
  CONFIG_UNREADABLE: EXIT.config,
  OPEN_TO_ALL: EXIT.config,
  USAGE: EXIT.config,
  UNKNOWN_KEY: EXIT.config,
  NO_DEPLOYMENT: EXIT.config,
  DEPLOYMENT_NOT_FOUND: EXIT.config,
  INVALID_DEPLOYMENT: EXIT.config,
  UNKNOWN_DEPLOYMENT: EXIT.config,
  KEYSTORE_UNREADABLE: EXIT.keystore,
  KEYSTORE_INVALID: EXIT.keystore,
  PASSWORD_UNREADABLE: EXIT.keystore,
  PASSWORD_WRONG: EXIT.keystore,
  DEVELOPMENT_KEY: EXIT.keystore,
  WRONG_NETWORK: EXIT.wrongNetwork,
  MISSING_CONTRACT: EXIT.missingContract,
  NO_GAS: EXIT.noGas,
  NO_FUNDS: EXIT.noFunds,
  NO_MODELS: EXIT.noModels,
  PORT_TAKEN: EXIT.portTaken,
  HOST_UNUSABLE: EXIT.portTaken,
  DATA_LOCKED: EXIT.dataLocked,
  DATA_UNUSABLE: EXIT.dataUnusable,
  LOG_UNUSABLE: EXIT.dataUnusable,
  LOG_CORRUPT: EXIT.dataUnusable,
  RECORD_UNKNOWN: EXIT.dataUnusable,
  RPC_UNREACHABLE: EXIT.rpcUnreachable,
  RPC_TIMEOUT: EXIT.rpcUnreachable,
  DATABASE_UNUSABLE: EXIT.database,
};

/** Maps what stopped the gateway to its exit code. */
export function exitCodeFor(error: unknown): number {
  if (!AssayError.is(error)) return EXIT.unexpected;
  return BY_CODE[error.code] ?? (error.retryable ? EXIT.retryable : EXIT.unexpected);
}
