import { AssayError } from "@assay/sdk";

/** @throws AssayError `SESSION_MESSAGE_INVALID` */
export function hexBytes32(value: unknown, name: string): Uint8Array {
  if (typeof value === "string" && value.length === 66 && value.startsWith("0x")) {
    const bytes = Buffer.from(value.slice(2), "hex");
    if (bytes.length === 32) return bytes;
  }
  throw new AssayError({
    code: "SESSION_MESSAGE_INVALID",
    message: `The ${name} of the session is not 32 bytes of hex.`,
  });
}

export function sessionBusy(): AssayError {
  return new AssayError({
    code: "SESSION_BUSY",
    message: "Too many requests wait for this provider.",
    hint: "Try again in a moment.",
    retryable: true,
  });
}

export function sessionCut(status: string): AssayError {
  return new AssayError({
    code: "SESSION_GONE",
    message:
      status === "connecting"
        ? "The provider could not be reached in time."
        : `The session with the provider is ${status}.`,
    hint: "Another provider or a new session can answer.",
    retryable: true,
  });
}

/** What becomes of the requests of a session that was given up. */
export function sessionBroken(cause: AssayError): AssayError {
  return new AssayError({
    code: "PROVIDER_DROPPED",
    message: `The provider was dropped: ${cause.message}`,
    hint: "Another provider can answer.",
    retryable: true,
    cause,
    details: { reason: cause.code },
  });
}

export function creditLineTooShort(worst: bigint, creditLine: bigint): AssayError {
  return new AssayError({
    code: "CREDIT_LINE_TOO_SHORT",
    message: `The answer may cost ${worst}, more than the session's credit line of ${creditLine}.`,
    hint: "Ask for a shorter answer, or raise the gateway's session.creditLine.",
  });
}

export function stateWrong(what: string): AssayError {
  return new AssayError({
    code: "SESSION_STATE_WRONG",
    message: `The provider ${what}.`,
    hint: "Its records are not those of this session, which is given up and closed; what is unsigned stays unpaid.",
  });
}
