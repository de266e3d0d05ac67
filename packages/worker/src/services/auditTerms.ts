import { AssayError, type Batch, getBatch, getJob, type Job } from "@assay/sdk";

import type { AuditRecord } from "../adapters/journal/auditStore.js";
import type { WorkerContext } from "./context.js";
import { findOwnBatch } from "./ownBatches.js";

/** Job and batch of an audit, as the court's calls take them: from the journal, or else from the chain's events, once. */
export async function auditTerms(
  context: Pick<WorkerContext, "contracts" | "audits" | "jobs" | "batches">,
  { auditId, terms }: AuditRecord,
): Promise<{ readonly job: Job; readonly batch: Batch }> {
  if (terms !== undefined) return terms;
  const { contracts, audits } = context;
  const own = await findOwnBatch(context, auditId);
  if (own !== undefined) return { job: own.job, batch: own.batch };
  const found = await getBatch({ contracts }, { batchId: auditId });
  if (found === undefined) {
    throw new AssayError({
      code: "UNKNOWN_AUDIT",
      message: `The batch of the audit ${auditId} was not found on the chain.`,
      hint: "The RPC server may be behind, or may keep no old events.",
      retryable: true,
    });
  }
  const { job } = await getJob({ contracts }, { jobId: found.jobId });
  await audits.saveTerms(auditId, job, found.batch);
  return { job, batch: found.batch };
}
