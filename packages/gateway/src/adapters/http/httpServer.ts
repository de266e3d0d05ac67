import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

import { AssayError } from "@assay/sdk";
import { type HttpServer, listenHttp } from "@assay/sdk/node";

import { apiFault, errorReply } from "../../domain/apiFault.js";

/** Whole requests must arrive within this: slow clients may not hold connections. */
const REQUEST_TIMEOUT_MS = 30_000;
const HEADERS_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 60_000;
const MAX_CONNECTIONS = 10_000;

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  /** Answers a request, now or later; what it throws or rejects with is sent as an error. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
  readonly corsOrigins: readonly string[];
  /** Told about what nobody foresaw; the client only hears that something went wrong. */
  readonly onFault: (error: unknown, path: string) => void;
}

/**
 * Serves HTTP/1.1 without a framework: a request costs what Node.js itself costs.
 *
 * @throws AssayError `PORT_TAKEN`, `HOST_UNUSABLE`
 *
 * @example
 * const server = await startHttpServer({ host: "127.0.0.1", port: 0, handle, corsOrigins: [], onFault });
 */
export async function startHttpServer(options: HttpOptions): Promise<HttpServer> {
  const server = createServer({
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    noDelay: true,
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    try {
      if (options.corsOrigins.length > 0 && cors(options.corsOrigins, request, response)) return;
      const later = options.handle(request, response);
      if (later === undefined) return;
      later.catch((error: unknown) => {
        fail(options, request, response, error);
      });
    } catch (error) {
      fail(options, request, response, error);
    }
  });
  return await listenHttp(server, { program: "gateway", host: options.host, port: options.port });
}

/** Sends an error in OpenAI's form, if the response has not begun. */
export function sendError(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { status, body, retryAfter } = errorReply(error);
  sendJson(request, response, status, body, retryAfter === undefined ? {} : { "retry-after": String(retryAfter) });
}

/** Sends a value as JSON, or text that is JSON already. */
export function sendJson(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const content = typeof body === "string" ? body : JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(content),
    "cache-control": "no-store",
    // A body that was not read would be taken for the next request of the connection.
    ...(!request.complete && { connection: "close" }),
    ...headers,
  });
  response.end(content);
}

/**
 * Reads a body of JSON, at most `limit` bytes of it.
 *
 * @throws AssayError 400, 413, 415
 */
export function readJson(request: IncomingMessage, limit: number): Promise<unknown> {
  const { headers } = request;
  // A browser sends anything else, or nothing, without asking: a foreign page could spend then.
  const type = headers["content-type"] ?? "of no type";
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) {
    throw apiFault({
      status: 415,
      code: "unsupported_media_type",
      message: `The body is ${type}; send application/json.`,
    });
  }
  if (Number(headers["content-length"] ?? 0) > limit) throw tooLarge(limit);
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) {
        chunks.push(chunk);
        return;
      }
      chunks = [];
      request.pause();
      reject(tooLarge(limit));
    });
    request.on("end", () => {
      try {
        const [first] = chunks;
        const bytes = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
        resolve(JSON.parse(bytes.toString("utf8")));
      } catch (cause) {
        reject(apiFault({ status: 400, code: "invalid_json", message: "The body is not JSON.", cause }));
      }
    });
    request.on("error", (cause) => {
      reject(apiFault({ status: 400, code: "body_aborted", message: "The body did not arrive whole.", cause }));
    });
  });
}

function tooLarge(limit: number): AssayError {
  return apiFault({ status: 413, code: "request_too_large", message: `The body is larger than ${limit} bytes.` });
}

/** @returns true if the request was a browser's question and is answered */
function cors(origins: readonly string[], request: IncomingMessage, response: ServerResponse): boolean {
  const { origin } = request.headers;
  if (origin === undefined || !(origins.includes("*") || origins.includes(origin))) return false;
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("vary", "origin");
  response.setHeader("access-control-expose-headers", "x-assay-receipt, x-assay-provider, x-assay-cost, retry-after");
  if (request.method !== "OPTIONS") return false;
  response.writeHead(204, {
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": request.headers["access-control-request-headers"] ?? "authorization, content-type",
    "access-control-max-age": "600",
  });
  response.end();
  return true;
}

function fail(options: HttpOptions, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (!AssayError.is(error)) options.onFault(error, request.url ?? "/");
  sendError(request, response, error);
}
