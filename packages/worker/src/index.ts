import { AssayError } from "@assay/sdk";

/** How a supervisor should read the end of the worker: restart it, or leave it down until somebody has looked. */
export const EXIT = { ok: 0, fatal: 1, retryable: 75 } as const;

/** Maps what stopped the worker to its exit code (75 is `EX_TEMPFAIL` of sysexits.h). */
export function exitCodeFor(error: unknown): number {
  return AssayError.is(error) && error.retryable ? EXIT.retryable : EXIT.fatal;
}
