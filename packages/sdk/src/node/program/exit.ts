import { AssayError } from "../../errors.js";

/** Exit codes that mean the same in every program. They never change meaning; a supervisor restarts on `retryable` only. */
export const PROGRAM_EXIT = {
  ok: 0,
  unexpected: 1,
  config: 2,
  keystore: 10,
  wrongNetwork: 11,
  missingContract: 12,
  noGas: 14,
  portTaken: 17,
  dataLocked: 18,
  rpcUnreachable: 19,
  database: 20,
  dataUnusable: 21,
  /** EX_TEMPFAIL of sysexits.h: what stopped the program may pass by itself. */
  retryable: 75,
} as const;

const BY_CODE: Readonly<Record<string, number>> = {
  CONFIG_INVALID: PROGRAM_EXIT.config,
  CONFIG_UNREADABLE: PROGRAM_EXIT.config,
  USAGE: PROGRAM_EXIT.config,
  NO_DEPLOYMENT: PROGRAM_EXIT.config,
  DEPLOYMENT_NOT_FOUND: PROGRAM_EXIT.config,
  INVALID_DEPLOYMENT: PROGRAM_EXIT.config,
  UNKNOWN_DEPLOYMENT: PROGRAM_EXIT.config,
  KEYSTORE_UNREADABLE: PROGRAM_EXIT.keystore,
  KEYSTORE_INVALID: PROGRAM_EXIT.keystore,
  PASSWORD_UNREADABLE: PROGRAM_EXIT.keystore,
  PASSWORD_WRONG: PROGRAM_EXIT.keystore,
  DEVELOPMENT_KEY: PROGRAM_EXIT.keystore,
  WRONG_NETWORK: PROGRAM_EXIT.wrongNetwork,
  MISSING_CONTRACT: PROGRAM_EXIT.missingContract,
  NO_GAS: PROGRAM_EXIT.noGas,
  PORT_TAKEN: PROGRAM_EXIT.portTaken,
  HOST_UNUSABLE: PROGRAM_EXIT.portTaken,
  DATA_LOCKED: PROGRAM_EXIT.dataLocked,
  DATA_UNUSABLE: PROGRAM_EXIT.dataUnusable,
  RPC_UNREACHABLE: PROGRAM_EXIT.rpcUnreachable,
  RPC_TIMEOUT: PROGRAM_EXIT.rpcUnreachable,
  DATABASE_UNUSABLE: PROGRAM_EXIT.database,
};

/**
 * Maps what stopped a program to its exit code.
 *
 * @param own exit codes of errors that only this program has
 *
 * @example
 * process.exitCode = programExitCode(error, { NO_STAKE: 15 });
 */
export function programExitCode(error: unknown, own: Readonly<Record<string, number>>): number {
  if (!AssayError.is(error)) return PROGRAM_EXIT.unexpected;
  return own[error.code] ?? BY_CODE[error.code] ?? (error.retryable ? PROGRAM_EXIT.retryable : PROGRAM_EXIT.unexpected);
}
