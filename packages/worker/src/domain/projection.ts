import { type Batch, type Job, JobKind, Outcome } from "@assay/sdk";

import type { ChainEvent } from "./chainEvent.js";

/**
 * Where a job stands on the chain, as its events tell. `unseen`: no event yet. A session is `active` or `closing` whatever its batches do. `assigned`: an open
 * job that goes on under another id. The last seven are final.
 */
export const JOB_STAGES = [
  "unseen",
  "open",
  "active",
  "committed",
  "audited",
  "closing",
  "paid",
  "rejected",
  "void",
  "cancelled",
  "expired",
  "closed",
  "assigned",
] as const;

export type JobStage = (typeof JOB_STAGES)[number];

export const FINAL_STAGES: readonly JobStage[] = JOB_STAGES.slice(-7);

export interface JobProjection {
  readonly stage: JobStage;
  readonly job: Job | undefined;
  /** Of a one-shot job; sessions have many, see {@link projectBatches}. */
  readonly batchId: string | undefined;
  readonly batch: Batch | undefined;
  /** What the provider got for it. */
  readonly paid: bigint;
  /** Sessions: all that was added to the budget. */
  readonly toppedUp: bigint;
  /** Sessions: last second in which a batch can be committed, once the requester closed it. */
  readonly closesAt: bigint | undefined;
}

/**
 * What the events of one job, in the order of the chain, say about it. Nothing else decides a job's stage, so taking events back after a
 * reorganisation and projecting again is all that a rollback needs.
 */
export function projectJob(
  events: readonly ChainEvent[],
  kind: bigint = events.find((event) => event.name === "JobOpened")?.args.job.kind ?? JobKind.OneShot,
): JobProjection {
  return kind === JobKind.Session ? projectSession(events) : projectOneShot(events);
}

function projectSession(events: readonly ChainEvent[]): JobProjection {
  let stage: JobStage = "unseen";
  let job: Job | undefined;
  let toppedUp = 0n;
  let closesAt: bigint | undefined;
  for (const { name, args } of events) {
    if (name === "JobOpened") {
      ({ job } = args);
      stage = "open";
    } else if (name === "JobAccepted") stage = "active";
    else if (name === "JobCancelled") stage = "cancelled";
    else if (name === "JobClosed") stage = "closed";
    else if (name === "JobAssigned") stage = "assigned";
    else if (name === "SessionToppedUp") toppedUp += args.amount;
    else if (name === "JobClosing") {
      stage = "closing";
      ({ closesAt } = args);
    }
  }
  return { stage, job, batchId: undefined, batch: undefined, paid: 0n, toppedUp, closesAt };
}

/** Where a batch stands. */
export const BATCH_STAGES = ["committed", "audited", "paid", "rejected", "void"] as const;

export type BatchStage = (typeof BATCH_STAGES)[number];

export interface BatchProjection {
  readonly batchId: string;
  readonly batch: Batch;
  readonly stage: BatchStage;
}

/** What the events of one job say about its batches, in the order of their commits. */
export function projectBatches(events: readonly ChainEvent[]): readonly BatchProjection[] {
  const batches = new Map<string, BatchProjection>();
  const move = (batchId: string, stage: BatchStage): void => {
    const batch = batches.get(batchId);
    if (batch !== undefined) batches.set(batchId, { ...batch, stage });
  };
  for (const { name, args } of events) {
    if (name === "BatchCommitted")
      batches.set(args.batchId, { batchId: args.batchId, batch: args.batch, stage: "committed" });
    else if (name === "BatchAudited") move(args.batchId, "audited");
    else if (name === "BatchPaid") move(args.batchId, "paid");
    else if (name === "BatchRefunded") move(args.batchId, refundStage(args.outcome));
  }
  return [...batches.values()];
}

function refundStage(outcome: bigint): "rejected" | "void" {
  return outcome === Outcome.Rejected ? "rejected" : "void";
}

function projectOneShot(events: readonly ChainEvent[]): JobProjection {
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
      case "JobAssigned":
        stage = "assigned";
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
        stage = refundStage(event.args.outcome);
        break;
      default:
        break;
    }
  }
  return { stage, job, batchId, batch, paid, toppedUp: 0n, closesAt: undefined };
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
