import { z } from "zod";

import { AssayError } from "../errors.js";
import { DRAND_SCHEME, drandChainHash, verifyRound } from "./drand.js";

const DEFAULT_TIMEOUT = 5_000;

const hexText = (bytes: number): z.ZodString =>
  z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`), `is not ${bytes} bytes of hex`);

const infoSchema = z.object({
  public_key: hexText(128),
  period: z.int().positive(),
  genesis_time: z.int().nonnegative(),
  hash: hexText(32),
  // drand's name for the genesis seed
  groupHash: hexText(32),
  schemeID: z.string(),
  metadata: z.object({ beaconID: z.string() }).optional(),
});

const roundSchema = z.object({ round: z.int().positive(), signature: hexText(64) });

/** What a drand network says about itself. */
export interface DrandInfo {
  readonly publicKey: string;
  readonly period: number;
  readonly genesis: number;
  readonly chainHash: string;
}

/** Where and what to fetch. */
export interface DrandSource {
  /** Servers of drand's HTTP API, tried in this order. */
  readonly urls: readonly string[];
  /** Group key that signatures must be under, hex with or without 0x. */
  readonly publicKey: string;
  /** drand's chain hash, hex with or without 0x; the one that a server tells for the key if left out. */
  readonly chainHash?: string | undefined;
  /** Milliseconds that each request may take; 5,000 if left out. */
  readonly timeout?: number | undefined;
}

/**
 * Rounds of a drand network over HTTP. Servers are not trusted: a signature is verified before it is returned, and one
 * server that is away or lies only makes the next one be asked.
 *
 * @example
 * const signature = await new DrandClient({ urls: ["https://api.drand.sh"], publicKey, chainHash }).signature(1234567n);
 */
export class DrandClient {
  readonly #publicKey: string;
  #chainHash: string | undefined;

  constructor(private readonly source: DrandSource) {
    this.#publicKey = plainHex(source.publicKey);
    this.#chainHash = source.chainHash === undefined ? undefined : plainHex(source.chainHash);
  }

  /**
   * A round's signature, verified, 0x hex of 64 bytes.
   * @throws AssayError `ROUND_UNAVAILABLE` (retryable) if no server has it now; `signal`'s reason once it is aborted
   */
  async signature(round: bigint, signal?: AbortSignal): Promise<string> {
    return await this.#firstOf(`round ${round}`, signal, async (url) => {
      const chainHash = this.#chainHash ?? (await this.#info(url, signal)).chainHash;
      const reply = roundSchema.parse(await this.#getJson(`${url}/${chainHash}/public/${round}`, signal));
      if (BigInt(reply.round) !== round || !verifyRound(round, reply.signature, this.#publicKey)) {
        throw new AssayError({ code: "ROUND_INVALID", message: `${url} gave a wrong signature for round ${round}.` });
      }
      // Only now: a hash that a liar made up would be asked of every honest server.
      this.#chainHash ??= chainHash;
      return `0x${reply.signature}`;
    });
  }

  /**
   * What the network says about itself, checked against the key, the scheme and, where that is known, the chain hash,
   * which is a hash of the period and the genesis time too.
   * @throws AssayError `ROUND_UNAVAILABLE` (retryable) if no server answers as it should; `signal`'s reason once it is
   * aborted
   */
  async info(signal?: AbortSignal): Promise<DrandInfo> {
    return await this.#firstOf("the network's description", signal, (url) => this.#info(url, signal));
  }

  async #info(url: string, signal: AbortSignal | undefined): Promise<DrandInfo> {
    const path = this.#chainHash === undefined ? "info" : `${this.#chainHash}/info`;
    const info = infoSchema.parse(await this.#getJson(`${url}/${path}`, signal));
    const { public_key: publicKey, period, genesis_time: genesis, hash: chainHash, groupHash: genesisSeed } = info;
    const beaconId = info.metadata?.beaconID ?? "default";
    if (
      publicKey !== this.#publicKey ||
      info.schemeID !== DRAND_SCHEME ||
      chainHash !== (this.#chainHash ?? chainHash) ||
      chainHash !== drandChainHash({ period, genesis, publicKey, genesisSeed, beaconId })
    ) {
      throw new AssayError({
        code: "BEACON_MISMATCH",
        message: `${url} serves a drand network of another key, scheme or chain hash.`,
        hint: "Use a server of the network that the deployment's beacon verifies.",
      });
    }
    return { publicKey, period, genesis, chainHash };
  }

  async #firstOf<T>(what: string, signal: AbortSignal | undefined, ask: (url: string) => Promise<T>): Promise<T> {
    const reasons: string[] = [];
    let cause: unknown;
    for (const url of this.source.urls) {
      signal?.throwIfAborted();
      try {
        return await ask(url.replace(/\/+$/, ""));
      } catch (error) {
        cause = error;
        reasons.push(error instanceof Error ? error.message : String(error));
      }
    }
    signal?.throwIfAborted();
    throw new AssayError({
      code: "ROUND_UNAVAILABLE",
      message: `No drand server gave ${what}${reasons.length === 0 ? ": none is configured" : ` (${reasons.join("; ")})`}.`,
      hint: "Wait until the round is published, or name other servers.",
      retryable: true,
      cause,
    });
  }

  async #getJson(url: string, signal: AbortSignal | undefined): Promise<unknown> {
    const timeout = AbortSignal.timeout(this.source.timeout ?? DEFAULT_TIMEOUT);
    const response = await fetch(url, {
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      redirect: "error",
    });
    if (response.ok) return await response.json();
    await response.body?.cancel();
    throw new AssayError({ code: "ROUND_UNAVAILABLE", message: `${url} answered ${response.status}`, retryable: true });
  }
}

function plainHex(text: string): string {
  return text.replace(/^0x/i, "").toLowerCase();
}
