import { z } from "zod";

import { AssayError } from "../errors.js";
import { DRAND_SCHEME, verifyRound } from "./drand.js";

const TIMEOUT = 5_000;

const hexText = (bytes: number): z.ZodString =>
  z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`), `is not ${bytes} bytes of hex`);

const infoSchema = z.object({
  public_key: hexText(128),
  period: z.int().positive(),
  genesis_time: z.int().nonnegative(),
  hash: hexText(32),
  schemeID: z.string(),
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
  /** Group key that signatures must be under. */
  readonly publicKey: string;
  /** drand's chain hash; the one that a server tells for the key if left out. */
  readonly chainHash?: string | undefined;
}

/**
 * Rounds of a drand network over HTTP. Servers are not trusted: a signature is verified before it is returned, and one
 * server that is away or lies only makes the next one be asked.
 *
 * @example
 * const signature = await new DrandClient({ urls: ["https://api.drand.sh"], publicKey, chainHash }).signature(1234567n);
 */
export class DrandClient {
  #chainHash: string | undefined;

  constructor(private readonly source: DrandSource) {
    this.#chainHash = source.chainHash;
  }

  /**
   * A round's signature, verified, 0x hex of 64 bytes.
   * @throws AssayError `ROUND_UNAVAILABLE` (retryable) if no server has it now
   */
  async signature(round: bigint, signal?: AbortSignal): Promise<string> {
    return await this.#firstOf(`round ${round}`, async (url) => {
      const chainHash = this.#chainHash ?? (await this.#info(url, signal)).chainHash;
      const reply = roundSchema.parse(await getJson(`${url}/${chainHash}/public/${round}`, signal));
      this.#chainHash ??= chainHash;
      if (BigInt(reply.round) !== round || !verifyRound(round, reply.signature, this.source.publicKey)) {
        throw new AssayError({ code: "ROUND_INVALID", message: `${url} gave a wrong signature for round ${round}.` });
      }
      return `0x${reply.signature}`;
    });
  }

  /**
   * What the network says about itself, checked against the key and the scheme.
   * @throws AssayError `ROUND_UNAVAILABLE` (retryable) if no server answers as it should
   */
  async info(signal?: AbortSignal): Promise<DrandInfo> {
    return await this.#firstOf("the network's description", (url) => this.#info(url, signal));
  }

  async #info(url: string, signal: AbortSignal | undefined): Promise<DrandInfo> {
    const path = this.#chainHash === undefined ? "info" : `${this.#chainHash}/info`;
    const info = infoSchema.parse(await getJson(`${url}/${path}`, signal));
    if (info.public_key !== this.source.publicKey || info.schemeID !== DRAND_SCHEME) {
      throw new AssayError({
        code: "BEACON_MISMATCH",
        message: `${url} serves a drand network of another key or scheme.`,
        hint: "Use a server of the network that the deployment's beacon verifies.",
      });
    }
    const { public_key: publicKey, period, genesis_time: genesis, hash: chainHash } = info;
    return { publicKey, period, genesis, chainHash };
  }

  async #firstOf<T>(what: string, ask: (url: string) => Promise<T>): Promise<T> {
    const reasons: string[] = [];
    let cause: unknown;
    for (const url of this.source.urls) {
      try {
        return await ask(url.replace(/\/+$/, ""));
      } catch (error) {
        cause = error;
        reasons.push(error instanceof Error ? error.message : String(error));
      }
    }
    throw new AssayError({
      code: "ROUND_UNAVAILABLE",
      message: `No drand server gave ${what}${reasons.length === 0 ? ": none is configured" : ` (${reasons.join("; ")})`}.`,
      hint: "Wait until the round is published, or name other servers.",
      retryable: true,
      cause,
    });
  }
}

async function getJson(url: string, signal: AbortSignal | undefined): Promise<unknown> {
  const timeout = AbortSignal.timeout(TIMEOUT);
  const response = await fetch(url, {
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    redirect: "error",
  });
  if (response.ok) return await response.json();
  await response.body?.cancel();
  throw new AssayError({ code: "ROUND_UNAVAILABLE", message: `${url} answered ${response.status}`, retryable: true });
}
