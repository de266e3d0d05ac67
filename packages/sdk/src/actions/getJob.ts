import { AssayError } from "../errors.js";
import type { Job } from "../protocol/types.js";
import type { ReadContext } from "./context.js";
import { queryEvents } from "./queryEvents.js";
import { read } from "./read.js";

export interface JobInfo {
  readonly jobId: string;
  readonly job: Job;
  /** `JobStatus`; `None` says that it is over. */
  readonly status: bigint;
  readonly openedAtBlock: number;
}

/**
 * A job by its id: its terms from the event that opened it, and its state.
 *
 * @throws AssayError `UNKNOWN_JOB`
 *
 * @example
 * const { job, status } = await getJob({ contracts }, { jobId });
 */
export async function getJob(context: ReadContext, { jobId }: { readonly jobId: string }): Promise<JobInfo> {
  const { escrow } = context.contracts;
  const [opened, [status]] = await Promise.all([openingOf(context, jobId), read(escrow.jobStateOf(jobId))]);
  if (opened !== undefined) return { jobId, ...opened, status };
  throw new AssayError({
    code: "UNKNOWN_JOB",
    message: `No job ${jobId} was opened in this deployment.`,
    hint: "Check the id, and that the deployment is the one it was opened in.",
  });
}

async function openingOf(
  context: ReadContext,
  jobId: string,
): Promise<Pick<JobInfo, "job" | "openedAtBlock"> | undefined> {
  const { escrow } = context.contracts;
  const { JobAssigned, JobOpened } = escrow.filters;
  const [opened] = await queryEvents(context, escrow, JobOpened, JobOpened(jobId));
  if (opened !== undefined) return { job: opened.job, openedAtBlock: opened.blockNumber };
  // An open job goes on under another id when a provider has accepted it.
  const [assigned] = await queryEvents(context, escrow, JobAssigned, JobAssigned(undefined, jobId));
  if (assigned === undefined) return undefined;
  const before = await openingOf(context, assigned.openJobId);
  return before === undefined ? undefined : { ...before, job: { ...before.job, provider: assigned.provider } };
}
