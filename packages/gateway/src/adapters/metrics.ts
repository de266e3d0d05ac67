type Labels = Readonly<Record<string, string>>;
type Kind = "counter" | "gauge" | "histogram";

interface Family {
  readonly kind: Kind;
  readonly help: string;
  readonly samples: Map<string, Sample>;
}

/** One number with its labels; keeping it saves the hot path a look-up. */
export interface Sample {
  value: number;
}

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
export class Metrics {
  readonly #families = new Map<string, Family>();
  readonly #collectors: (() => void | Promise<void>)[] = [];

  constructor(private readonly prefix: string) {}

  /** Something that only grows; its name ends in `_total`. */
  counter(name: string, help: string, labels: Labels = {}): Sample {
    return this.#sample(name, "counter", help, labelText(labels));
  }

  /** Something that goes up and down. */
  gauge(name: string, help: string, labels: Labels = {}): Sample {
    return this.#sample(name, "gauge", help, labelText(labels));
  }

  /** Forgets the samples of a gauge, before they are set anew. */
  clear(name: string): void {
    this.#families.get(this.prefix + name)?.samples.clear();
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

  /** Runs before every rendering, to set gauges that are read from somewhere. A failing one leaves the last values. */
  collect(collector: () => void | Promise<void>): void {
    this.#collectors.push(collector);
  }

  /** The text form, version 0.0.4. */
  async render(): Promise<string> {
    await Promise.allSettled(
      this.#collectors.map(async (collector) => {
        await collector();
      }),
    );
    const lines: string[] = [];
    for (const [name, { kind, help, samples }] of this.#families) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
      for (const [suffix, { value }] of samples) lines.push(`${name}${suffix} ${value}`);
    }
    return `${lines.join("\n")}\n`;
  }

  #sample(name: string, kind: Kind, help: string, suffix: string): Sample {
    const full = this.prefix + name;
    const family = this.#families.get(full) ?? { kind, help, samples: new Map<string, Sample>() };
    this.#families.set(full, family);
    const sample = family.samples.get(suffix) ?? { value: 0 };
    family.samples.set(suffix, sample);
    return sample;
  }
}

function labelText(labels: Labels): string {
  const entries = Object.entries(labels);
  if (entries.length === 0) return "";
  const escape = (value: string): string =>
    value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return `{${entries.map(([name, value]) => `${name}="${escape(value)}"`).join(",")}}`;
}
