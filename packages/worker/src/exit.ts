import { PROGRAM_EXIT, programExitCode } from "@assay/sdk/node";

/** Exit codes of the worker. They never change meaning; a supervisor restarts on `retryable` only. */
export const EXIT = {
  ...PROGRAM_EXIT,
  notRegistered: 13,
  noStake: 15,
  modelMismatch: 16,
} as const;

const OWN_CODES: Readonly<Record<string, number>> = {
  NOT_REGISTERED: EXIT.notRegistered,
  NO_STAKE: EXIT.noStake,
  MODEL_MISMATCH: EXIT.modelMismatch,
  POLICY_UNREADABLE: EXIT.modelMismatch,
  INVALID_POLICY: EXIT.modelMismatch,
  POLICY_NOT_CANONICAL: EXIT.modelMismatch,
  WEIGHTS_UNREADABLE: EXIT.modelMismatch,
  API_KEY_UNREADABLE: EXIT.modelMismatch,
  ENGINE_UNKNOWN: EXIT.modelMismatch,
  ENGINE_MODEL_UNKNOWN: EXIT.modelMismatch,
  OTHER_CHAIN: EXIT.wrongNetwork,
};

/** Maps what stopped the worker to its exit code. */
export function exitCodeFor(error: unknown): number {
  return programExitCode(error, OWN_CODES);
}
