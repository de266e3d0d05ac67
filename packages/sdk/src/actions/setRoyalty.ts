import type { ActionOptions, Context } from "./context.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface SetRoyaltyParameters extends ActionOptions {
  readonly modelId: bigint;
  /** Share of every batch total. */
  readonly royaltyBps: bigint;
}

export interface RoyaltySet extends Landed {
  readonly modelId: bigint;
  readonly royaltyBps: bigint;
  /** Unix seconds from which it counts: a cut at once, a raise after the deployment's delay. */
  readonly effectiveAt: bigint;
}

/**
 * Sets a model's royalty. Model owner only. A new call replaces a raise that still waits.
 *
 * @throws AssayError `ModelRegistry_NotModelOwner`, `ModelRegistry_RoyaltyTooHigh`
 *
 * @example
 * const { effectiveAt } = await setRoyalty({ contracts, sender }, { modelId: 1n, royaltyBps: 250n });
 */
export async function setRoyalty(
  context: Context,
  { modelId, royaltyBps, ...options }: SetRoyaltyParameters,
): Promise<RoyaltySet> {
  const { registry } = context.contracts;
  const call = registry.setRoyalty.populateTransaction(modelId, royaltyBps);
  const receipt = await transact(context, "setRoyalty", call, options);
  return { ...eventOf(receipt, registry, registry.filters.RoyaltySet), ...landed(receipt) };
}
