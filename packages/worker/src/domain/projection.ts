import { type Batch, type Job, Outcome } from "@assay/sdk";

import type { ChainEvent } from "./chainEvent.js";

/** Where a job stands on the chain, as its events tell. `unseen`: no event yet. The last five are final. */
export const JOB_STAGES = [
  "unseen",
  "open",
  "active",
  "committed",
  "audited",
  "paid",
  "rejected",
  "void",
  "cancelled",
  "expired",
] as const;

export type JobStage = (typeof JOB_STAGES)[number];

export const FINAL_STAGES: readonly JobStage[] = JOB_STAGES.slice(-5);

export interface JobProjection {
  readonly stage: JobStage;
  readonly job: Job | undefined;
  readonly batchId: string | undefined;
  readonly batch: Batch | undefined;
  /** What the provider got. */
  readonly paid: bigint;
}

/**
 * What the events of one job, in the order of the chain, say about it. Nothing else decides a job's stage, so taking events back after a
 * reorganisation and projecting again is all that a rollback needs.
 */
export function projectJob(events: readonly ChainEvent[]): JobProjection {
  let stage: JobStage = "unseen";
  let job: Job | undefined;
  let batchId: string | undefined;
  let batch: Batch | undefined;
  let paid = 0n;
  for (const event of events) {
    switch (event.name) {
      case "JobOpened":
        ({ job } = event.args);
        stage = "open";
        break;
      case "JobAccepted":
        // Also what the use of a quote emits.
        stage = "active";
        break;
      case "JobCancelled":
        stage = "cancelled";
        break;
      case "JobExpired":
        stage = "expired";
        break;
      case "BatchCommitted":
        stage = "committed";
        ({ batchId, batch } = event.args);
        break;
      case "BatchAudited":
        stage = "audited";
        break;
      case "BatchPaid":
        stage = "paid";
        ({ paid } = event.args);
        break;
      case "BatchRefunded":
        stage = event.args.outcome === Outcome.Rejected ? "rejected" : "void";
        break;
      default:
        break;
    }
  }
  return { stage, job, batchId, batch, paid };
}

/** Where an audit stands, as its events tell. */
export interface AuditProjection {
  readonly ended: boolean;
  readonly outcome: bigint | undefined;
  /** Collateral that was taken. */
  readonly slashed: bigint;
  /** Places of the panels that this worker's provider was drawn for. */
  readonly memberships: readonly { readonly member: bigint; readonly panel: bigint; readonly seat: bigint }[];
}

/** What the events of one audit say about it. */
export function projectAudit(events: readonly ChainEvent[]): AuditProjection {
  const memberships = events.flatMap((event) =>
    event.name === "MemberDrawn" ? [{ member: event.args.member, panel: event.args.panel, seat: event.args.seat }] : [],
  );
  const end = events.findLast((event) => event.name === "AuditEnded");
  return {
    ended: end !== undefined,
    outcome: end?.args.outcome,
    slashed: end?.args.slashed ?? 0n,
    memberships,
  };
}
