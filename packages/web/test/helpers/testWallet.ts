import { toQuantity, type JsonRpcProvider, type TypedDataDomain, type TypedDataField, type Wallet } from "ethers";
import { keccak256 } from "ethers";
import type { BrowserContext } from "playwright-core";

type Signer = Pick<Wallet, "address" | "signTransaction" | "signTypedData">;

interface SentTransaction {
  readonly to: string;
  readonly data: string;
  readonly value?: string;
  readonly gas: string;
}

interface TypedData {
  readonly domain: TypedDataDomain;
  readonly types: Record<string, TypedDataField[]>;
  readonly message: Record<string, unknown>;
}

type Reply = { readonly result: unknown } | { readonly error: { readonly code: number; readonly message: string } };

class Refusal extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** A wallet as a browser has one (EIP-6963), whose requests are signed here, with a key of the test, and sent to a real chain. */
export class TestWallet {
  /** Refuses what its user would be asked. */
  rejecting = false;
  /** Says that it sent a transaction, and does not. */
  losing = false;
  /** Where the wallet is, and what networks it knows. */
  chainId: bigint;
  readonly networks: Set<bigint>;
  /** Runs between the user's consent and the sending. */
  beforeSending: (() => Promise<void>) | undefined;
  /** Methods that the page asked for. */
  readonly requests: string[] = [];
  readonly #signer: Signer;
  readonly #chain: JsonRpcProvider;
  readonly #name: string;

  constructor(signer: Signer, chain: JsonRpcProvider, { chainId = 31_337n, name = "Test Wallet" } = {}) {
    this.#signer = signer;
    this.#chain = chain;
    this.#name = name;
    this.chainId = chainId;
    this.networks = new Set([chainId, 31_337n]);
  }

  get address(): string {
    return this.#signer.address;
  }

  /** Has every page of a browser context find the wallet. */
  async install(context: BrowserContext): Promise<void> {
    const id = `wallet${Math.random().toString(36).slice(2)}`;
    await context.exposeFunction(id, (method: string, params: readonly unknown[]) => this.#reply(method, params));
    await context.addInitScript(announce, {
      id,
      name: this.#name,
      rdns: `test.${this.#name.toLowerCase().replace(/\W/g, "")}`,
    });
  }

  async #reply(method: string, params: readonly unknown[]): Promise<Reply> {
    this.requests.push(method);
    try {
      return { result: await this.#answer(method, params) };
    } catch (error) {
      const { code, message } = error as { code?: unknown; message: string };
      return { error: { code: typeof code === "number" ? code : -32_603, message } };
    }
  }

  async #answer(method: string, params: readonly unknown[]): Promise<unknown> {
    switch (method) {
      case "eth_accounts":
        return [this.address];
      case "eth_requestAccounts":
        this.#ask();
        return [this.address];
      case "eth_chainId":
        return toQuantity(this.chainId);
      case "wallet_switchEthereumChain":
        this.#ask();
        return this.#switch(BigInt((params[0] as { chainId: string }).chainId));
      case "wallet_addEthereumChain":
        this.#ask();
        this.networks.add(BigInt((params[0] as { chainId: string }).chainId));
        return this.#switch(BigInt((params[0] as { chainId: string }).chainId));
      case "eth_signTypedData_v4": {
        this.#ask();
        const { domain, types, message } = JSON.parse(String(params[1])) as TypedData;
        const { EIP712Domain: _, ...own } = types;
        return await this.#signer.signTypedData(domain, own, message);
      }
      case "eth_sendTransaction":
        this.#ask();
        return await this.#send(params[0] as SentTransaction);
      default:
        throw new Refusal(4200, `${method} is not supported`);
    }
  }

  #ask(): void {
    if (this.rejecting) throw new Refusal(4001, "User rejected the request.");
  }

  #switch(chainId: bigint): null {
    if (!this.networks.has(chainId)) throw new Refusal(4902, "Unrecognized chain ID.");
    this.chainId = chainId;
    return null;
  }

  async #send({ to, data, value = "0x0", gas }: SentTransaction): Promise<string> {
    await this.beforeSending?.();
    const [nonce, { gasPrice }] = await Promise.all([
      this.#chain.getTransactionCount(this.address, "pending"),
      this.#chain.getFeeData(),
    ]);
    const price = (gasPrice ?? 1n) * 2n;
    const raw = await this.#signer.signTransaction({
      type: 2,
      chainId: 31_337n,
      to,
      data,
      value,
      gasLimit: gas,
      nonce,
      maxFeePerGas: price,
      maxPriorityFeePerGas: 1n,
    });
    const hash = keccak256(raw);
    if (this.losing) return hash;
    // The local node answers with the revert of a transaction that it has mined all the same.
    await this.#chain.send("eth_sendRawTransaction", [raw]).catch(async (error: unknown) => {
      if ((await this.#chain.getTransactionReceipt(hash)) === null) throw error;
    });
    return hash;
  }
}

/** Runs in the page, before its own scripts. */
function announce({ id, name, rdns }: { id: string; name: string; rdns: string }): void {
  const listeners = new Map<string, Set<(value: unknown) => void>>();
  const ask = (window as unknown as Record<string, (method: string, params: readonly unknown[]) => Promise<Reply>>)[
    id
  ]!;
  const provider = {
    request: async ({ method, params = [] }: { method: string; params?: readonly unknown[] }): Promise<unknown> => {
      const reply = await ask(method, params);
      if ("error" in reply) throw Object.assign(new Error(reply.error.message), { code: reply.error.code });
      if (method === "wallet_switchEthereumChain" || method === "wallet_addEthereumChain") {
        const chain = await ask("eth_chainId", []);
        for (const listener of listeners.get("chainChanged") ?? [])
          listener("result" in chain ? chain.result : undefined);
      }
      return reply.result;
    },
    on: (event: string, listener: (value: unknown) => void): void => {
      listeners.set(event, (listeners.get(event) ?? new Set()).add(listener));
    },
    removeListener: (event: string, listener: (value: unknown) => void): void => {
      listeners.get(event)?.delete(listener);
    },
  };
  const info = { uuid: id, name, rdns, icon: "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>" };
  const tell = (): void => {
    window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider }) }));
  };
  window.addEventListener("eip6963:requestProvider", tell);
  tell();
}
