import { AssayError } from "@assay/sdk";

/** What makes up an error that a client of the HTTP interface gets to see, as OpenAI words it. */
export interface ApiFaultOptions {
  /** HTTP status. */
  readonly status: number;
  /** OpenAI's `code`, lower snake case, such as `model_not_found`. */
  readonly code: string;
  readonly message: string;
  /** Field of the request that is wrong. */
  readonly param?: string;
  /** OpenAI's `type`; follows from the status unless given. */
  readonly type?: string;
  /** Seconds after which it is worth trying again. */
  readonly retryAfter?: number;
  /** More for programs, such as which providers failed and why. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** An error as it leaves over HTTP. */
export interface ErrorReply {
  readonly status: number;
  readonly body: {
    readonly error: {
      readonly message: string;
      readonly type: string;
      readonly param: string | null;
      readonly code: string;
      readonly metadata?: Readonly<Record<string, unknown>>;
    };
  };
  /** Seconds for `Retry-After`. */
  readonly retryAfter: number | undefined;
}

const API_FAULT = "apiFault";

/** An `AssayError` that says how it looks to the client. */
export function apiFault(options: ApiFaultOptions): AssayError {
  const { status, code, message, cause } = options;
  return new AssayError({
    code: code.toUpperCase(),
    message,
    retryable: status === 429 || status >= 500,
    details: { [API_FAULT]: options },
    ...(cause !== undefined && { cause }),
  });
}

/** A field of the request that cannot be served as it is. */
export function badParameter(param: string, message: string, code = "invalid_value"): AssayError {
  return apiFault({ status: 400, code, message, param });
}

/** Status of errors that others made, by their code. */
const STATUSES: Readonly<Record<string, number>> = {
  INVALID_REQUEST: 400,
  NOT_JSON: 400,
  UNSUPPORTED_REQUEST: 400,
  REQUEST_TOO_LARGE: 413,
};

/** How any error looks to a client. What nobody foresaw says nothing about the inside. */
export function errorReply(thrown: unknown): ErrorReply {
  if (!AssayError.is(thrown)) {
    return reply({ status: 500, code: "internal_error", message: "Something went wrong in the gateway." });
  }
  const options = thrown.details?.[API_FAULT] as ApiFaultOptions | undefined;
  if (options !== undefined) return reply(options);
  const status = STATUSES[thrown.code] ?? 503;
  return reply({
    status,
    code: thrown.code.toLowerCase(),
    message: thrown.hint === undefined ? thrown.message : `${thrown.message} ${thrown.hint}`,
    ...(status === 503 && { retryAfter: 2 }),
  });
}

function reply({ status, code, message, param, type, retryAfter, metadata }: ApiFaultOptions): ErrorReply {
  return {
    status,
    body: {
      error: {
        message,
        type: type ?? typeOf(status),
        param: param ?? null,
        code,
        ...(metadata !== undefined && { metadata }),
      },
    },
    retryAfter,
  };
}

function typeOf(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 402) return "insufficient_quota";
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}
