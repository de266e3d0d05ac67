/** Exit codes of every command; they never change meaning. */
export const EXIT = { ok: 0, failed: 1, usage: 2, network: 3, refused: 4, unreachable: 5, key: 6 } as const;

const EXIT_OF: Readonly<Record<string, number>> = {
  USAGE: EXIT.usage,
  INVALID_ALLOWLIST: EXIT.usage,
  RECEIPT_MALFORMED: EXIT.usage,
  WRONG_NETWORK: EXIT.network,
  MISSING_CONTRACT: EXIT.network,
  NO_DEPLOYMENT: EXIT.network,
  DEPLOYMENT_NOT_FOUND: EXIT.network,
  INVALID_DEPLOYMENT: EXIT.network,
  UNKNOWN_DEPLOYMENT: EXIT.network,
  CONTRACT_ERROR: EXIT.refused,
  REFUSED: EXIT.refused,
  KEYSTORE_UNREADABLE: EXIT.key,
  KEYSTORE_INVALID: EXIT.key,
  PASSWORD_UNREADABLE: EXIT.key,
  PASSWORD_WRONG: EXIT.key,
  DEVELOPMENT_KEY: EXIT.key,
};

/** The exit code for what ended a command. */
export function exitCodeOf({ code, retryable }: { readonly code: string; readonly retryable: boolean }): number {
  return EXIT_OF[code] ?? (retryable ? EXIT.unreachable : EXIT.failed);
}
