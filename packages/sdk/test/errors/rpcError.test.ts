import { expect } from "chai";
import { makeError } from "ethers";

import { AssayError } from "../../src/errors.js";
import { decodeRpcError } from "../../src/errors/rpcError.js";
import { toAssayError } from "../../src/errors/toAssayError.js";

const node = (message: string): Error =>
  makeError("could not coalesce error", "UNKNOWN_ERROR", { error: { code: -32000, message } });
const system = (code: string): Error => Object.assign(new Error(`connect ${code} 127.0.0.1:8545`), { code });

describe("decodeRpcError", () => {
  const cases: [string, Error, string, boolean][] = [
    ["a refused connection", system("ECONNREFUSED"), "RPC_UNREACHABLE", true],
    ["an unknown host", system("ENOTFOUND"), "RPC_UNREACHABLE", true],
    ["Chrome without a network", new TypeError("Failed to fetch"), "RPC_UNREACHABLE", true],
    ["Safari without a network", new TypeError("Load failed"), "RPC_UNREACHABLE", true],
    [
      "Firefox without a network",
      new TypeError("NetworkError when attempting to fetch resource."),
      "RPC_UNREACHABLE",
      true,
    ],
    [
      "a refused connection inside fetch's error",
      new TypeError("fetch failed", { cause: system("ECONNREFUSED") }),
      "RPC_UNREACHABLE",
      true,
    ],
    [
      "refused connections to every address of a host",
      new AggregateError([system("ECONNREFUSED")]),
      "RPC_UNREACHABLE",
      true,
    ],
    [
      "a timeout",
      makeError("request timeout", "TIMEOUT", { operation: "request", reason: "timeout" }),
      "RPC_TIMEOUT",
      true,
    ],
    ["a rate limit", node("Too Many Requests"), "RPC_RATE_LIMITED", true],
    ["missing funds, in geth's words", node("insufficient funds for gas * price + value"), "INSUFFICIENT_FUNDS", false],
    [
      "missing funds, in Hardhat's words",
      node("Sender doesn't have enough funds to send tx."),
      "INSUFFICIENT_FUNDS",
      false,
    ],
    ["a used nonce, in geth's words", node("nonce too low: next nonce 5, tx nonce 4"), "NONCE_TOO_LOW", true],
    [
      "a used nonce, in ethers' code",
      makeError("nonce has already been used", "NONCE_EXPIRED", {} as never),
      "NONCE_TOO_LOW",
      true,
    ],
    ["a nonce gap", node("Nonce too high. Expected nonce to be 1 but got 2."), "NONCE_TOO_HIGH", true],
    ["a cheap replacement", node("replacement transaction underpriced"), "REPLACEMENT_UNDERPRICED", true],
    ["a known transaction", node("already known"), "ALREADY_KNOWN", true],
    [
      "a fee below the base fee",
      node("max fee per gas less than block base fee: address 0x, maxFeePerGas: 1"),
      "FEE_TOO_LOW",
      true,
    ],
    ["a gas limit below the least", node("intrinsic gas too low"), "GAS_LIMIT", false],
    [
      "a user who says no",
      makeError("user rejected action", "ACTION_REJECTED", {} as never),
      "REJECTED_BY_USER",
      false,
    ],
  ];
  for (const [what, error, code, retryable] of cases) {
    it(`recognises ${what}`, () => {
      const decoded = decodeRpcError(error);
      expect(decoded).to.include({ code, retryable, cause: error });
      expect(decoded?.hint).to.match(/^[A-Z].*\.$/);
    });
  }

  it("leaves alone what no node said", () => {
    expect(decodeRpcError(new TypeError("x is undefined"))).to.equal(undefined);
    expect(decodeRpcError(undefined)).to.equal(undefined);
  });

  it("ends on an error that contains itself", () => {
    const error: { cause?: unknown } = {};
    error.cause = error;
    expect(decodeRpcError(error)).to.equal(undefined);
  });
});

describe("toAssayError", () => {
  it("passes an AssayError through", () => {
    const error = new AssayError({ code: "X", message: "X." });
    expect(toAssayError(error)).to.equal(error);
  });

  it("prefers the contract's words to the transport's", () => {
    expect(toAssayError({ code: "SERVER_ERROR", data: "0xdeadbeef" }).code).to.equal("CONTRACT_ERROR");
  });

  it("keeps what it does not know as the cause", () => {
    const cause = new TypeError("x is undefined");
    expect(toAssayError(cause)).to.include({ code: "UNEXPECTED", message: "x is undefined", retryable: false, cause });
    expect(toAssayError("plain")).to.include({ code: "UNEXPECTED", message: "plain" });
  });
});
