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
  readonly batchId: string | undefined;
  readonly batch: Batch | undefined;
}
