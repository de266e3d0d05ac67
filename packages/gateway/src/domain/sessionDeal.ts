import type { AssayDomain, Job } from "@assay/sdk";

/** What units of a model are: bytes can be counted here, tokens only bounded. */
export type Unit = "bytes" | "tokens";

/** All that a session's client needs to know of the session. */
export interface SessionDeal {
  readonly jobId: string;
  /** As it was opened. */
  readonly job: Job;
  /** The escrow's EIP-712 domain. */
  readonly domain: AssayDomain;
  readonly policyId: string;
  readonly unit: Unit;
  /** Where the worker answers, http or https. */
  readonly endpoint: string;
  /** Who may sign for the provider: its operator and its owner. */
  readonly signers: readonly string[];
}
