import { labelText, type MetricKind, type MetricLabels, MetricRegistry, sampleOf } from "@assay/sdk/node";

/** A counter or a gauge. A counter only grows. */
export interface Metric {
  add(amount?: number, labels?: MetricLabels): void;
  set(value: number, labels?: MetricLabels): void;
}

/**
 * What the worker counts, in the text form that Prometheus reads.
 *
 * @example
 * const metrics = new Metrics("assay_worker_");
 * metrics.counter("jobs_total", "Jobs by outcome").add(1, { outcome: "paid" });
 * metrics.render();
 */
export class Metrics extends MetricRegistry {
  /** Something that only grows; its name ends in `_total`. */
  counter(name: string, help: string): Metric {
    return this.#metric(name, "counter", help);
  }

  /** Something that goes up and down. */
  gauge(name: string, help: string): Metric {
    return this.#metric(name, "gauge", help);
  }

  #metric(name: string, kind: MetricKind, help: string): Metric {
    const family = this.family(name, kind, help);
    return {
      add: (amount = 1, labels = {}) => {
        sampleOf(family, labelText(labels)).value += amount;
      },
      set: (value, labels = {}) => {
        sampleOf(family, labelText(labels)).value = value;
      },
    };
  }
}
