import { AssayError } from "@assay/sdk";
import { z } from "zod";

const TIMEOUT_MS = 10_000;

const roundSchema = z.object({
  round: z.int().positive(),
  signature: z.string().regex(/^[0-9a-fA-F]{128}$/),
});

/** Where signatures of beacon rounds come from. */
export interface RoundSource {
  /**
   * Signature of a round, 0x-prefixed, 64 bytes. Nobody has to trust the source: the contract verifies it.
   *
   * @throws AssayError `ROUND_UNAVAILABLE` (retryable): no server has it yet, or none can be reached
   */
  signature(round: bigint, signal: AbortSignal): Promise<string>;
}

/**
 * Rounds from servers of drand's HTTP API, tried in their order.
 *
 * @example
 * const source = drandRounds(["https://api.drand.sh"], chainHash);
 */
export function drandRounds(urls: readonly string[], chainHash: string): RoundSource {
  return {
    signature: async (round, signal) => {
      const failures: unknown[] = [];
      for (const url of urls) {
        try {
          return await fetchSignature(`${url.replace(/\/+$/, "")}/${chainHash}/public/${round}`, round, signal);
        } catch (error) {
          signal.throwIfAborted();
          failures.push(error);
        }
      }
      throw new AssayError({
        code: "ROUND_UNAVAILABLE",
        message: `No beacon server gave round ${round}.`,
        hint: "It may not be published yet; otherwise check duties.beaconUrls.",
        retryable: true,
        cause: failures[0],
      });
    },
  };
}

async function fetchSignature(url: string, round: bigint, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) });
  if (!response.ok) throw new TypeError(`${url} answered with status ${response.status}`);
  const found = roundSchema.parse(await response.json());
  if (BigInt(found.round) !== round) throw new TypeError(`${url} answered with round ${found.round}`);
  return `0x${found.signature}`;
}
