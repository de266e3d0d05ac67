import type { ActionOptions, Context } from "./context.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface SetMetadataParameters extends ActionOptions {
  /** Where the provider's metadata can be read: `ProviderMetadata` as JSON. */
  readonly metadataURI: string;
}

export interface MetadataSet extends Landed {
  readonly provider: string;
  readonly metadataURI: string;
}

/**
 * Replaces the sender's metadata: endpoint, models and prices as requesters find them.
 *
 * @throws AssayError `ProviderStaking_NotRegistered`
 *
 * @example
 * await setMetadata({ contracts, sender }, { metadataURI: "https://gpu.example/provider.json" });
 */
export async function setMetadata(
  context: Context,
  { metadataURI, ...options }: SetMetadataParameters,
): Promise<MetadataSet> {
  const { staking } = context.contracts;
  const receipt = await transact(context, "setMetadata", staking.setMetadata.populateTransaction(metadataURI), options);
  return { ...eventOf(receipt, staking, staking.filters.MetadataChanged), ...landed(receipt) };
}
