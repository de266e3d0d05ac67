import type { TransactionDatabase } from "@assay/sdk/node";

/** A session that was opened, or is about to be. */
export interface SessionTable {
  job_id: string;
  /** The job's terms, JSON. */
  job: string;
  /** See `SessionStage`. */
  stage: string;
  offer_id: string;
  endpoint: string;
  policy_id: string;
  unit: string;
  /** JSON list of addresses. */
  signers: string;
  quote: string;
  /** All that was ever put into it, decimal. */
  escrowed: string;
  /** Receipts below this nonce are in the usage of their keys. */
  accounted: number;
  reason: string | null;
  /** Milliseconds. */
  created_at: number;
}

export interface ApiKeyTable {
  id: number;
  name: string;
  /** SHA-256 of the key, hex: the key itself is kept nowhere. */
  hash: string;
  /** The beginning of the key, for people. */
  prefix: string;
  /** Most that it may ever spend, decimal. */
  cap: string | null;
  requests_per_minute: number | null;
  max_concurrent: number | null;
  /** Milliseconds. */
  expires_at: number | null;
  revoked_at: number | null;
  created_at: number;
}

/** Sums of a key, a day and a model. */
export interface UsageTable {
  key_id: number;
  /** UTC, `2026-11-24`. */
  day: string;
  model: string;
  requests: number;
  input_units: number;
  output_units: number;
  /** Decimal. */
  spent: string;
}

/** A comparison of two providers' answers to one request. */
export interface SpotCheckTable {
  id: string;
  model: string;
  first_offer: string;
  second_offer: string;
  first_receipt: string;
  second_receipt: string;
  matched: number;
  /** JSON with request and outputs, only of answers that differ and only if the configuration allows it. */
  evidence: string | null;
  created_at: number;
}

export interface GatewayDatabase extends TransactionDatabase {
  sessions: SessionTable;
  api_keys: ApiKeyTable;
  usage: UsageTable;
  spot_checks: SpotCheckTable;
}
