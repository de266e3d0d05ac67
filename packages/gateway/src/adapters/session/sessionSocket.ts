import { AssayError, type GatewayFrame, MAX_SESSION_MESSAGE, parseFrames, type WorkerFrame } from "@assay/sdk";
import { WebSocket } from "ws";

const HANDSHAKE_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 15_000;

export interface SessionSocketEvents {
  /** All frames of one message, in order. A throw closes the connection with a fault. */
  readonly onFrames: (frames: readonly WorkerFrame[]) => void;
  /** The connection is over, whoever ended it. Called once. */
  readonly onClose: (error: AssayError) => void;
}

/**
 * One connection of a session. Frames that are sent in one turn of the event loop travel in one message; a connection that went silent
 * is noticed by its heartbeat.
 *
 * @example
 * const socket = new SessionSocket("http://127.0.0.1:4100", jobId, { onFrames, onClose });
 */
export class SessionSocket {
  readonly #socket: WebSocket;
  readonly #heartbeat: NodeJS.Timeout;
  #outgoing: string[] = [];
  #outgoingBytes = 0;
  #scheduled = false;
  #alive = true;
  #over = false;
  #reason: AssayError | undefined;

  constructor(
    endpoint: string,
    jobId: string,
    private readonly events: SessionSocketEvents,
  ) {
    this.#socket = new WebSocket(sessionUrl(endpoint, jobId), {
      perMessageDeflate: false,
      maxPayload: MAX_SESSION_MESSAGE,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      followRedirects: false,
    });
    this.#heartbeat = setInterval(() => {
      this.#beat();
    }, HEARTBEAT_MS);
    this.#heartbeat.unref();
    this.#listen();
  }

  /** Sends a frame at the end of this turn. */
  send(frame: GatewayFrame): void {
    this.sendText(JSON.stringify(frame));
  }

  /** Sends a frame that is JSON text already. */
  sendText(frame: string): void {
    if (this.#over) return;
    // Below the limit whatever the encoding: a UTF-16 unit takes at most three bytes.
    const bytes = 3 * frame.length + 1;
    if (this.#outgoingBytes + bytes > MAX_SESSION_MESSAGE - 2) this.#flush();
    this.#outgoing.push(frame);
    this.#outgoingBytes += bytes;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  /** Tells the other side what it did wrong, and ends the connection. */
  fault(error: AssayError): void {
    this.#reason ??= error;
    this.send({ t: "fault", code: error.code, message: error.message });
    this.#flush();
    this.#socket.close(1002);
  }

  /** Ends the connection. */
  close(reason?: AssayError): void {
    this.#reason ??= reason;
    this.#flush();
    this.#socket.close(1000);
  }

  /** Ends the connection at once: there is no time, or no use, for a farewell. */
  terminate(reason: AssayError): void {
    this.#reason ??= reason;
    this.#socket.terminate();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      if (this.#over || this.#reason !== undefined) return;
      this.#alive = true;
      try {
        if (isBinary)
          throw new AssayError({ code: "SESSION_MESSAGE_INVALID", message: "A message of the session is not text." });
        this.events.onFrames(parseFrames<WorkerFrame>(data.toString("utf8")));
      } catch (thrown) {
        if (!AssayError.is(thrown)) throw thrown;
        this.fault(thrown);
      }
    });
    socket.on("pong", () => {
      this.#alive = true;
    });
    socket.on("unexpected-response", (request, response) => {
      this.#reason ??= refused(response.statusCode ?? 0);
      response.resume();
      request.destroy();
      this.#end();
    });
    socket.on("error", (cause) => {
      this.#reason ??= cut(cause);
    });
    socket.on("close", () => {
      this.#end();
    });
  }

  #flush(): void {
    if (this.#outgoing.length === 0 || this.#socket.readyState !== WebSocket.OPEN) return;
    const message = `[${this.#outgoing.join(",")}]`;
    this.#outgoing = [];
    this.#outgoingBytes = 0;
    this.#socket.send(message);
  }

  #beat(): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    if (!this.#alive) {
      this.terminate(cut(undefined));
      return;
    }
    this.#alive = false;
    this.#socket.ping();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#heartbeat);
    this.events.onClose(this.#reason ?? cut(undefined));
  }
}

/** `http` becomes `ws`, `https` becomes `wss`; an endpoint may have a path of its own. */
export function sessionUrl(endpoint: string, jobId: string): string {
  return `${endpoint.replace(/^http/i, "ws").replace(/\/+$/, "")}/v1/sessions/${jobId}`;
}

function cut(cause: unknown): AssayError {
  return new AssayError({
    code: "SESSION_CUT",
    message: "The connection to the provider was lost.",
    hint: "It is tried again; the request can be sent to another provider.",
    retryable: true,
    ...(cause !== undefined && { cause }),
  });
}

function refused(status: number): AssayError {
  return new AssayError({
    code: status === 404 || status === 410 ? "SESSION_UNKNOWN" : "SESSION_REFUSED",
    message: `The provider refused the connection of the session with status ${status}.`,
    hint: "It may not have seen the session on the chain yet, or have lost its records.",
    retryable: true,
    details: { status },
  });
}
