import { PROGRAM_EXIT, programExitCode } from "@assay/sdk/node";

/** Exit codes of the gateway. They never change meaning; a supervisor restarts on `retryable` only. */
export const EXIT = {
  ...PROGRAM_EXIT,
  noFunds: 15,
  noModels: 16,
} as const;

const OWN_CODES: Readonly<Record<string, number>> = {
  OPEN_TO_ALL: EXIT.config,
  UNKNOWN_KEY: EXIT.config,
  NO_FUNDS: EXIT.noFunds,
  NO_MODELS: EXIT.noModels,
  LOG_UNUSABLE: EXIT.dataUnusable,
  LOG_CORRUPT: EXIT.dataUnusable,
  RECORD_UNKNOWN: EXIT.dataUnusable,
};

/** Maps what stopped the gateway to its exit code. */
export function exitCodeFor(error: unknown): number {
  return programExitCode(error, OWN_CODES);
}
