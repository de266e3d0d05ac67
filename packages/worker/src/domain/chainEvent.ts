import type { Batch, Job } from "@assay/sdk";

/** Arguments of the events that the worker follows, by name. Structs are in the SDK's form, numbers are bigints. */
export interface EventArguments {
  readonly JobOpened: {
    readonly jobId: string;
    readonly requester: string;
    readonly provider: string;
    readonly job: Job;
  };
  readonly JobAccepted: { readonly jobId: string; readonly provider: string };
  readonly JobCancelled: { readonly jobId: string; readonly refund: bigint };
  readonly JobExpired: { readonly jobId: string; readonly refund: bigint; readonly compensation: bigint };
  readonly JobAssigned: { readonly openJobId: string; readonly jobId: string; readonly provider: string };
  readonly SessionToppedUp: { readonly jobId: string; readonly amount: bigint; readonly remaining: bigint };
  readonly JobClosing: { readonly jobId: string; readonly closesAt: bigint };
  readonly JobClosed: { readonly jobId: string; readonly refund: bigint };
  readonly BatchCommitted: { readonly batchId: string; readonly jobId: string; readonly batch: Batch };
  readonly BatchAudited: { readonly batchId: string; readonly jobId: string; readonly seed: string };
  readonly BatchPaid: { readonly batchId: string; readonly jobId: string; readonly paid: bigint };
  readonly BatchRefunded: {
    readonly batchId: string;
    readonly jobId: string;
    readonly outcome: bigint;
    readonly refund: bigint;
  };
  readonly AuditOpened: {
    readonly auditId: string;
    readonly provider: string;
    readonly modelId: bigint;
    readonly seed: string;
  };
  readonly MemberDrawn: {
    readonly auditId: string;
    readonly provider: string;
    readonly seat: bigint;
    readonly member: bigint;
    readonly panel: bigint;
  };
  readonly AuditEnded: { readonly auditId: string; readonly outcome: bigint; readonly slashed: bigint };
  readonly SeatTaken: { readonly modelId: bigint; readonly provider: string; readonly seat: bigint };
  readonly SeatActivated: { readonly modelId: bigint; readonly provider: string; readonly seat: bigint };
  readonly SeatVacated: { readonly modelId: bigint; readonly provider: string; readonly seat: bigint };
}

export type EventName = keyof EventArguments;

/** An event of one of the contracts, where the chain has it. */
export type ChainEvent = {
  readonly [N in EventName]: {
    readonly name: N;
    readonly args: EventArguments[N];
    readonly blockNumber: number;
    readonly blockHash: string;
    readonly logIndex: number;
    readonly transactionHash: string;
  };
}[EventName];

/** What an event is about: the id of a job or audit, or `seat:model/seat`. A batch's events are about its job, an open job's assignment about the open job. */
export function subjectOf({ name, args }: ChainEvent): string {
  switch (name) {
    case "JobOpened":
    case "JobAccepted":
    case "JobCancelled":
    case "JobExpired":
    case "SessionToppedUp":
    case "JobClosing":
    case "JobClosed":
    case "BatchCommitted":
    case "BatchAudited":
    case "BatchPaid":
    case "BatchRefunded":
      return args.jobId;
    case "JobAssigned":
      return args.openJobId;
    case "AuditOpened":
    case "MemberDrawn":
    case "AuditEnded":
      return args.auditId;
    case "SeatTaken":
    case "SeatActivated":
    case "SeatVacated":
      return `seat:${args.modelId}/${args.seat}`;
  }
}
