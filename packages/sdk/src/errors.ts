/** What makes up an {@link AssayError}. */
export interface AssayErrorOptions {
  /** Stable identifier in upper snake case that programs may branch on, such as `STAKE_TOO_LOW`. */
  readonly code: string;
  /** One sentence: what happened. */
  readonly message: string;
  /** One sentence: what the reader can do about it. */
  readonly hint?: string;
  /** True when the same call may succeed later without any change by the caller. Defaults to false. */
  readonly retryable?: boolean;
  /** Values that programs may branch on, such as the name and the arguments of a contract's error. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** The error underneath, kept for logs. */
  readonly cause?: unknown;
}

/**
 * The one error type of the SDK and of every program built on it.
 *
 * @example
 * throw new AssayError({
 *   code: "RPC_UNREACHABLE",
 *   message: "The chain could not be reached.",
 *   hint: "Check the RPC URL and the network.",
 *   retryable: true,
 *   cause: error,
 * });
 */
export class AssayError extends Error {
  override readonly name = "AssayError";
  readonly code: string;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor({ code, message, hint, retryable = false, details, cause }: AssayErrorOptions) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
    this.retryable = retryable;
    this.details = details;
  }

  /** Recognises an `AssayError` even when it comes from a second copy of this package. */
  static is(error: unknown): error is AssayError {
    return error instanceof Error && error.name === "AssayError" && "code" in error && "retryable" in error;
  }
}
