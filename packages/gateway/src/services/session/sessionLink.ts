import {
  type AssayError,
  SESSION_ACCESS_TYPES,
  type SessionState,
  type VoucherFrame,
  type WelcomeFrame,
  type WorkerFrame,
} from "@assay/sdk";
import type { FastSigner } from "@assay/sdk/node";
import { TypedDataEncoder } from "ethers";

import { SessionSocket } from "../../adapters/session/sessionSocket.js";
import type { SessionDeal } from "../../domain/sessionDeal.js";
import { hexBytes32 } from "./sessionErrors.js";

export interface SessionLinkOptions {
  readonly terms: SessionDeal;
  readonly signer: FastSigner;
  /** Longest time without a connection until it is given up. */
  readonly patienceMilliseconds: number;
  /** What this side has recorded; resolves when everything that was read is durable. */
  readonly state: () => Promise<SessionState>;
  readonly onWelcome: (frame: WelcomeFrame) => void;
  readonly onFrame: (frame: WorkerFrame) => void;
  /** The connection is lost. @returns false if it is not to be renewed */
  readonly onLost: (error: AssayError) => boolean;
  /** It stayed lost for too long. */
  readonly onGivenUp: (error: AssayError) => void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** The connection of a session, renewed with growing pauses when it is lost. Proves who asks. */
export class SessionLink {
  #socket: SessionSocket | undefined;
  #retry: NodeJS.Timeout | undefined;
  #failures = 0;
  #lostAt = Date.now();
  #stopped = false;

  constructor(private readonly options: SessionLinkOptions) {}

  /** Names the connection that is there now, so that what belongs to an earlier one is recognised. */
  get current(): object | undefined {
    return this.#socket;
  }

  connect(): void {
    if (this.#stopped) return;
    const { terms, onFrame } = this.options;
    const socket: SessionSocket = new SessionSocket(terms.endpoint, terms.jobId, {
      onFrames: (frames) => {
        for (const frame of frames) {
          if (socket !== this.#socket) return;
          if (frame.t === "challenge") this.#hello(socket, frame.challenge);
          else if (frame.t === "welcome") this.options.onWelcome(frame);
          else onFrame(frame);
        }
      },
      onClose: (error) => {
        if (socket === this.#socket) this.#lost(error);
      },
    });
    this.#socket = socket;
  }

  /** The session is open on both sides. */
  established(): void {
    this.#failures = 0;
  }

  send(frame: VoucherFrame | { readonly t: "cancel"; readonly id: number }): void {
    this.#socket?.send(frame);
  }

  /** Sends a frame that is JSON text already. */
  sendText(frame: string): void {
    this.#socket?.sendText(frame);
  }

  /** Ends the connection at once; another one is tried. */
  terminate(error: AssayError): void {
    this.#socket?.terminate(error);
  }

  /** Ends it for good. @param fault what the other side did wrong */
  stop(fault?: AssayError): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    if (fault === undefined) this.#socket?.close();
    else this.#socket?.fault(fault);
  }

  #hello(socket: SessionSocket, challenge: string): void {
    hexBytes32(challenge, "challenge");
    const { terms, signer, state } = this.options;
    const { domain, jobId } = terms;
    const signature = signer.signDigest(TypedDataEncoder.hash(domain, SESSION_ACCESS_TYPES, { jobId, challenge }));
    void state().then((recorded) => {
      if (socket === this.#socket) socket.send({ t: "hello", signature, state: recorded });
    });
  }

  #lost(error: AssayError): void {
    this.#socket = undefined;
    if (this.#failures === 0) this.#lostAt = Date.now();
    if (!this.options.onLost(error) || this.#stopped) return;
    if (Date.now() - this.#lostAt > this.options.patienceMilliseconds) {
      this.options.onGivenUp(error);
      return;
    }
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS);
    this.#failures += 1;
    this.#retry = setTimeout(() => {
      this.connect();
    }, pause);
  }
}
