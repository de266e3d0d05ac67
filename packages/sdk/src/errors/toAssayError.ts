import { AssayError } from "../errors.js";
import { decodeContractError } from "./contractError.js";
import { decodeRpcError } from "./rpcError.js";

/**
 * Turns whatever was thrown into an {@link AssayError}: reverts decoded, RPC failures recognised, the rest kept as cause.
 *
 * @example
 * try {
 *   await contract.withdraw(to, amount);
 * } catch (error) {
 *   throw toAssayError(error);
 * }
 */
export function toAssayError(error: unknown): AssayError {
  if (AssayError.is(error)) return error;
  return (
    decodeContractError(error) ??
    decodeRpcError(error) ??
    new AssayError({
      code: "UNEXPECTED",
      message: error instanceof Error ? error.message : String(error),
      cause: error,
    })
  );
}
