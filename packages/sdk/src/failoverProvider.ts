import { FetchRequest, JsonRpcProvider, Network } from "ethers";
import type { JsonRpcError, JsonRpcPayload, JsonRpcResult } from "ethers";

import { AssayError } from "./errors.js";
import { toAssayError } from "./errors/toAssayError.js";
import { isLocalChain } from "./protocol/localChain.js";

/** Milliseconds between two looks at a local chain, and at another one. */
const LOCAL_POLLING = 200;
const PUBLIC_POLLING = 4_000;

export interface FailoverOptions {
  /** RPC URLs, the preferred one first. */
  readonly urls: readonly string[];
  /** Servers on another chain are never asked. */
  readonly chainId: bigint | number;
  /** Milliseconds; 200 on local chains, 4,000 elsewhere. */
  readonly pollingInterval?: number;
  /** Milliseconds until a server counts as away. */
  readonly timeout?: number;
}

type Answers = (JsonRpcResult | JsonRpcError)[];

/**
 * A provider over several RPC servers: the one that answered last is asked first, and the next takes over when it is away,
 * limits requests, or is on another chain.
 *
 * @example
 * const provider = new FailoverProvider({ urls: ["https://rpc.example", "https://other.example"], chainId: 1 });
 */
export class FailoverProvider extends JsonRpcProvider {
  readonly #urls: readonly string[];
  readonly #chainId: bigint;
  readonly #timeout: number;
  readonly #checked = new Set<string>();
  #current = 0;

  constructor({ urls, chainId, pollingInterval, timeout = 15_000 }: FailoverOptions) {
    const [first] = urls;
    if (first === undefined) {
      throw new AssayError({ code: "NO_RPC_URL", message: "No RPC URL is given.", hint: "Give at least one." });
    }
    const network = Network.from(BigInt(chainId));
    super(first, network, {
      staticNetwork: network,
      // Every answer must be of now: a cached nonce is a wrong nonce.
      cacheTimeout: -1,
      batchMaxCount: 1,
      pollingInterval: pollingInterval ?? (isLocalChain(chainId) ? LOCAL_POLLING : PUBLIC_POLLING),
    });
    this.#urls = urls;
    this.#chainId = BigInt(chainId);
    this.#timeout = timeout;
  }

  /** The server that is asked first now. */
  get url(): string {
    return this.#urls[this.#current] ?? "";
  }

  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<JsonRpcResult[]> {
    const failures: AssayError[] = [];
    // Once around, and the first one again: a server that closed an idle connection answers on a new one.
    for (let attempt = 0; attempt <= this.#urls.length; attempt += 1) {
      const tried = this.#current;
      const { url } = this;
      try {
        await this.#check(url);
        // ethers types only the successes here, and tells the errors apart itself.
        return (await this.#post(url, payload)) as JsonRpcResult[];
      } catch (error) {
        failures.push(toAssayError(error));
        // Unless another request has moved on already.
        if (this.#current === tried) this.#current = (tried + 1) % this.#urls.length;
      }
    }
    // A wrong network does not pass by itself, unlike whatever else may have failed.
    const shown = failures.find(({ code }) => code === "WRONG_NETWORK") ?? failures[0];
    throw shown ?? new AssayError({ code: "RPC_UNREACHABLE", message: "No RPC server answered.", retryable: true });
  }

  async #check(url: string): Promise<void> {
    if (this.#checked.has(url)) return;
    const [answer] = await this.#post(url, { method: "eth_chainId", params: [], id: 1, jsonrpc: "2.0" });
    const actual = answer !== undefined && "result" in answer ? BigInt(answer.result as string) : undefined;
    if (actual !== this.#chainId) {
      throw new AssayError({
        code: "WRONG_NETWORK",
        message: `The RPC server is on chain ${String(actual)}, not on chain ${this.#chainId}.`,
        hint: "Use an RPC URL of the deployment's network.",
        details: { actual, expected: this.#chainId },
      });
    }
    this.#checked.add(url);
  }

  async #post(url: string, payload: JsonRpcPayload | JsonRpcPayload[]): Promise<Answers> {
    const request = new FetchRequest(url);
    request.timeout = this.#timeout;
    request.setThrottleParams({ maxAttempts: 1 });
    request.setHeader("content-type", "application/json");
    request.body = JSON.stringify(payload, (_, value: unknown) =>
      typeof value === "bigint" ? `0x${value.toString(16)}` : value,
    );
    const response = await request.send();
    response.assertOk();
    const body: unknown = response.bodyJson;
    const answers = (Array.isArray(body) ? body : [body]) as Answers;
    for (const answer of answers) {
      if ("error" in answer && toAssayError(answer.error).code === "RPC_RATE_LIMITED") throw toAssayError(answer.error);
    }
    return answers;
  }
}
