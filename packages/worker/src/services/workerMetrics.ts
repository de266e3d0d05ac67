import { getBalances, Outcome } from "@assay/sdk";
import type { TransactionEvent } from "@assay/sdk/node";
import type { Logger } from "pino";

import type { Metrics } from "../adapters/metrics.js";
import { BATCH_STAGES, JOB_STAGES } from "../domain/projection.js";
import type { WorkerContext } from "./context.js";
import type { SessionManager } from "./session/sessionManager.js";

/** Counts and logs what becomes of transactions. */
export function transactionObserver(metrics: Metrics, logger: Logger): (event: TransactionEvent) => void {
  const gasSpent = metrics.counter("gas_spent_wei_total", "Wei paid for gas");
  const gasUsed = metrics.counter("gas_used_total", "Gas used, by what the transaction was for");
  const transactions = metrics.counter("transactions_total", "Transactions by how they ended");
  const replacements = metrics.counter(
    "transaction_replacements_total",
    "Transactions that were sent again with a higher fee",
  );
  const rpcFailures = metrics.counter("rpc_failures_total", "Times that the chain could not be reached while sending");
  replacements.add(0);
  return (event) => {
    if (event.type === "rpcFailed") {
      rpcFailures.add();
      logger.warn({ code: event.error.code, retryInMs: event.retryInMs }, event.error.message);
      return;
    }
    const { label, hash, nonce } = event.record;
    if (event.type === "replaced") replacements.add();
    if ((event.type === "confirmed" || event.type === "failed") && event.receipt !== undefined) {
      const { gasUsed: used, gasPrice } = event.receipt;
      gasSpent.add(Number(used * gasPrice));
      gasUsed.add(Number(used), { label });
    }
    if (event.type === "confirmed") transactions.add(1, { outcome: "confirmed" });
    if (event.type === "failed") transactions.add(1, { outcome: "failed" });
    logger.debug({ label, hash, nonce }, `transaction ${event.type}`);
  };
}

/** Fills the gauges that are read from the journal and the chain when somebody looks. */
export function observeWorker(metrics: Metrics, context: WorkerContext, lagSeconds: () => number): void {
  const { jobs, audits, contracts, provider, sender, models, tasks } = context;
  const jobGauge = metrics.gauge("jobs", "Jobs that name this provider, by stage; the final stages are outcomes");
  const auditGauge = metrics.gauge("audits", "Audits of this provider's batches: open, passed, failed, void");
  const stake = metrics.gauge("stake", "Stake in smallest units: staked, locked, free");
  const earnings = metrics.gauge("escrow_balance", "Earnings that can be withdrawn, in smallest units");
  const gasBalance = metrics.gauge("gas_balance_wei", "The operator's balance for gas");
  const seats = metrics.gauge("seats", "Verifier seats by model: held, active");
  const queue = metrics.gauge("transaction_queue", "Transactions that wait, and that are under way");
  const duties = metrics.gauge("duties_running", "Duties in work");
  const lag = metrics.gauge("rpc_lag_seconds", "Age of the newest block that was seen");

  metrics.collect(async () => {
    const counts = await jobs.countByStage();
    for (const stage of JOB_STAGES) jobGauge.set(counts.get(stage) ?? 0, { stage });
    const { live, byOutcome } = await audits.countOwn();
    auditGauge.set(live, { outcome: "open" });
    auditGauge.set(byOutcome.get(Outcome.Paid) ?? 0, { outcome: "passed" });
    auditGauge.set(byOutcome.get(Outcome.Rejected) ?? 0, { outcome: "failed" });
    auditGauge.set(byOutcome.get(Outcome.Void) ?? 0, { outcome: "void" });
  });
  metrics.collect(async () => {
    const [own, operator] = await Promise.all([
      getBalances({ contracts }, { account: provider }),
      contracts.provider.getBalance(sender.address),
    ]);
    stake.set(Number(own.staked), { kind: "staked" });
    stake.set(Number(own.locked), { kind: "locked" });
    stake.set(Number(own.free), { kind: "free" });
    earnings.set(Number(own.escrow));
    gasBalance.set(Number(operator));
    for (const modelId of new Set([...models.values()].map(({ config }) => config.modelId))) {
      const { held, active } = await contracts.registry.holdingOf(modelId, provider);
      seats.set(Number(held), { model: String(modelId), kind: "held" });
      seats.set(Number(active), { model: String(modelId), kind: "active" });
    }
  });
  metrics.collect(() => {
    const { queued, inFlight } = sender.pending;
    queue.set(queued, { state: "queued" });
    queue.set(inFlight, { state: "sent" });
    duties.set(tasks.size);
    lag.set(lagSeconds());
  });
}

/** Fills the gauges of sessions when somebody looks. */
export function observeSessions(
  metrics: Metrics,
  { sessions, context }: { readonly sessions: SessionManager; readonly context: Pick<WorkerContext, "batches"> },
): void {
  const gauge = metrics.gauge("sessions", "Sessions: open, connected");
  const unsigned = metrics.gauge(
    "session_unsigned_value",
    "Fees of receipts that no voucher covers, in smallest units",
  );
  const batches = metrics.gauge("session_batches", "Batches of sessions by stage; the last three are outcomes");
  metrics.collect(async () => {
    const counts = await sessions.count();
    gauge.set(counts.open, { state: "open" });
    gauge.set(counts.connected, { state: "connected" });
    unsigned.set(Number(counts.unsigned));
    const stages = await context.batches.countByStage();
    for (const stage of BATCH_STAGES) batches.set(stages.get(stage) ?? 0, { stage });
  });
}
