import type { z } from "zod";

import { AssayError } from "../errors.js";
import { apiErrorSchema, toWireJson } from "../protocol/workerApi.js";

/** Milliseconds for one call to a worker. */
const TIMEOUT = 30_000;

/** Largest answer that is read, in bytes: a server must not fill the memory of whoever asks. */
const MAX_BODY = 16 * 1024 * 1024;

export interface WorkerCall {
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** An answer's status and its body as JSON. */
export interface WorkerReply {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Calls a worker, or any server that gives JSON.
 *
 * @throws AssayError `WORKER_UNREACHABLE` (retryable), `WORKER_REPLY_INVALID`, or the error that the worker answered with
 */
export async function callWorker(
  url: string,
  { method = "GET", headers = {}, body, signal }: WorkerCall = {},
): Promise<WorkerReply> {
  const timeout = AbortSignal.timeout(TIMEOUT);
  let status: number, text: string;
  try {
    const response = await fetch(url, {
      method,
      headers: {
        accept: "application/json",
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: toWireJson(body) }),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      redirect: "error",
    });
    ({ status } = response);
    text = await readText(response, url);
  } catch (cause) {
    if (AssayError.is(cause)) throw cause;
    signal?.throwIfAborted();
    throw new AssayError({
      code: "WORKER_UNREACHABLE",
      message: `${url} could not be reached.`,
      hint: "The provider may be away for a while; try again or choose another one.",
      retryable: true,
      cause,
    });
  }
  const json = parseJson(text, url, status);
  if (status < 400) return { status, body: json };
  throw errorOf(json, url, status);
}

async function readText(response: Response, url: string): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  let text = "";
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.length;
    if (size > MAX_BODY) {
      await reader.cancel();
      throw replyInvalid(url, `is larger than ${MAX_BODY} bytes`);
    }
    text += decoder.decode(value, { stream: true });
  }
}

function parseJson(text: string, url: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw replyInvalid(url, `has status ${status} and is not JSON`, cause, status >= 500);
  }
}

function errorOf(json: unknown, url: string, status: number): AssayError {
  const parsed = apiErrorSchema.safeParse(json);
  if (!parsed.success) return replyInvalid(url, `has status ${status} and no error in it`, parsed.error, status >= 500);
  const { code, message, hint, retryable, details } = parsed.data.error;
  return new AssayError({
    code,
    message,
    retryable,
    ...(hint !== undefined && { hint }),
    ...(details !== undefined && { details }),
  });
}

function replyInvalid(url: string, what: string, cause?: unknown, retryable = false): AssayError {
  return new AssayError({
    code: "WORKER_REPLY_INVALID",
    message: `The answer of ${url} ${what}.`,
    hint: "The provider's program is another one or another version; choose another provider.",
    retryable,
    cause,
  });
}

/** A body that must have a shape. */
export function parseReply<T>(schema: z.ZodType<T>, { body }: WorkerReply, url: string): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; ");
  throw replyInvalid(url, `is not what was asked for (${problems})`, parsed.error);
}

/** A path below a worker's endpoint, which may have a path of its own. */
export function workerUrl(endpoint: string, path: string): string {
  return `${endpoint.replace(/\/+$/, "")}${path}`;
}
