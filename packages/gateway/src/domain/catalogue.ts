import type { Endpoint } from "./openaiRequest.js";
import type { Unit } from "./sessionDeal.js";

/** A provider that sells a model version, on the terms that it states. */
export interface Offer {
  /** `<provider>/<modelId>/<version>`, lower case. */
  readonly id: string;
  /** Owner address. */
  readonly provider: string;
  readonly operator: string;
  /** What the provider calls itself; says nothing about who it is. */
  readonly name: string | undefined;
  readonly endpoint: string;
  readonly modelId: bigint;
  readonly version: bigint;
  /** Smallest units of the asset for 1,000,000 units. */
  readonly inputPrice: bigint;
  readonly outputPrice: bigint;
  /** Most that it trusts a requester with, if it says so. */
  readonly creditLine: bigint | undefined;
  /** Largest session that it takes, and the longest in seconds. */
  readonly maxBudget: bigint | undefined;
  readonly maxSeconds: number | undefined;
  readonly maxCollateralBps: bigint | undefined;
}

/** A model version that somebody sells. */
export interface ModelEntry {
  /** What clients call it; the first one is shown. */
  readonly names: readonly string[];
  readonly modelId: bigint;
  readonly version: bigint;
  readonly policyId: string;
  readonly unit: Unit;
  readonly endpoints: readonly Endpoint[];
  readonly maxOutputUnits: number;
  readonly maxDataBytes: number;
  readonly quantization: string;
  /** Unix seconds, for OpenAI's `created`. */
  readonly created: number;
  readonly offers: readonly Offer[];
}

/** The id of an offer. */
export function offerId(provider: string, modelId: bigint, version: bigint): string {
  return `${provider.toLowerCase()}/${modelId}/${version}`;
}

/** The models that clients can name. */
export class Catalogue {
  readonly #byName = new Map<string, ModelEntry>();

  constructor(readonly models: readonly ModelEntry[]) {
    for (const model of models) {
      for (const name of model.names)
        if (!this.#byName.has(name.toLowerCase())) this.#byName.set(name.toLowerCase(), model);
    }
  }

  find(name: string): ModelEntry | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  /** The first name of each model. */
  get names(): string[] {
    return this.models.map(({ names }) => names[0] ?? "");
  }
}
