const GAS_BEFORE = 100_000n;
/** EIP-7825: no transaction may ask for more. */
const TRANSACTION_GAS_CAP = 16_777_216n;

/**
 * Gas limit of a call that skips the items that it has no gas for: an estimate would find the least gas that skips them all, so
 * it asks for what the items can need at most.
 */
export function gasLimitForMany(items: number, gasPerItem: bigint): bigint {
  const wanted = GAS_BEFORE + BigInt(items) * gasPerItem;
  return wanted < TRANSACTION_GAS_CAP ? wanted : TRANSACTION_GAS_CAP;
}
