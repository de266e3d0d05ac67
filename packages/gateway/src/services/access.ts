import type { Logger } from "pino";

import { type ApiKey, hashKey, type KeyStore } from "../adapters/storage/keyStore.js";
import { apiFault } from "../domain/apiFault.js";
import type { Usage } from "./usage.js";

const RELOAD_MS = 2_000;
const MINUTE_MS = 60_000;

/** Who asks, for as long as one request takes. */
export interface Admission {
  /** 0 without keys. */
  readonly keyId: number;
  /**
   * Sets aside what the request may cost.
   *
   * @throws AssayError 402 if the key's cap does not allow it
   */
  reserve(worst: bigint): void;
  /** The request is over, however it ended. */
  end(): void;
}

interface KeyState {
  key: ApiKey;
  reserved: bigint;
  running: number;
  /** Requests that may still come now; refilled over a minute. */
  tokens: number;
  refilledAt: number;
}

/** Lets clients in: keys, caps and rate limits. */
export class Access {
  readonly #byHash = new Map<string, KeyState>();
  readonly #byId = new Map<number, KeyState>();
  #loadedAt = 0;
  #loading: Promise<void> | undefined;

  /** @param store undefined: no keys, everybody is let in */
  constructor(
    private readonly store: KeyStore | undefined,
    private readonly usage: Usage,
    private readonly formatAmount: (amount: bigint) => string,
    private readonly logger: Logger,
  ) {}

  /** Reads the keys; later changes by other processes are seen within seconds. */
  async load(): Promise<void> {
    if (this.store === undefined) return;
    for (const key of await this.store.list()) {
      const known = this.#byId.get(key.id);
      if (known !== undefined) {
        known.key = key;
        continue;
      }
      const state = { key, reserved: 0n, running: 0, tokens: key.requestsPerMinute ?? 0, refilledAt: Date.now() };
      this.#byHash.set(key.hash, state);
      this.#byId.set(key.id, state);
    }
    this.#loadedAt = Date.now();
  }

  /** True if everybody is let in. */
  get isOpen(): boolean {
    return this.store === undefined;
  }

  /** The key behind an `Authorization` header; undefined without keys. @throws AssayError 401 */
  async authenticate(authorization: string | undefined): Promise<ApiKey | undefined> {
    if (this.store === undefined) return undefined;
    return (this.#find(authorization) ?? (await this.#findAnew(authorization))).key;
  }

  /**
   * Admits a request to a model. Synchronous where the key is known.
   *
   * @throws AssayError 401, 429
   */
  admit(authorization: string | undefined): Admission | Promise<Admission> {
    if (this.store === undefined) return EVERYBODY;
    const state = this.#find(authorization);
    if (state !== undefined) return this.#admit(state);
    return this.#findAnew(authorization).then((found) => this.#admit(found));
  }

  /** What a key may still spend; undefined without a cap. */
  left(key: ApiKey): bigint | undefined {
    if (key.cap === undefined) return undefined;
    const left = key.cap - this.usage.spentBy(key.id);
    return left > 0n ? left : 0n;
  }

  #find(authorization: string | undefined): KeyState | undefined {
    const token = tokenOf(authorization);
    if (token === undefined) {
      throw apiFault({
        status: 401,
        code: "invalid_api_key",
        type: "invalid_request_error",
        message: "You didn't provide an API key. Send it in the header Authorization: Bearer YOUR_KEY.",
      });
    }
    const state = this.#byHash.get(hashKey(token));
    if (Date.now() - this.#loadedAt > RELOAD_MS) void this.#reload();
    if (state !== undefined) requireValid(state.key);
    return state;
  }

  /** A key that is not known may have been made a moment ago. */
  async #findAnew(authorization: string | undefined): Promise<KeyState> {
    // Also slows down whoever guesses keys.
    const wait = this.#loadedAt + RELOAD_MS / 10 - Date.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    await this.#reload();
    const state = this.#find(authorization);
    if (state !== undefined) return state;
    throw apiFault({
      status: 401,
      code: "invalid_api_key",
      type: "invalid_request_error",
      message: "Incorrect API key provided. Keys are made with assay-gateway keys create.",
    });
  }

  async #reload(): Promise<void> {
    this.#loading ??= this.load()
      .catch((error: unknown) => {
        this.logger.error({ err: error }, "the API keys could not be read; those that are known go on");
      })
      .finally(() => {
        this.#loading = undefined;
      });
    await this.#loading;
  }

  #admit(state: KeyState): Admission {
    const { key } = state;
    requireRate(state);
    if (key.maxConcurrent !== undefined && state.running >= key.maxConcurrent) {
      throw tooMany(`This key may have ${key.maxConcurrent} requests in work at once.`, 1);
    }
    state.running += 1;
    let reserved = 0n;
    let over = false;
    return {
      keyId: key.id,
      reserve: (worst) => {
        this.#requireCap(state, worst);
        reserved += worst;
        state.reserved += worst;
      },
      end: () => {
        if (over) return;
        over = true;
        state.running -= 1;
        state.reserved -= reserved;
      },
    };
  }

  #requireCap({ key, reserved }: KeyState, worst: bigint): void {
    if (key.cap === undefined) return;
    const spent = this.usage.spentBy(key.id);
    if (spent + reserved + worst <= key.cap) return;
    const left = key.cap > spent ? key.cap - spent : 0n;
    throw apiFault({
      status: 402,
      code: "insufficient_quota",
      message:
        `This key's cap of ${this.formatAmount(key.cap)} leaves ${this.formatAmount(left)}` +
        `${reserved > 0n ? `, of which requests in work may use ${this.formatAmount(reserved)}` : ""}; ` +
        `this request may cost ${this.formatAmount(worst)}. Ask for a shorter answer, or have the cap raised.`,
      metadata: { cap: key.cap.toString(), spent: spent.toString(), left: left.toString(), needed: worst.toString() },
    });
  }
}

const EVERYBODY: Admission = {
  keyId: 0,
  reserve: () => undefined,
  end: () => undefined,
};

function tokenOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined || !/^bearer /i.test(authorization)) return undefined;
  const token = authorization.slice(7).trim();
  return token === "" ? undefined : token;
}

function requireValid(key: ApiKey): void {
  if (key.revokedAt === undefined && (key.expiresAt === undefined || key.expiresAt > Date.now())) return;
  throw apiFault({
    status: 401,
    code: "invalid_api_key",
    type: "invalid_request_error",
    message: key.revokedAt === undefined ? "This API key has expired." : "This API key was revoked.",
  });
}

/** A bucket that holds a minute's requests and is filled evenly. */
function requireRate(state: KeyState): void {
  const perMinute = state.key.requestsPerMinute;
  if (perMinute === undefined) return;
  const now = Date.now();
  state.tokens = Math.min(perMinute, state.tokens + ((now - state.refilledAt) * perMinute) / MINUTE_MS);
  state.refilledAt = now;
  if (state.tokens < 1) {
    throw tooMany(
      `This key may send ${perMinute} requests a minute.`,
      Math.ceil(((1 - state.tokens) * MINUTE_MS) / perMinute / 1_000),
    );
  }
  state.tokens -= 1;
}

function tooMany(message: string, retryAfter: number): Error {
  return apiFault({ status: 429, code: "rate_limit_exceeded", message, retryAfter });
}
