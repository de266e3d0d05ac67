import type { Batch, Job, Receipt } from "@assay/sdk";

import type { JobStage } from "./projection.js";

/** What was answered, and everything that opening it later takes. */
export interface JobAnswer {
  readonly output: Uint8Array;
  readonly inputUnits: bigint;
  readonly outputUnits: bigint;
  /** Blinds the answer until the panel has committed. Lost salt, lost collateral. */
  readonly salt: string;
  readonly receipt: Receipt;
}

/** A job that names this provider, as the journal has it. */
export interface JobRecord {
  readonly jobId: string;
  readonly job: Job;
  /** Collateral that its batch will lock. */
  readonly collateral: bigint;
  readonly quote: string | undefined;
  readonly request: Uint8Array | undefined;
  readonly answer: JobAnswer | undefined;
  readonly failure: string | undefined;
  readonly stage: JobStage;
  /** Of a one-shot job. */
  readonly batchId: string | undefined;
  readonly batch: Batch | undefined;
  /** Sessions: all that was added to the budget. */
  readonly toppedUp: bigint;
  /** Sessions: last second in which a batch can be committed, once the requester closed it. */
  readonly closesAt: bigint | undefined;
}

/** A batch of this provider, of whichever kind of job. */
export interface OwnBatch {
  readonly jobId: string;
  readonly job: Job;
  readonly batchId: string;
  readonly batch: Batch;
}
