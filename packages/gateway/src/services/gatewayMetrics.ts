import type { MetricSample } from "@assay/sdk/node";

import type { Metrics } from "../adapters/metrics.js";
import type { RequestOutcome } from "./answering.js";
import type { HealthBook } from "./healthBook.js";
import type { Supply } from "./supply.js";

const FIRST_PIECE_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Counts how requests end. */
export function requestObserver(metrics: Metrics): (outcome: RequestOutcome) => void {
  const ttft = metrics.histogram("first_token_seconds", "Time to the first token", FIRST_PIECE_SECONDS);
  const outcomes = new Map<string, MetricSample>();
  const input = metrics.counter("input_units_total", "Input units that were paid for");
  const output = metrics.counter("output_units_total", "Output units that were paid for");
  const spent = metrics.counter("spent_total", "Fees of recorded answers, in smallest units of the asset");
  return ({ outcome, model, firstPieceMs, inputUnits, outputUnits, fee }) => {
    const key = `${outcome}/${model}`;
    let sample = outcomes.get(key);
    if (sample === undefined) {
      sample = metrics.counter("requests_total", "Requests by model and how they ended", { outcome, model });
      outcomes.set(key, sample);
    }
    sample.value += 1;
    if (firstPieceMs !== undefined) ttft.observe(firstPieceMs / 1_000);
    input.value += inputUnits;
    output.value += outputUnits;
    spent.value += Number(fee);
  };
}

/** Gauges of the sessions and providers, read when somebody looks. */
export function observeSupply(metrics: Metrics, supply: Supply, health: HealthBook): void {
  const SESSIONS = "sessions";
  const USABLE = "provider_usable";
  const inFlight = metrics.gauge("requests_in_work", "Requests that providers work on");
  const queued = metrics.gauge("requests_waiting", "Requests that wait for credit or a place");
  const unsigned = metrics.gauge("unsigned_value", "Fees of answers that no voucher covers yet, in smallest units");
  const left = metrics.gauge("session_value_left", "What live sessions still hold, in smallest units");
  metrics.collect(() => {
    metrics.clear(SESSIONS);
    metrics.clear(USABLE);
    for (const sample of [inFlight, queued, unsigned, left]) sample.value = 0;
    for (const { session } of supply.sessions()) {
      metrics.gauge(SESSIONS, "Sessions by status", { status: session.status }).value += 1;
      inFlight.value += session.inFlight;
      queued.value += session.queued;
      unsigned.value += Number(session.books.unsigned);
      left.value += Number(session.books.left);
    }
    const now = Date.now();
    for (const { offers, names } of supply.catalogue.models) {
      for (const offer of offers) {
        const { usable } = health.of(offer).view(now, false);
        const labels = { provider: offer.provider, model: names[0] ?? "" };
        metrics.gauge(USABLE, "1 if the provider can be routed to", labels).value = usable ? 1 : 0;
      }
    }
  });
}
