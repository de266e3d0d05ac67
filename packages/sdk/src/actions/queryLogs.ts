import type { Filter, Log, Provider } from "ethers";

import { toAssayError } from "../errors/toAssayError.js";

/** Servers limit the range of a query, each in its own way; below this a refusal means something else. */
const SMALLEST_RANGE = 64;

/**
 * All logs in a range of blocks, however small the ranges are that the server answers.
 *
 * @throws AssayError if the server is away, or refuses even a small range
 */
export async function queryLogs(
  provider: Provider,
  filter: Pick<Filter, "address" | "topics">,
  fromBlock: number,
  toBlock: number,
): Promise<Log[]> {
  if (fromBlock > toBlock) return [];
  try {
    return await provider.getLogs({ ...filter, fromBlock, toBlock });
  } catch (thrown) {
    const error = toAssayError(thrown);
    const away =
      error.code === "RPC_UNREACHABLE" || error.code === "RPC_RATE_LIMITED" || error.code === "WRONG_NETWORK";
    if (away || toBlock - fromBlock < SMALLEST_RANGE) throw error;
    const middle = fromBlock + Math.floor((toBlock - fromBlock) / 2);
    const left = await queryLogs(provider, filter, fromBlock, middle);
    return [...left, ...(await queryLogs(provider, filter, middle + 1, toBlock))];
  }
}
