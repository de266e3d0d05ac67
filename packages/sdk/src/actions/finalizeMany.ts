import { AssayError } from "../errors.js";
import { batchId } from "../protocol/receipts.js";
import type { Batch, Job } from "../protocol/types.js";
import type { ActionOptions, Context } from "./context.js";
import { type Finalization, finalizationsOf } from "./finalization.js";
import { gasLimitForMany } from "./gasLimitForMany.js";
import { getParameters } from "./getParameters.js";
import { type Landed, landed, transact } from "./transact.js";

export interface FinalizeManyParameters extends ActionOptions {
  readonly items: readonly { readonly job: Job; readonly batch: Batch }[];
}

export interface ManyFinalized extends Landed {
  /** One for each item, in their order. */
  readonly results: readonly Finalization[];
}

/** What one item can need at most, an audit with a long draw, beside its callback. */
const GAS_PER_ITEM = 900_000n;

/**
 * `finalizeBatch` for many batches in one transaction; one that cannot be finalized is skipped with its reason.
 *
 * @example
 * const { results } = await finalizeMany({ contracts, sender }, { items });
 */
export async function finalizeMany(
  context: Context,
  { items, ...options }: FinalizeManyParameters,
): Promise<ManyFinalized> {
  const { contracts } = context;
  const jobs = items.map(({ job }) => job);
  const batches = items.map(({ batch }) => batch);
  const { callbackGas } = (await getParameters(context)).escrow;
  const gasLimit = gasLimitForMany(items.length, GAS_PER_ITEM + callbackGas);
  const call = contracts.escrow.finalizeMany.populateTransaction(jobs, batches);
  const receipt = await transact(context, "finalizeMany", call, { ...options, gasLimit });
  const found = finalizationsOf(receipt.logs, contracts);
  const results = batches.map((batch) => {
    const result = found.get(batchId(batch));
    if (result !== undefined) return result;
    throw new AssayError({ code: "MISSING_EVENT", message: `The transaction ${receipt.hash} left out a batch.` });
  });
  return { results, ...landed(receipt) };
}
