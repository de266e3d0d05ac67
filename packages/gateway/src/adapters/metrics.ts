import {
  labelText,
  type MetricKind,
  type MetricLabels,
  MetricRegistry,
  type MetricSample,
  sampleOf,
} from "@assay/sdk/node";

/** Counts how many values are at most each bound. */
export interface Histogram {
  observe(value: number): void;
}

/**
 * What the gateway counts, in the text form that Prometheus reads.
 *
 * @example
 * const metrics = new Metrics("assay_gateway_");
 * const paid = metrics.counter("requests_total", "Requests by outcome", { outcome: "paid" });
 * paid.value += 1;
 */
export class Metrics extends MetricRegistry {
  /** Something that only grows; its name ends in `_total`. */
  counter(name: string, help: string, labels: MetricLabels = {}): MetricSample {
    return this.#sample(name, "counter", help, labelText(labels));
  }

  /** Something that goes up and down. */
  gauge(name: string, help: string, labels: MetricLabels = {}): MetricSample {
    return this.#sample(name, "gauge", help, labelText(labels));
  }

  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    const buckets = bounds.map((bound) => this.#sample(name, "histogram", help, `_bucket{le="${bound}"}`));
    const all = this.#sample(name, "histogram", help, '_bucket{le="+Inf"}');
    const sum = this.#sample(name, "histogram", help, "_sum");
    const count = this.#sample(name, "histogram", help, "_count");
    return {
      observe: (value) => {
        bounds.forEach((bound, index) => {
          const bucket = buckets[index];
          if (value <= bound && bucket !== undefined) bucket.value += 1;
        });
        all.value += 1;
        count.value += 1;
        sum.value += value;
      },
    };
  }

  #sample(name: string, kind: MetricKind, help: string, suffix: string): MetricSample {
    return sampleOf(this.family(name, kind, help), suffix);
  }
}
