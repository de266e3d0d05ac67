/** Names and values that tell the samples of a metric apart. */
export type MetricLabels = Readonly<Record<string, string>>;

export type MetricKind = "counter" | "gauge" | "histogram";

/** One number with its labels; keeping it saves the hot path a look-up. */
export interface MetricSample {
  value: number;
}

/** A metric with all its samples. */
export interface MetricFamily {
  readonly kind: MetricKind;
  readonly help: string;
  /** By what is written between the metric's name and the number. */
  readonly samples: Map<string, MetricSample>;
}

/**
 * What a program counts, in the text form that Prometheus reads. Each program's `Metrics` says how its metrics are made.
 *
 * @example
 * class Metrics extends MetricRegistry {
 *   counter(name: string, help: string): MetricSample {
 *     return sampleOf(this.family(name, "counter", help), "");
 *   }
 * }
 */
export class MetricRegistry {
  readonly #families = new Map<string, MetricFamily>();
  readonly #collectors: (() => void | Promise<void>)[] = [];

  /** @param prefix begins the name of every metric, such as `assay_worker_` */
  constructor(private readonly prefix: string) {}

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

  /** Forgets the samples of a gauge, before they are set anew. */
  clear(name: string): void {
    this.#families.get(this.prefix + name)?.samples.clear();
  }

  /** The metric of this name, made at the first call. */
  protected family(name: string, kind: MetricKind, help: string): MetricFamily {
    const full = this.prefix + name;
    const family = this.#families.get(full) ?? { kind, help, samples: new Map<string, MetricSample>() };
    this.#families.set(full, family);
    return family;
  }
}

/** The sample of a metric with this suffix, made with the value 0 at the first call. */
export function sampleOf({ samples }: MetricFamily, suffix: string): MetricSample {
  const sample = samples.get(suffix) ?? { value: 0 };
  samples.set(suffix, sample);
  return sample;
}

/** Labels as they stand behind a metric's name. */
export function labelText(labels: MetricLabels): string {
  const entries = Object.entries(labels);
  if (entries.length === 0) return "";
  const escape = (value: string): string =>
    value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return `{${entries.map(([name, value]) => `${name}="${escape(value)}"`).join(",")}}`;
}
