import type { JobRecord, OwnBatch } from "../domain/job.js";
import type { WorkerContext } from "./context.js";

/** Batches of this provider that wait for their round or dispute window: of one-shot jobs and of sessions. */
export async function committedBatches({
  jobs,
  batches,
}: Pick<WorkerContext, "jobs" | "batches">): Promise<readonly OwnBatch[]> {
  return [...(await jobs.live()).flatMap((record) => batchOf(record) ?? []), ...(await batches.committed())];
}

/** Batch of an audit, if it is this provider's own. */
export async function findOwnBatch(
  { jobs, batches }: Pick<WorkerContext, "jobs" | "batches">,
  batchId: string,
): Promise<OwnBatch | undefined> {
  const record = await jobs.findByBatch(batchId);
  if (record?.batch !== undefined) return { jobId: record.jobId, job: record.job, batchId, batch: record.batch };
  return await batches.find(batchId);
}

function batchOf({ stage, jobId, job, batch, batchId }: JobRecord): OwnBatch | undefined {
  if (stage !== "committed" || batch === undefined || batchId === undefined) return undefined;
  return { jobId, job, batchId, batch };
}
