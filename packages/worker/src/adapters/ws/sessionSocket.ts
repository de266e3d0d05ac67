import { AssayError, type GatewayFrame, MAX_SESSION_MESSAGE, parseFrames, type WorkerFrame } from "@assay/sdk";
import { WebSocket } from "ws";

const HEARTBEAT_MS = 15_000;
/** Beyond this a reader that is too slow is not read from until it caught up. */
const PAUSE_BYTES = 8 * 1024 * 1024;
/** A frame's text takes at most three bytes a UTF-16 unit. */
const BYTES_PER_UNIT = 3;

export interface SocketEvents {
  /** All frames of one message, in order. A thrown AssayError closes the connection with a fault. */
  readonly onFrames: (frames: readonly GatewayFrame[]) => void;
  /** The connection is over, whoever ended it. Called once. */
  readonly onClose: () => void;
  /** Something unexpected was thrown while frames were handled; the connection is closed. */
  readonly onError: (error: unknown) => void;
}

/** The worker's end of one connection. Frames that are sent in one turn of the event loop travel in one message. */
export class SessionSocket {
  readonly #heartbeat: NodeJS.Timeout;
  #events: SocketEvents | undefined;
  #outgoing: string[] = [];
  #outgoingBytes = 0;
  #scheduled = false;
  #alive = true;
  #open = true;

  constructor(private readonly socket: WebSocket) {
    this.#heartbeat = setInterval(() => {
      this.#beat();
    }, HEARTBEAT_MS);
    this.#heartbeat.unref();
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      this.#receive(data, isBinary);
    });
    socket.on("pong", () => {
      this.#alive = true;
    });
    // What follows an error is a close.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#end();
    });
  }

  get isOpen(): boolean {
    return this.#open;
  }

  listen(events: SocketEvents): void {
    this.#events = events;
  }

  /** Sends a frame at the end of this turn. */
  send(frame: WorkerFrame): void {
    this.sendText(JSON.stringify(frame));
  }

  /** Sends a frame that is JSON text already; it must be shorter than a message. */
  sendText(frame: string): void {
    if (!this.#open) return;
    const bytes = BYTES_PER_UNIT * frame.length + 1;
    if (this.#outgoing.length > 0 && this.#outgoingBytes + bytes > MAX_SESSION_MESSAGE - 2) this.#flush();
    this.#outgoing.push(frame);
    this.#outgoingBytes += bytes;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  /** Says why, and ends the connection. */
  fault(error: AssayError): void {
    this.send({ t: "fault", code: error.code, message: error.message });
    this.close();
  }

  close(): void {
    this.#flush();
    this.socket.close(1000);
    this.#end();
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (!this.#open) return;
    this.#alive = true;
    try {
      if (isBinary) {
        throw new AssayError({ code: "SESSION_MESSAGE_INVALID", message: "A message of the session is not text." });
      }
      this.#events?.onFrames(parseFrames<GatewayFrame>(data.toString("utf8")));
    } catch (error) {
      if (!AssayError.is(error)) this.#events?.onError(error);
      this.fault(
        AssayError.is(error)
          ? error
          : new AssayError({ code: "INTERNAL", message: "Something went wrong in the worker." }),
      );
    }
  }

  #flush(): void {
    if (this.#outgoing.length === 0) return;
    const message = `[${this.#outgoing.join(",")}]`;
    this.#outgoing = [];
    this.#outgoingBytes = 0;
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.socket.send(message, () => {
      if (this.socket.isPaused && this.socket.bufferedAmount < PAUSE_BYTES / 2) this.socket.resume();
    });
    if (this.socket.bufferedAmount > PAUSE_BYTES) this.socket.pause();
  }

  #beat(): void {
    if (!this.#alive) {
      this.socket.terminate();
      return;
    }
    this.#alive = false;
    if (this.socket.readyState === WebSocket.OPEN) this.socket.ping();
  }

  #end(): void {
    if (!this.#open) return;
    this.#open = false;
    clearInterval(this.#heartbeat);
    this.#events?.onClose();
  }
}
