/** Chain ids of development networks: keys that everybody knows are safe there, and nowhere else. */
const LOCAL_CHAINS: ReadonlySet<bigint> = new Set([31_337n, 1_337n]);

/** True for the chain ids that development networks use. */
export function isLocalChain(chainId: bigint | number): boolean {
  return LOCAL_CHAINS.has(BigInt(chainId));
}
