import { turnOf } from "../domain/turn.js";

/** Turns that nobody takes are forgotten after this. */
const FORGET_MS = 24 * 3_600 * 1_000;

/** Whose turn it is at the duties that any of several providers can do, counted from when this worker first saw the duty. */
export class Turns {
  readonly #seen = new Map<string, number>();

  constructor(
    private readonly provider: string,
    private readonly turnSeconds: number,
  ) {}

  /**
   * True when this provider's turn has come.
   *
   * @param duty what it is about, such as `post/1200`: the same for all who share it
   * @param participants how many share it
   */
  isOurs(duty: string, participants: number): boolean {
    const now = Date.now();
    const first = this.#seen.get(duty);
    if (first === undefined) this.#remember(duty, now);
    const waited = (now - (first ?? now)) / 1_000;
    return waited >= turnOf(duty, this.provider, participants) * this.turnSeconds;
  }

  #remember(duty: string, now: number): void {
    for (const [old, since] of this.#seen) {
      if (now - since < FORGET_MS) break;
      this.#seen.delete(old);
    }
    this.#seen.set(duty, now);
  }
}
