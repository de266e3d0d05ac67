import {
  AssayError,
  type Contracts,
  decodeContractError,
  GAS_MARGIN_PERCENT,
  isLocalChain,
  type Sender,
  type SendRequest,
  toAssayError,
} from "@assay/sdk";
import { type Block, BrowserProvider, toQuantity, type TransactionReceipt, type TransactionResponse } from "ethers";

import type { WalletProvider } from "./eip6963.js";
import { walletError } from "./walletErrors.js";

/** Where a request to the wallet stands. */
export type WalletStep =
  | { readonly kind: "checking"; readonly label: string }
  | { readonly kind: "signing" }
  | { readonly kind: "confirming"; readonly label: string }
  | { readonly kind: "pending"; readonly label: string; readonly hash: string };

export interface WalletSenderOptions {
  readonly wallet: WalletProvider;
  readonly account: string;
  readonly contracts: Contracts;
  readonly onStep: (step: WalletStep) => void;
}

/** Milliseconds after which a transaction that no server knows counts as lost. */
const dropAfter = (chainId: bigint): number => (isLocalChain(chainId) ? 4_000 : 90_000);
const LOCAL_LOOK = 300;
const PUBLIC_LOOK = 3_000;

/**
 * A sender over a browser's wallet. The wallet only signs and sends: the simulation before, and the watch for the receipt
 * after, go over the page's own RPC servers, so that a wallet that loses a transaction cannot leave the page waiting.
 */
export function walletSender({ wallet, account, contracts, onStep }: WalletSenderOptions): Sender {
  const { provider, chainId } = contracts;

  const send = async ({ label, to, data, value = 0n, gasLimit = 0n }: SendRequest): Promise<TransactionReceipt> => {
    onStep({ kind: "checking", label });
    await requireChain(wallet, chainId);
    const request = { from: account, to, data, value };
    const [estimate, nonce, startBlock] = await Promise.all([
      provider.estimateGas(request),
      provider.getTransactionCount(account, "latest"),
      provider.getBlockNumber(),
    ]).catch((error: unknown) => {
      throw toAssayError(error);
    });
    const margin = (estimate * GAS_MARGIN_PERCENT) / 100n;
    const gas = toQuantity(margin > gasLimit ? margin : gasLimit);
    onStep({ kind: "confirming", label });
    const hash = await ask(wallet, "eth_sendTransaction", [{ from: account, to, data, value: toQuantity(value), gas }]);
    onStep({ kind: "pending", label, hash: String(hash) });
    const receipt = await landed(contracts, { hash: String(hash), from: account, to, data, nonce, startBlock });
    if (receipt.status === 1) return receipt;
    throw await revertOf(contracts, request, receipt);
  };

  return {
    address: account,
    send,
    signTypedData: async (domain, types, message) => {
      onStep({ kind: "signing" });
      await requireChain(wallet, chainId);
      const browser = new BrowserProvider({ request: async (call) => await ask(wallet, call.method, call.params) });
      try {
        const signer = await browser.getSigner(account);
        return await signer.signTypedData(domain, types, message);
      } catch (error) {
        throw walletError(error);
      } finally {
        browser.destroy();
      }
    },
  };
}

async function ask(wallet: WalletProvider, method: string, params?: unknown): Promise<unknown> {
  try {
    return await wallet.request({ method, params: Array.isArray(params) ? params : [] });
  } catch (error) {
    throw walletError(error);
  }
}

async function requireChain(wallet: WalletProvider, expected: bigint): Promise<void> {
  const actual = BigInt(String(await ask(wallet, "eth_chainId")));
  if (actual === expected) return;
  throw new AssayError({
    code: "WRONG_NETWORK",
    message: `The wallet is on chain ${actual}, the offering on chain ${expected}.`,
    hint: "Switch the wallet's network, then try again.",
    details: { actual, expected },
  });
}

interface Watched {
  readonly hash: string;
  readonly from: string;
  readonly to: string;
  readonly data: string;
  /** The account's next nonce when it was sent: the transaction's, unless earlier ones were waiting. */
  readonly nonce: number;
  readonly startBlock: number;
}

/**
 * Waits for the receipt of a transaction, or of one that does the same in its place.
 *
 * @throws AssayError `TRANSACTION_REPLACED`, `TRANSACTION_DROPPED`
 */
async function landed({ provider, chainId }: Contracts, watched: Watched): Promise<TransactionReceipt> {
  const look = isLocalChain(chainId) ? LOCAL_LOOK : PUBLIC_LOOK;
  let { nonce } = watched;
  let lastKnown = performance.now();
  for (;;) {
    try {
      const receipt = await provider.getTransactionReceipt(watched.hash);
      if (receipt !== null) return receipt;
      const transaction = await provider.getTransaction(watched.hash);
      if (transaction !== null) {
        ({ nonce } = transaction);
        lastKnown = performance.now();
      } else if ((await provider.getTransactionCount(watched.from, "latest")) > nonce) {
        return await replacement(provider, { ...watched, nonce });
      } else if (performance.now() - lastKnown > dropAfter(chainId)) {
        throw dropped(watched.hash);
      }
    } catch (error) {
      const cause = toAssayError(error);
      // While no server answers, the transaction may well land: nothing is known, so nothing is decided.
      if (!cause.code.startsWith("RPC_")) throw cause;
      lastKnown = performance.now();
    }
    await new Promise((resolve) => setTimeout(resolve, look));
  }
}

function dropped(hash: string): AssayError {
  return new AssayError({
    code: "TRANSACTION_DROPPED",
    message: "The network does not know the transaction: the wallet lost it, or it was dropped.",
    hint: "Look in the wallet whether it is still pending there. If it is not, nothing happened: start again.",
    details: { hash },
  });
}

/** The transaction that took the watched one's nonce. */
async function replacement(provider: Contracts["provider"], watched: Watched): Promise<TransactionReceipt> {
  const latest = await provider.getBlockNumber();
  for (let number = watched.startBlock; number <= latest; number += 1) {
    const block: Block | null = await provider.getBlock(number, true);
    const other = block?.prefetchedTransactions.find(
      (each) => each.from === watched.from && each.nonce === watched.nonce,
    );
    const receipt = other === undefined ? null : await provider.getTransactionReceipt(other.hash);
    if (other === undefined || receipt === null) continue;
    if (doesSame(other, watched)) return receipt;
    throw new AssayError({
      code: "TRANSACTION_REPLACED",
      message: "Another transaction of your account took this one's place: it was cancelled or replaced in the wallet.",
      hint: "This action did not happen. Start again if you still want it.",
      details: { hash: watched.hash, replacement: other.hash },
    });
  }
  throw dropped(watched.hash);
}

function doesSame({ to, data }: TransactionResponse, watched: Watched): boolean {
  return to === watched.to && data === watched.data;
}

/** Why a transaction that was mined failed: the call again, where it was. */
async function revertOf(
  { provider }: Contracts,
  request: { readonly from: string; readonly to: string; readonly data: string; readonly value: bigint },
  { hash, blockNumber }: TransactionReceipt,
): Promise<AssayError> {
  const details = { hash };
  try {
    await provider.call({ ...request, blockTag: blockNumber });
  } catch (error) {
    const known = decodeContractError(error);
    if (known !== undefined) {
      const { code, message, hint, retryable, cause } = known;
      return new AssayError({ code, message, retryable, cause, details, ...(hint !== undefined && { hint }) });
    }
  }
  return new AssayError({
    code: "CONTRACT_ERROR",
    message: "The transaction was mined but reverted: the chain had moved on since it was checked.",
    hint: "Look at the page as it is now, and try again if it still makes sense.",
    details,
  });
}
