import { type ErrorDescription, Interface, type JsonFragment } from "ethers";

import { AssayError } from "../errors.js";
import { IAuditCourt__factory } from "../typechain/factories/interfaces/IAuditCourt__factory.js";
import { IJobEscrow__factory } from "../typechain/factories/interfaces/IJobEscrow__factory.js";
import { IModelOffering__factory } from "../typechain/factories/interfaces/IModelOffering__factory.js";
import { IModelRegistry__factory } from "../typechain/factories/interfaces/IModelRegistry__factory.js";
import { IModelToken__factory } from "../typechain/factories/interfaces/IModelToken__factory.js";
import { IOfferingFactory__factory } from "../typechain/factories/interfaces/IOfferingFactory__factory.js";
import { IProviderStaking__factory } from "../typechain/factories/interfaces/IProviderStaking__factory.js";
import { IRandomnessBeacon__factory } from "../typechain/factories/interfaces/IRandomnessBeacon__factory.js";
import { BN254__factory } from "../typechain/factories/libraries/BN254__factory.js";
import { MerkleSumTree__factory } from "../typechain/factories/libraries/MerkleSumTree__factory.js";
import { CONTRACT_HINTS } from "./contractHints.js";

/** Code of every {@link AssayError} that a revert was decoded into. */
export const CONTRACT_ERROR = "CONTRACT_ERROR";

/** What {@link AssayError.details} holds for a contract's error. */
export interface ContractErrorDetails {
  readonly [key: string]: unknown;
  /** Name of the custom error, or `Error` and `Panic` for Solidity's own. */
  readonly name: string;
  /** Its arguments by name, as ethers decodes them. */
  readonly args: Readonly<Record<string, unknown>>;
}

// The interfaces hold the errors of the contracts; these are of the libraries and tokens underneath them.
const FOREIGN_ERRORS = [
  "error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)",
  "error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)",
  "error ERC20InvalidSender(address sender)",
  "error ERC20InvalidReceiver(address receiver)",
  "error ERC20InvalidApprover(address approver)",
  "error ERC20InvalidSpender(address spender)",
  "error ERC2612ExpiredSignature(uint256 deadline)",
  "error ERC2612InvalidSigner(address signer, address owner)",
  "error InvalidAccountNonce(address account, uint256 currentNonce)",
  "error ERC721NonexistentToken(uint256 tokenId)",
  "error ERC721InvalidOwner(address owner)",
  "error ERC721IncorrectOwner(address sender, uint256 tokenId, address owner)",
  "error ERC721InvalidSender(address sender)",
  "error ERC721InvalidReceiver(address receiver)",
  "error ERC721InsufficientApproval(address operator, uint256 tokenId)",
  "error ERC721InvalidApprover(address approver)",
  "error ERC721InvalidOperator(address operator)",
  "error SafeERC20FailedOperation(address token)",
  "error SafeCastOverflowedUintDowncast(uint8 bits, uint256 value)",
  "error SafeCastOverflowedIntDowncast(uint8 bits, int256 value)",
  "error SafeCastOverflowedIntToUint(int256 value)",
  "error SafeCastOverflowedUintToInt(uint256 value)",
  "error ReentrancyGuardReentrantCall()",
  "error ECDSAInvalidSignature()",
  "error ECDSAInvalidSignatureLength(uint256 length)",
  "error ECDSAInvalidSignatureS(bytes32 s)",
  "error InvalidShortString()",
  "error StringTooLong(string str)",
  "error StringsInsufficientHexLength(uint256 value, uint256 length)",
  "error AddressEmptyCode(address target)",
  "error AddressInsufficientBalance(address account)",
  "error FailedInnerCall()",
  "error FailedCall()",
  "error InsufficientBalance(uint256 balance, uint256 needed)",
];

const errorsOf = (abi: readonly JsonFragment[]): JsonFragment[] => abi.filter(({ type }) => type === "error");

const errors = new Interface([
  ...errorsOf(IProviderStaking__factory.abi),
  ...errorsOf(IModelRegistry__factory.abi),
  ...errorsOf(IJobEscrow__factory.abi),
  ...errorsOf(IAuditCourt__factory.abi),
  ...errorsOf(IRandomnessBeacon__factory.abi),
  ...errorsOf(IOfferingFactory__factory.abi),
  ...errorsOf(IModelOffering__factory.abi),
  ...errorsOf(IModelToken__factory.abi),
  ...errorsOf(BN254__factory.abi),
  ...errorsOf(MerkleSumTree__factory.abi),
  ...FOREIGN_ERRORS,
]);

/** Why a `Panic` happened, by its code in Solidity's documentation. */
const PANICS: Readonly<Record<string, string>> = {
  "1": "an assertion failed",
  "17": "an arithmetic operation overflowed",
  "18": "a division by zero",
  "33": "a value outside its enumeration",
  "49": "pop of an empty array",
  "50": "an index outside its array",
  "65": "too much memory",
};

/** A function's revert data never shares the place of the call's own input, so only these are searched. */
const ERROR_KEYS = ["data", "error", "info", "cause", "originalError"] as const;

/** Finds the bytes that a reverted call returned inside what a provider threw. */
export function revertDataOf(error: unknown, depth = 0): string | undefined {
  if (typeof error !== "object" || error === null || depth > 6) return undefined;
  for (const key of ERROR_KEYS) {
    const value: unknown = (error as Record<string, unknown>)[key];
    // Four bytes of selector and whole words of arguments.
    if (typeof value === "string" && /^0x[0-9a-f]{8}([0-9a-f]{64})*$/i.test(value)) return value;
    const found = revertDataOf(value, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Shows an argument as a person wants to read it: a `bytes32` that holds text as text. */
function formatArgument(value: unknown): string {
  if (typeof value === "string" && /^0x[0-9a-f]{64}$/i.test(value)) {
    const text = /^0x((?:2[0-9a-f]|[3-7][0-9a-f])+?)(?:00)*$/i.exec(value)?.[1];
    if (text !== undefined && text.length <= 62) {
      return (text.match(/../g) ?? []).map((byte) => String.fromCharCode(Number.parseInt(byte, 16))).join("");
    }
  }
  return String(value);
}

function describe(parsed: ErrorDescription): { details: ContractErrorDetails; message: string } {
  const { name, inputs } = parsed.fragment;
  const values = inputs.map(({ name: key }, index): [string, unknown] => [
    key === "" ? String(index) : key,
    parsed.args[index] as unknown,
  ]);
  if (name === "Error")
    return { details: details(name, values), message: `The contract reverted: ${String(values[0]?.[1])}` };
  if (name === "Panic") {
    const code = String(values[0]?.[1]);
    return { details: details(name, values), message: `The contract panicked: ${PANICS[code] ?? `code ${code}`}.` };
  }
  const list = values.map(([key, value]) => `${key}: ${formatArgument(value)}`).join(", ");
  return { details: details(name, values), message: `The contract reverted with ${name}(${list}).` };
}

function details(name: string, values: [string, unknown][]): ContractErrorDetails {
  return { name, args: Object.fromEntries(values) };
}

/**
 * Decodes a revert of any of the system's contracts, wherever the provider has hidden its data.
 *
 * @returns an {@link AssayError} with code `CONTRACT_ERROR` and {@link ContractErrorDetails}, or undefined if the error is
 * not a revert
 *
 * @example
 * const decoded = decodeContractError(error);
 * if (decoded !== undefined) console.error(decoded.message, decoded.hint);
 */
export function decodeContractError(error: unknown): AssayError | undefined {
  if (AssayError.is(error)) return error.code === CONTRACT_ERROR ? error : undefined;
  const data = revertDataOf(error);
  if (data === undefined) return decodeWithoutData(error);
  const parsed = parse(data);
  if (parsed === null) {
    return new AssayError({
      code: CONTRACT_ERROR,
      message: `The contract reverted with an error that is not known here: ${data}.`,
      hint: "Check that the address is that of the contract and that the SDK is as new as the deployment.",
      details: { name: data.slice(0, 10), args: {} },
      cause: error,
    });
  }
  const { details: found, message } = describe(parsed);
  const known = CONTRACT_HINTS[found.name];
  return new AssayError({
    code: CONTRACT_ERROR,
    message,
    ...(known !== undefined && { hint: known.hint }),
    retryable: known?.retryable ?? false,
    details: found,
    cause: error,
  });
}

function parse(data: string): ErrorDescription | null {
  try {
    return errors.parseError(data);
  } catch {
    // A known selector over arguments that do not fit it.
    return null;
  }
}

function decodeWithoutData(error: unknown): AssayError | undefined {
  const isRevert =
    typeof error === "object" &&
    error !== null &&
    (("code" in error && error.code === "CALL_EXCEPTION") ||
      ("message" in error &&
        typeof error.message === "string" &&
        /execution reverted|reverted without a reason/i.test(error.message)));
  if (!isRevert) return undefined;
  return new AssayError({
    code: CONTRACT_ERROR,
    message: "The contract reverted without a reason.",
    hint: "Check that a contract of this deployment is at the address, and that the gas limit is high enough.",
    details: { name: "", args: {} },
    cause: error,
  });
}

/**
 * The name of the contract's error, if the error is one.
 *
 * @example
 * if (contractErrorName(error) === "RandomnessBeacon_RoundAlreadyPosted") return;
 */
export function contractErrorName(error: unknown): string | undefined {
  if (!AssayError.is(error) || error.code !== CONTRACT_ERROR) return undefined;
  const name = error.details?.["name"];
  return typeof name === "string" ? name : undefined;
}

/** The name of the error with this selector, or the selector itself if it is not known. */
export function errorNameOf(selector: string): string {
  return errors.getError(selector)?.name ?? selector;
}
