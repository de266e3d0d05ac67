import { AssayError } from "../errors.js";

interface Rule {
  readonly code: string;
  /** Codes of ethers and of Node.js that mean this. */
  readonly codes: readonly string[];
  /** Words of nodes that mean this. */
  readonly words?: RegExp;
  readonly message: string;
  readonly hint: string;
  readonly retryable: boolean;
}

// The order matters: a node's own words are more exact than the wrapper's code, and the wrapper's "could not coalesce
// error" says nothing.
const RULES: readonly Rule[] = [
  {
    code: "INSUFFICIENT_FUNDS",
    codes: ["INSUFFICIENT_FUNDS"],
    words: /insufficient funds|doesn't have enough funds|insufficient balance for transfer/i,
    message: "The account cannot pay for gas.",
    hint: "Send some of the network's coin to the sending account.",
    retryable: false,
  },
  {
    code: "NONCE_TOO_LOW",
    codes: ["NONCE_EXPIRED"],
    words: /nonce (is )?too low|nonce has already been used|invalid transaction nonce|old nonce/i,
    message: "The transaction's nonce was used already.",
    hint: "Another transaction of this key landed first; read the nonce again and send anew.",
    retryable: true,
  },
  {
    code: "NONCE_TOO_HIGH",
    codes: [],
    words: /nonce (is )?too high|nonce gap|gapped-nonce/i,
    message: "The transaction's nonce leaves a gap.",
    hint: "Send the missing nonces first.",
    retryable: true,
  },
  {
    code: "REPLACEMENT_UNDERPRICED",
    codes: ["REPLACEMENT_UNDERPRICED"],
    words: /replacement transaction underpriced|replacement fee too low|could not replace/i,
    message: "The replacement does not pay enough more than the transaction it replaces.",
    hint: "Raise both fees by at least an eighth.",
    retryable: true,
  },
  {
    code: "ALREADY_KNOWN",
    codes: [],
    words: /already known|known transaction|already imported|already in (the )?mempool/i,
    message: "The node knows this transaction already.",
    hint: "Wait for its receipt.",
    retryable: true,
  },
  {
    code: "FEE_TOO_LOW",
    codes: [],
    words:
      /transaction underpriced|max fee per gas less than block base fee|maxFeePerGas.*(too low|lower than)|fee cap less than/i,
    message: "The transaction offers less than the present base fee.",
    hint: "Raise the fee, or wait until the network is calmer.",
    retryable: true,
  },
  {
    code: "GAS_LIMIT",
    codes: [],
    words:
      /intrinsic gas too low|exceeds (the )?(block|transaction) gas (limit|cap)|gas limit (reached|too high)|exceeds block gas limit/i,
    message: "The gas limit does not suit the network.",
    hint: "Choose a gas limit between the transaction's own cost and the block's limit.",
    retryable: false,
  },
  {
    code: "RPC_RATE_LIMITED",
    codes: [],
    words: /too many requests|rate limit|exceeded.*(quota|capacity)/i,
    message: "The RPC server limits the number of requests.",
    hint: "Wait, or use another RPC URL.",
    retryable: true,
  },
  {
    code: "RPC_TIMEOUT",
    codes: ["TIMEOUT", "ETIMEDOUT", "ESOCKETTIMEDOUT", "UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT"],
    message: "The RPC server did not answer in time.",
    hint: "Check the network, or use another RPC URL.",
    retryable: true,
  },
  {
    code: "RPC_UNREACHABLE",
    codes: [
      "ECONNREFUSED",
      "ECONNRESET",
      "EPIPE",
      "ENOTFOUND",
      "EAI_AGAIN",
      "EHOSTUNREACH",
      "ENETUNREACH",
      "UND_ERR_SOCKET",
      "NETWORK_ERROR",
      "SERVER_ERROR",
    ],
    // The last three are Chrome's, Firefox's and Safari's.
    words:
      /fetch failed|socket hang up|failed to detect network|missing response|connection refused|failed to fetch|networkerror when attempting to fetch|^load failed$/im,
    message: "The chain's RPC server could not be reached.",
    hint: "Check the RPC URL and the network, and that the node runs.",
    retryable: true,
  },
  {
    code: "REJECTED_BY_USER",
    codes: ["ACTION_REJECTED"],
    words: /user rejected|user denied/i,
    message: "The wallet's user refused to sign.",
    hint: "Confirm in the wallet.",
    retryable: false,
  },
];

/** The codes and messages of an error and of the errors inside it, outermost first. */
function layersOf(error: unknown): { codes: Set<string>; words: string } {
  const codes = new Set<string>();
  const messages: string[] = [];
  const seen = new Set<unknown>();
  const visit = (value: unknown): void => {
    if (typeof value === "string") messages.push(value);
    if (typeof value !== "object" || value === null || seen.has(value) || seen.size > 20) return;
    seen.add(value);
    const {
      code,
      message,
      shortMessage,
      error: inner,
      info,
      cause,
      errors,
      responseStatus,
    } = value as Record<string, unknown>;
    if (typeof code === "string") codes.add(code);
    for (const text of [shortMessage, message, responseStatus]) if (typeof text === "string") messages.push(text);
    for (const next of [inner, info, cause]) if (typeof next === "object") visit(next);
    if (Array.isArray(errors)) errors.forEach(visit);
  };
  visit(error);
  return { codes, words: messages.join("\n") };
}

/**
 * Recognises what a chain's node, or the way to it, failed with.
 *
 * @returns an {@link AssayError} whose `retryable` says whether trying again later may help, or undefined for other errors
 *
 * @example
 * const decoded = decodeRpcError(error);
 * if (decoded?.retryable === true) await retryLater();
 */
export function decodeRpcError(error: unknown): AssayError | undefined {
  const { codes, words } = layersOf(error);
  const rule =
    RULES.find((candidate) => candidate.words?.test(words) === true) ??
    RULES.find((candidate) => candidate.codes.some((code) => codes.has(code)));
  if (rule === undefined) return undefined;
  const { code, message, hint, retryable } = rule;
  return new AssayError({ code, message, hint, retryable, cause: error });
}
