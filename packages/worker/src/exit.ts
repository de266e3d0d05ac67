import { AssayError } from "@assay/sdk";

/** Exit codes of the worker. They never change meaning; a supervisor restarts on `retryable` only. */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  config: 2,
  keystore: 10,
  wrongNetwork: 11,
  missingContract: 12,
  notRegistered: 13,
  noGas: 14,
  noStake: 15,
  modelMismatch: 16,
  portTaken: 17,
  dataLocked: 18,
  rpcUnreachable: 19,
  database: 20,
  dataUnusable: 21,
  /** EX_TEMPFAIL of sysexits.h: what stopped the worker may pass by itself. */
  retryable: 75,
} as const;

const BY_CODE: Readonly<Record<string, number>> = {
  CONFIG_INVALID: EXIT.config,
  CONFIG_UNREADABLE: EXIT.config,
  USAGE: EXIT.config,
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
  NOT_REGISTERED: EXIT.notRegistered,
  NO_GAS: EXIT.noGas,
  NO_STAKE: EXIT.noStake,
  MODEL_MISMATCH: EXIT.modelMismatch,
  POLICY_UNREADABLE: EXIT.modelMismatch,
  INVALID_POLICY: EXIT.modelMismatch,
  POLICY_NOT_CANONICAL: EXIT.modelMismatch,
  WEIGHTS_UNREADABLE: EXIT.modelMismatch,
  API_KEY_UNREADABLE: EXIT.modelMismatch,
  ENGINE_UNKNOWN: EXIT.modelMismatch,
  ENGINE_MODEL_UNKNOWN: EXIT.modelMismatch,
  PORT_TAKEN: EXIT.portTaken,
  HOST_UNUSABLE: EXIT.portTaken,
  DATA_LOCKED: EXIT.dataLocked,
  OTHER_CHAIN: EXIT.wrongNetwork,
  DATA_UNUSABLE: EXIT.dataUnusable,
  RPC_UNREACHABLE: EXIT.rpcUnreachable,
  RPC_TIMEOUT: EXIT.rpcUnreachable,
  DATABASE_UNUSABLE: EXIT.database,
};

/** Maps what stopped the worker to its exit code. */
export function exitCodeFor(error: unknown): number {
  if (!AssayError.is(error)) return EXIT.unexpected;
  return BY_CODE[error.code] ?? (error.retryable ? EXIT.retryable : EXIT.unexpected);
}
