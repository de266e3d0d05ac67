import { batchId } from "../protocol/receipts.js";
import type { Batch, Job, LeafOpening } from "../protocol/types.js";
import { type AuditProgress, auditProgressOf } from "./auditProgress.js";
import type { ActionOptions, Context } from "./context.js";
import { transact } from "./transact.js";

export interface OpenLeavesParameters extends ActionOptions {
  readonly job: Job;
  readonly batch: Batch;
  /** Every leaf that a sample point hits (`sampledLeaves`), sorted by index. */
  readonly openings: readonly LeafOpening[];
}

/**
 * Opens the sampled leaves of an audited batch with their requests, so that the panel can compute the answers again. Anyone
 * who has the data may; if nobody does in time, the collateral is slashed.
 *
 * @throws AssayError `AuditCourt_WrongPhase`, `AuditCourt_DeadlinePassed`, `AuditCourt_MissingSample`,
 * `AuditCourt_UnsampledLeaf`, `AuditCourt_InvalidProof`, `AuditCourt_InvalidReceipt`, `AuditCourt_LeafFeeTooHigh`
 *
 * @example
 * await openLeaves({ contracts, sender: operator }, { job, batch, openings });
 */
export async function openLeaves(
  context: Context,
  { job, batch, openings, ...options }: OpenLeavesParameters,
): Promise<AuditProgress> {
  const { contracts } = context;
  // ethers types its arrays as ones that may be changed.
  const leaves = openings.map((opening) => ({
    ...opening,
    siblingHashes: [...opening.siblingHashes],
    siblingSums: [...opening.siblingSums],
    requestSiblingHashes: [...opening.requestSiblingHashes],
    requestSiblingSums: [...opening.requestSiblingSums],
  }));
  const call = contracts.court.openLeaves.populateTransaction(job, batch, leaves);
  const receipt = await transact(context, "openLeaves", call, options);
  return auditProgressOf(batchId(batch), receipt, contracts);
}
