import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

import { AssayError, MAX_SESSION_MESSAGE } from "@assay/sdk";
import { WebSocketServer } from "ws";

import { SessionSocket } from "./sessionSocket.js";

const PATH = /^\/v1\/sessions\/(0x[0-9a-fA-F]{64})$/;
const MAX_CONNECTIONS = 1_000;

const STATUS: Readonly<Record<string, readonly [number, string]>> = {
  NOT_FOUND: [404, "Not Found"],
  UNKNOWN_SESSION: [404, "Not Found"],
  SESSION_OVER: [410, "Gone"],
  MODEL_NOT_SERVED: [410, "Gone"],
};

export interface SessionServerOptions {
  /**
   * Looks for the session before its connection is taken.
   *
   * @throws AssayError why there is none
   */
  readonly accept: (jobId: string) => Promise<(socket: SessionSocket) => void>;
  readonly onFault: (error: unknown) => void;
}

/** Takes the WebSocket connections of sessions, `GET /v1/sessions/:jobId`, at an HTTP server's `upgrade` event. */
export class SessionServer {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_SESSION_MESSAGE,
    perMessageDeflate: false,
    clientTracking: true,
  });

  constructor(private readonly options: SessionServerOptions) {}

  /** For `server.on("upgrade", ...)`. */
  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // A connection that breaks before it is taken concerns nobody.
    const onError = (): void => {
      socket.destroy();
    };
    socket.on("error", onError);
    this.#accept(request, socket, head)
      .catch((error: unknown) => {
        if (!AssayError.is(error)) this.options.onFault(error);
        refuse(socket, error);
      })
      .finally(() => socket.off("error", onError));
  };

  /** Ends all connections. */
  close(): void {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
  }

  async #accept(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const [, jobId] = PATH.exec((request.url ?? "").split("?", 1)[0] ?? "") ?? [];
    if (jobId === undefined) throw new AssayError({ code: "NOT_FOUND", message: "There is no WebSocket there." });
    if (this.#server.clients.size >= MAX_CONNECTIONS) {
      throw new AssayError({ code: "BUSY", message: "The worker has all connections that it takes.", retryable: true });
    }
    const attach = await this.options.accept(jobId.toLowerCase());
    if (socket.destroyed) return;
    this.#server.handleUpgrade(request, socket, head, (client) => {
      attach(new SessionSocket(client));
    });
  }
}

function refuse(socket: Duplex, thrown: unknown): void {
  const { code, message, retryable } = AssayError.is(thrown)
    ? thrown
    : { code: "INTERNAL", message: "Something went wrong in the worker.", retryable: true };
  const [status, text] = STATUS[code] ?? (retryable ? [503, "Service Unavailable"] : [400, "Bad Request"]);
  const body = JSON.stringify({ error: { code, message, retryable } });
  socket.end(
    `HTTP/1.1 ${status} ${text}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
