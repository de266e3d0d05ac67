import { AssayError } from "@assay/sdk";

/** The command line is wrong. */
export function usage(message: string, cause?: unknown): AssayError {
  return new AssayError({ code: "USAGE", message, hint: "See --help.", cause });
}

/** The contracts would refuse it; said before anything is sent. */
export function refused(message: string, hint: string): AssayError {
  return new AssayError({ code: "REFUSED", message, hint });
}
