import type { BaseContract } from "ethers";

import { toAssayError } from "../errors/toAssayError.js";
import { toPlain } from "./decode.js";

/** Awaits a read, with its errors decoded. */
export async function read<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw toAssayError(error);
  }
}

/** Awaits a read that gives a struct, or a list of them, as plain objects. */
export async function readPlain<T>(contract: BaseContract, method: string, call: Promise<T>): Promise<T> {
  const value = await read(call);
  const output = contract.interface.getFunction(method)?.outputs[0];
  return output === undefined ? value : (toPlain(output, value) as T);
}
