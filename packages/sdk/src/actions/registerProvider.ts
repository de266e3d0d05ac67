import type { ActionOptions, Context } from "./context.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface RegisterProviderParameters extends ActionOptions {
  /** Hot key that works: signs quotes, commits, opens, votes. */
  readonly operator: string;
  /** Where the provider's metadata can be read: `ProviderMetadata` as JSON. */
  readonly metadataURI: string;
}

export interface RegisteredProvider extends Landed {
  readonly provider: string;
  readonly operator: string;
  readonly metadataURI: string;
}

/**
 * Makes the sender a provider. Its key is the cold owner key: funds and seats.
 *
 * @throws AssayError `ProviderStaking_AlreadyRegistered`, `ProviderStaking_OperatorTaken`,
 * `ProviderStaking_InvalidOperator`
 *
 * @example
 * await registerProvider({ contracts, sender }, { operator, metadataURI: "https://gpu.example/provider.json" });
 */
export async function registerProvider(
  context: Context,
  { operator, metadataURI, ...options }: RegisterProviderParameters,
): Promise<RegisteredProvider> {
  const { staking } = context.contracts;
  const call = staking.register.populateTransaction(operator, metadataURI);
  const receipt = await transact(context, "registerProvider", call, options);
  return { ...eventOf(receipt, staking, staking.filters.ProviderRegistered), ...landed(receipt) };
}
