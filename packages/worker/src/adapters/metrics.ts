type Labels = Readonly<Record<string, string>>;
type Kind = "counter" | "gauge";

interface Family {
  readonly kind: Kind;
  readonly help: string;
  readonly samples: Map<string, number>;
}

/** A counter or a gauge. A counter only grows. */
export interface Metric {
  add(amount?: number, labels?: Labels): void;
  set(value: number, labels?: Labels): void;
}

/**
 * What the worker counts, in the text form that Prometheus reads.
 *
 * @example
 * const metrics = new Metrics("assay_worker_");
 * metrics.counter("jobs_total", "Jobs by outcome").add(1, { outcome: "paid" });
 * metrics.render();
 */
export class Metrics {
  readonly #families = new Map<string, Family>();
  readonly #collectors: (() => void | Promise<void>)[] = [];

  constructor(private readonly prefix: string) {}

  /** Something that only grows; its name ends in `_total`. */
  counter(name: string, help: string): Metric {
    return this.#metric(name, "counter", help);
  }

  /** Something that goes up and down. */
  gauge(name: string, help: string): Metric {
    return this.#metric(name, "gauge", help);
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
      for (const [labels, value] of samples) lines.push(`${name}${labels} ${value}`);
    }
    return `${lines.join("\n")}\n`;
  }

  #metric(name: string, kind: Kind, help: string): Metric {
    const full = this.prefix + name;
    const family = this.#families.get(full) ?? { kind, help, samples: new Map<string, number>() };
    this.#families.set(full, family);
    return {
      add: (amount = 1, labels = {}) => {
        const key = labelText(labels);
        family.samples.set(key, (family.samples.get(key) ?? 0) + amount);
      },
      set: (value, labels = {}) => {
        family.samples.set(labelText(labels), value);
      },
    };
  }
}

function labelText(labels: Labels): string {
  const entries = Object.entries(labels);
  if (entries.length === 0) return "";
  const escape = (value: string): string =>
    value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return `{${entries.map(([name, value]) => `${name}="${escape(value)}"`).join(",")}}`;
}
