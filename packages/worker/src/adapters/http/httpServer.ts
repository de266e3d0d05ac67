import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

import { AssayError, toWireJson } from "@assay/sdk";
import { type HttpServer, listenHttp } from "@assay/sdk/node";

/** An answer. `body` is sent as it is if it is bytes or text, as JSON otherwise; bigints become decimal strings. */
export interface HttpReply {
  readonly status: number;
  readonly body?: unknown;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  /** Values of the `:name` parts of the route's path. */
  readonly params: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage["headers"];
  /** Reads the body, at most `limit` bytes of it. */
  readonly body: (limit: number) => Promise<Uint8Array>;
  /** `body`, parsed as JSON. */
  readonly json: (limit: number) => Promise<unknown>;
}

export interface Route {
  readonly method: "GET" | "POST";
  /** Path with `:name` parts, such as `/v1/jobs/:id/output`. */
  readonly path: string;
  readonly handle: (request: HttpRequest) => Promise<HttpReply> | HttpReply;
}

interface Options {
  readonly host: string;
  readonly port: number;
  readonly routes: readonly Route[];
  /** Status of an error by its code; 400 if not here and not retryable, 503 if retryable. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Told about errors that are no `AssayError`: the caller gets only that something went wrong. */
  readonly onFault: (error: unknown, request: { readonly method: string; readonly path: string }) => void;
  /** Takes connections that are to become something else than HTTP; they are refused when left out. */
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly onDone?: (request: { readonly route: string; readonly status: number }) => void;
}

/** Slow clients may not hold connections: whole requests must arrive within this. */
const REQUEST_TIMEOUT_MS = 30_000;
const HEADERS_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 1_000;

/**
 * Serves routes over HTTP/1.1. Every error is JSON, the SDK's `ApiError`.
 *
 * @throws AssayError `PORT_TAKEN`, `HOST_UNUSABLE`
 *
 * @example
 * const server = await startHttpServer({ host: "127.0.0.1", port: 0, routes, statuses: {}, onFault: console.error });
 */
export async function startHttpServer(options: Options): Promise<HttpServer> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: HEADERS_TIMEOUT_MS });
  server.maxConnections = MAX_CONNECTIONS;
  if (options.onUpgrade !== undefined) server.on("upgrade", options.onUpgrade);
  server.on("request", (request, response) => void serve(options, request, response));
  return await listenHttp(server, { program: "worker", host: options.host, port: options.port });
}

async function serve(options: Options, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = request.method ?? "GET";
  let route = "unknown";
  let reply: HttpReply;
  try {
    const url = new URL(request.url ?? "/", "http://localhost");
    const found = match(options.routes, method, url);
    route = found.route.path;
    reply = await found.route.handle({
      method,
      url,
      params: found.params,
      headers: request.headers,
      body: async (limit) => await readBody(request, limit),
      json: async (limit) => parseJson(await readBody(request, limit)),
    });
  } catch (error) {
    if (!AssayError.is(error)) options.onFault(error, { method, path: request.url ?? "/" });
    reply = errorReply(error, options.statuses);
  }
  send(request, response, reply);
  options.onDone?.({ route, status: reply.status });
}

function match(
  routes: readonly Route[],
  method: string,
  url: URL,
): { readonly route: Route; readonly params: Record<string, string> } {
  const parts = url.pathname.split("/");
  const allowed: string[] = [];
  for (const route of routes) {
    const params = matchPath(route.path.split("/"), parts);
    if (params === undefined) continue;
    if (route.method === method) return { route, params };
    allowed.push(route.method);
  }
  if (allowed.length > 0) {
    throw new AssayError({
      code: "METHOD_NOT_ALLOWED",
      message: `${url.pathname} takes ${allowed.join(" and ")}, not ${method}.`,
    });
  }
  throw new AssayError({ code: "NOT_FOUND", message: `There is nothing at ${url.pathname}.` });
}

function matchPath(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const actual = parts[index] ?? "";
    if (expected.startsWith(":")) params[expected.slice(1)] = actual;
    else if (expected !== actual) return undefined;
  }
  return params;
}

async function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  const tooLarge = (): AssayError =>
    new AssayError({ code: "BODY_TOO_LARGE", message: `The body is larger than ${limit} bytes.` });
  if (Number(request.headers["content-length"] ?? 0) > limit) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (cause) {
    if (AssayError.is(cause)) throw cause;
    throw new AssayError({ code: "BODY_ABORTED", message: "The body did not arrive whole.", cause });
  }
  return Buffer.concat(chunks);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new AssayError({ code: "INVALID_JSON", message: "The body is not JSON in UTF-8.", cause });
  }
}

const STATUSES: Readonly<Record<string, number>> = {
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  BODY_TOO_LARGE: 413,
};

function errorReply(error: unknown, statuses: Readonly<Record<string, number>>): HttpReply {
  if (!AssayError.is(error)) {
    const message = "Something went wrong in the worker.";
    return { status: 500, body: { error: { code: "INTERNAL", message, retryable: true } } };
  }
  const { code, message, hint, retryable, details } = error;
  const status = statuses[error.code] ?? STATUSES[error.code] ?? (error.retryable ? 503 : 400);
  return {
    status,
    body: { error: { code, message, hint, retryable, details } },
    ...(error.retryable && { headers: { "retry-after": "2" } }),
  };
}

function send(request: IncomingMessage, response: ServerResponse, { status, body, type, headers }: HttpReply): void {
  // A body that was not read would be taken for the next request of the connection.
  if (!request.complete) response.setHeader("connection", "close");
  const content = body instanceof Uint8Array || typeof body === "string" ? body : toWireJson(body ?? {});
  response.writeHead(status, {
    "content-type": type ?? "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(content),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...headers,
  });
  response.end(content);
}
