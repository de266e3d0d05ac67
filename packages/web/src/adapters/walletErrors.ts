import { AssayError, toAssayError } from "@assay/sdk";

/** Codes of EIP-1193 and of wallets. */
const USER_REJECTED = 4001;
const DISCONNECTED = [4900, 4901];
const UNKNOWN_CHAIN = 4902;
const ALREADY_ASKED = -32002;

function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}

/** The wallet does not know the network yet. */
export function isUnknownChain(error: unknown): boolean {
  return codeOf(error) === UNKNOWN_CHAIN;
}

/** What a wallet failed with, in words. */
export function walletError(cause: unknown): AssayError {
  const code = codeOf(cause);
  if (code === USER_REJECTED) {
    return new AssayError({
      code: "REJECTED_BY_USER",
      message: "You refused in the wallet. Nothing was sent.",
      hint: "Start again whenever you like.",
      cause,
    });
  }
  if (code === ALREADY_ASKED) {
    return new AssayError({
      code: "WALLET_BUSY",
      message: "The wallet waits for your answer to an earlier request.",
      hint: "Open the wallet and answer it there.",
      retryable: true,
      cause,
    });
  }
  if (typeof code === "number" && DISCONNECTED.includes(code)) {
    return new AssayError({
      code: "WALLET_DISCONNECTED",
      message: "The wallet is not connected to its network.",
      hint: "Check the wallet's own connection, then try again.",
      retryable: true,
      cause,
    });
  }
  return toAssayError(cause);
}
