import type { ModelVersion } from "../protocol/types.js";
import type { ActionOptions, Context } from "./context.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface RegisterModelParameters extends ActionOptions {
  /** Who receives the royalty; the sender unless given. */
  readonly payout?: string;
  /** Share of every batch total. */
  readonly royaltyBps: bigint;
  /** Human-readable description: the token's URI. */
  readonly uri: string;
  /** What version 1 pins; see `versionOfPolicy`. */
  readonly version: ModelVersion;
  /** Where the policy's canonical JSON can be read. */
  readonly policyURI: string;
}

export interface ModelRegistered extends Landed {
  readonly modelId: bigint;
  readonly owner: string;
  readonly payout: string;
  readonly royaltyBps: bigint;
}

/**
 * Registers a model with its first version; its token goes to the sender.
 *
 * @throws AssayError `ModelRegistry_RoyaltyTooHigh`, `ModelRegistry_InvalidVersion`
 *
 * @example
 * const version = versionOfPolicy(policyDocument(policy));
 * const { modelId } = await registerModel({ contracts, sender }, { royaltyBps: 500n, uri, version, policyURI });
 */
export async function registerModel(
  context: Context,
  { payout = context.sender.address, royaltyBps, uri, version, policyURI, ...options }: RegisterModelParameters,
): Promise<ModelRegistered> {
  const { registry } = context.contracts;
  const call = registry.registerModel.populateTransaction(payout, royaltyBps, uri, version, policyURI);
  const receipt = await transact(context, "registerModel", call, options);
  const event = eventOf(receipt, registry, registry.filters.ModelRegistered);
  return {
    modelId: event.modelId,
    owner: event.owner,
    payout: event.payout,
    royaltyBps: event.royaltyBps,
    ...landed(receipt),
  };
}
