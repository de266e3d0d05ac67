import type { Metric, Metrics } from "../../adapters/metrics.js";

/** What the worker counts of its sessions. */
export interface SessionMetrics {
  readonly requests: Metric;
  readonly receipts: Metric;
  readonly vouchers: Metric;
  readonly batches: Metric;
}

export function sessionMetrics(metrics: Metrics): SessionMetrics {
  return {
    requests: metrics.counter(
      "session_requests_total",
      "Requests of sessions by outcome: answered, cancelled, failed, refused",
    ),
    receipts: metrics.counter("session_receipts_total", "Receipts of sessions that are durable"),
    vouchers: metrics.counter("session_vouchers_total", "Vouchers that were checked, stored and countersigned"),
    batches: metrics.counter("session_batches_total", "Batches of sessions that were committed"),
  };
}
