import type { JsonRpcApiProvider } from "ethers";

/** What a transaction offers a unit of gas. */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** A tip where the node has no opinion: 1 gwei. */
const DEFAULT_PRIORITY_FEE = 1_000_000_000n;

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** An eighth more, rounded up, and at least one wei more: what every node accepts as a replacement. */
const bump = (fee: bigint): bigint => max((fee * 9n + 7n) / 8n, fee + 1n);

/** What the node thinks a tip should be. */
export async function suggestPriorityFee(provider: JsonRpcApiProvider): Promise<bigint> {
  try {
    return BigInt((await provider.send("eth_maxPriorityFeePerGas", [])) as string);
  } catch {
    return DEFAULT_PRIORITY_FEE;
  }
}

/**
 * Fees for a new transaction: room for the base fee to double, never above the cap.
 *
 * @returns undefined if the cap is below the present base fee: such a transaction would only wait
 */
export function priceTransaction(baseFee: bigint, priorityFee: bigint, cap: bigint): Fees | undefined {
  if (cap <= baseFee) return undefined;
  const maxFeePerGas = min(2n * baseFee + priorityFee, cap);
  return { maxFeePerGas, maxPriorityFeePerGas: min(priorityFee, maxFeePerGas) };
}

/**
 * Fees for a transaction that replaces another: an eighth more in both fields, or what the market asks if that is more.
 *
 * @returns undefined if that does not fit under the cap
 */
export function priceReplacement(previous: Fees, market: Fees | undefined, cap: bigint): Fees | undefined {
  const maxFeePerGas = max(bump(previous.maxFeePerGas), market?.maxFeePerGas ?? 0n);
  if (maxFeePerGas > cap) return undefined;
  const tip = max(bump(previous.maxPriorityFeePerGas), market?.maxPriorityFeePerGas ?? 0n);
  return { maxFeePerGas, maxPriorityFeePerGas: min(tip, maxFeePerGas) };
}
