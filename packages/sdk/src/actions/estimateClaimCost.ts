import type { ReadContext } from "./context.js";
import { tokenAt } from "./offeringContracts.js";
import { read } from "./read.js";

export interface ClaimCost {
  readonly gas: bigint;
  /** Wei a unit of gas, as the network asks now. */
  readonly gasPrice: bigint;
  /** Wei in all. */
  readonly fee: bigint;
}

export interface EstimateClaimCostParameters {
  readonly account: string;
  /** Addresses of the model tokens to claim from. */
  readonly tokens: readonly string[];
  /** Where all of it goes; without it each token pays the account's payout address. */
  readonly recipient?: string;
}

/**
 * What `claimAllRevenue` with the same parameters would cost in gas now.
 *
 * @throws AssayError what a claim would revert with, such as `ModelToken_NothingToClaim`
 *
 * @example
 * const { fee } = await estimateClaimCost({ contracts }, { account, tokens });
 */
export async function estimateClaimCost(
  { contracts }: ReadContext,
  { account, tokens, recipient }: EstimateClaimCostParameters,
): Promise<ClaimCost> {
  const from = { from: account };
  const estimates =
    recipient === undefined && tokens.length > 1
      ? [contracts.revenueClaimer.claimAll.estimateGas(account, [...tokens], from)]
      : tokens.map((address) => {
          const token = tokenAt(contracts, address);
          return recipient === undefined
            ? token["claim()"].estimateGas(from)
            : token.claimTo.estimateGas(recipient, from);
        });
  const [fees, ...gases] = await read(Promise.all([contracts.provider.getFeeData(), ...estimates]));
  const gas = gases.reduce((sum, each) => sum + each, 0n);
  const gasPrice = fees.gasPrice ?? fees.maxFeePerGas ?? 0n;
  return { gas, gasPrice, fee: gas * gasPrice };
}
