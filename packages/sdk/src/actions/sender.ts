import type { AbstractSigner, TransactionReceipt, TypedDataDomain, TypedDataField } from "ethers";

import { AssayError } from "../errors.js";
import { toAssayError } from "../errors/toAssayError.js";

/** A transaction that somebody wants to land. */
export interface SendRequest {
  /** What it is for, in a few words, for logs and errors: `openJob`. */
  readonly label: string;
  readonly to: string;
  readonly data: string;
  readonly value?: bigint;
  /** Least gas limit; the estimate counts if it is higher. */
  readonly gasLimit?: bigint;
  /** Two requests with one key have their effect once. A durable sender keeps keys over restarts. */
  readonly key?: string;
  /** Last chain time, in Unix seconds, at which the transaction is still worth sending. */
  readonly deadline?: bigint;
}

/** Whatever sends transactions for an action: a plain signer, or a transaction manager. */
export interface Sender {
  readonly address: string;

  /**
   * Simulates, sends and waits.
   *
   * @returns the receipt of a transaction that succeeded and has its confirmations
   * @throws AssayError for a revert (decoded) and for everything that kept it from landing
   */
  send(request: SendRequest): Promise<TransactionReceipt>;

  signTypedData(
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    value: Record<string, unknown>,
  ): Promise<string>;
}

/** Percent of an estimate that a transaction may use: state may move between the estimate and the block. */
export const GAS_MARGIN_PERCENT = 120n;

/**
 * A sender over a plain signer: one transaction at a time, nothing kept over a restart. Browsers use it, with a wallet;
 * long-running programs use `TransactionManager` of `@assay/sdk/node`.
 *
 * @example
 * const sender = await signerSender(await new BrowserProvider(window.ethereum).getSigner());
 */
export async function signerSender(signer: AbstractSigner, options: { confirmations?: number } = {}): Promise<Sender> {
  const address = await signer.getAddress();
  let last: Promise<unknown> = Promise.resolve();

  const sendNow = async ({ to, data, value = 0n, gasLimit = 0n, label }: SendRequest): Promise<TransactionReceipt> => {
    try {
      const estimate = await signer.estimateGas({ to, data, value });
      const margin = (estimate * GAS_MARGIN_PERCENT) / 100n;
      const sent = await signer.sendTransaction({ to, data, value, gasLimit: margin > gasLimit ? margin : gasLimit });
      const receipt = await sent.wait(options.confirmations ?? 1);
      if (receipt !== null) return receipt;
    } catch (error) {
      throw toAssayError(error);
    }
    throw new AssayError({ code: "NO_RECEIPT", message: `The transaction ${label} has no receipt.`, retryable: true });
  };

  return {
    address,
    send: (request) => {
      // One after the other, so that a signer that counts nonces itself never gives one out twice.
      const result = last.then(() => sendNow(request));
      last = result.catch(() => undefined);
      return result;
    },
    signTypedData: (domain, types, value) => signer.signTypedData(domain, types, value),
  };
}
