import type { TransactionDatabase } from "@assay/sdk/node";

/** A job that names this provider: what was agreed, what was received, what was answered, and where the chain has it. */
export interface JobTable {
  job_id: string;
  /** The `Job`, stored. */
  terms: string;
  requester: string;
  /** The requester's nonce, in decimal. */
  nonce: string;
  model_id: string;
  version: number;
  accept_by: number;
  commit_by: number;
  /** Collateral that its batch will lock, in decimal. */
  collateral: string;
  /** This worker's quote, if it gave one. */
  quote: string | null;
  request: Uint8Array | null;
  output: Uint8Array | null;
  /** `JobAnswer` without the output, stored. Written before the commit is sent, never changed. */
  answer: string | null;
  /** Why this worker will not go on with it. */
  failure: string | null;
  /** `JobStage`: a projection of the events. */
  stage: string;
  batch_id: string | null;
  /** The `Batch`, stored. */
  batch: string | null;
  created_at: number;
  /** Sessions: what was added to the budget, in decimal. */
  topped_up: string | null;
  closes_at: number | null;
}

/** A batch of a session: a projection of the events. */
export interface BatchTable {
  batch_id: string;
  job_id: string;
  /** The `Batch`, stored. */
  batch: string;
  first_nonce: number;
  /** `BatchStage`. */
  stage: string;
}

/** An audit that concerns this provider: of its own batch, or one whose panel it was drawn for. */
export interface AuditTable {
  audit_id: string;
  /** 1 if it is about a batch of this provider. */
  own: number;
  model_id: string;
  /** `Job` and `Batch`, stored; null until they were looked up. */
  job: string | null;
  batch: string | null;
  /** 1 when it is over. */
  ended: number;
  /** `Outcome`, in decimal. */
  outcome: string | null;
}

/** A vote of this provider. Written before its commitment is sent, never changed: a lost salt would cost the bond. */
export interface VoteTable {
  audit_id: string;
  member: number;
  panel: number;
  /** Hash of the digests; zero abstains. */
  vote: string;
  salt: string;
  /** Why it abstains. */
  reason: string | null;
  created_at: number;
}

/** A contract event that concerns this provider. */
export interface EventTable {
  block_number: number;
  log_index: number;
  block_hash: string;
  transaction_hash: string;
  name: string;
  /** Id of the job or audit, or the seat. */
  subject: string;
  /** Arguments, stored. */
  args: string;
}

/** Blocks up to which events were read, each the last of a range: where a reorganisation is noticed. */
export interface BlockTable {
  number: number;
  hash: string;
}

export interface MetaTable {
  key: string;
  value: string;
}

export interface JournalDatabase extends TransactionDatabase {
  jobs: JobTable;
  batches: BatchTable;
  audits: AuditTable;
  votes: VoteTable;
  events: EventTable;
  blocks: BlockTable;
  meta: MetaTable;
}
