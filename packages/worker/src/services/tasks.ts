import { type AssayError, contractErrorName, toAssayError } from "@assay/sdk";
import type { Logger } from "pino";

const FIRST_PAUSE_MS = 500;
/** Short against every deadline of the protocol. */
const LONGEST_PAUSE_MS = 15_000;
const MOST_FAILURES = 1_000;

const DONE_ALREADY: ReadonlySet<string> = new Set([
  "EFFECT_PENDING",
  "RandomnessBeacon_RoundAlreadyPosted",
  "JobEscrow_WrongStatus",
  "JobEscrow_UnknownBatch",
  "AuditCourt_UnknownBatch",
  "AuditCourt_WrongPhase",
  "AuditCourt_AlreadyActed",
]);

/**
 * Runs duties in the background, each key once at a time, and keeps a failed one from being tried again at once. A duty looks at the state of things itself, so
 * it can be started again and again until there is nothing left to do.
 */
export class Tasks {
  readonly #running = new Map<string, Promise<void>>();
  readonly #failures = new Map<string, { readonly count: number; readonly notBefore: number }>();

  constructor(
    private readonly logger: Logger,
    private readonly signal: AbortSignal,
  ) {}

  /** Number of duties in work. */
  get size(): number {
    return this.#running.size;
  }

  /** Starts the duty, unless it is in work or failed a moment ago. */
  start(key: string, work: () => Promise<void>): void {
    if (this.signal.aborted || this.#running.has(key)) return;
    const failed = this.#failures.get(key);
    if (failed !== undefined && Date.now() < failed.notBefore) return;
    this.#running.set(key, this.#run(key, work));
  }

  /** Waits for everything in work. */
  async settled(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  async #run(key: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#failures.delete(key);
    } catch (error) {
      this.#fail(key, error);
    } finally {
      this.#running.delete(key);
    }
  }

  /** Most duties that failed are never asked for again, because somebody else did them. */
  #forgetOld(): void {
    if (this.#failures.size < MOST_FAILURES) return;
    for (const [key, { notBefore }] of this.#failures) if (notBefore < Date.now()) this.#failures.delete(key);
  }

  #fail(key: string, thrown: unknown): void {
    if (this.signal.aborted) return;
    const error = toAssayError(thrown);
    const count = (this.#failures.get(key)?.count ?? 0) + 1;
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** (count - 1), LONGEST_PAUSE_MS);
    this.#forgetOld();
    this.#failures.set(key, { count, notBefore: Date.now() + pause });
    const { code, hint, message } = error;
    const level = levelOf(error);
    // Where it happened is of use only where nobody foresaw it.
    const about = { duty: key, code, hint, failures: count, retryInMs: pause };
    this.logger[level](level === "warn" ? { ...about, err: error } : about, message);
  }
}

/** What was done already, by this provider or another, is no news. */
function levelOf(error: AssayError): "debug" | "info" | "warn" {
  const name = contractErrorName(error) ?? error.code;
  if (DONE_ALREADY.has(name)) return "debug";
  return error.retryable ? "info" : "warn";
}
