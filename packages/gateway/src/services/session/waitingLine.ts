import type { AssayError } from "@assay/sdk";

import type { Pending } from "./pending.js";
import { sessionBusy } from "./sessionErrors.js";

/** Requests that wait for credit, money or a place, in their order: so many, and for so long. */
export class WaitingLine {
  #waiting: Pending[] = [];

  /** @param reason why a request has to go whose time is over */
  constructor(
    private readonly most: number,
    private readonly milliseconds: number,
    private readonly reason: () => AssayError,
  ) {}

  get length(): number {
    return this.#waiting.length;
  }

  /** @throws AssayError `SESSION_BUSY` */
  add(pending: Pending): void {
    if (this.#waiting.length >= this.most) throw sessionBusy();
    pending.timer = setTimeout(() => {
      if (this.remove(pending)) pending.ask.onFailed(this.reason());
    }, this.milliseconds);
    this.#waiting.push(pending);
  }

  /** @returns false if it does not wait here */
  remove(pending: Pending): boolean {
    const index = this.#waiting.indexOf(pending);
    if (index === -1) return false;
    clearTimeout(pending.timer);
    this.#waiting.splice(index, 1);
    return true;
  }

  /** Takes from the front as long as there is room. */
  release(hasRoom: (pending: Pending) => boolean, send: (pending: Pending) => void): void {
    let sent = 0;
    for (const pending of this.#waiting) {
      if (!hasRoom(pending)) break;
      clearTimeout(pending.timer);
      send(pending);
      sent += 1;
    }
    if (sent > 0) this.#waiting = this.#waiting.slice(sent);
  }

  fail(error: AssayError): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { ask, timer } of waiting) {
      clearTimeout(timer);
      ask.onFailed(error);
    }
  }
}
