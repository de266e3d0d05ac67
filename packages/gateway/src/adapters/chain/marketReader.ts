import { readFile } from "node:fs/promises";

import {
  AssayError,
  type Contracts,
  getModels,
  getProviders,
  type ModelInfo,
  type Policy,
  policyDocument,
  type ProviderInfo,
  type PublishedVersion,
  refreshMetadata,
  toAssayError,
} from "@assay/sdk";

import { type ModelEntry, type Offer, offerId } from "../../domain/catalogue.js";
import type { GatewayConfig } from "../../domain/configSchema.js";
import type { Endpoint } from "../../domain/openaiRequest.js";

const FETCH_TIMEOUT_MS = 10_000;
/**
 * How long what the chain says is believed: reading it takes all events since the deployment, which RPC servers limit. Sooner
 * where a provider cannot be asked, because it may have moved.
 */
const CHAIN_MS = 600_000;
const CHAIN_IN_DOUBT_MS = 300_000;
const MAX_POLICY_BYTES = 65_536;
/** The chain does not say in one read when a version was published. */
const STARTED_AT = Math.floor(Date.now() / 1_000);
const ENDPOINTS: readonly Endpoint[] = ["chat", "completions", "embeddings"];

/** What the market has to sell, and what of it cannot be used. */
export interface Market {
  readonly models: readonly ModelEntry[];
  /** Providers and models that were left out, in words. */
  readonly problems: readonly string[];
}

type ProviderModel = NonNullable<ProviderInfo["metadata"]>["models"][number];

/**
 * Finds out who sells what: the chain names providers and models, the providers' metadata their endpoints and prices, the policies what
 * units are. Policies never change, so each is read once.
 */
export class MarketReader {
  readonly #policies = new Map<string, Policy>();
  #chain:
    { readonly at: number; providers: readonly ProviderInfo[]; readonly models: readonly ModelInfo[] } | undefined;

  constructor(
    private readonly contracts: Contracts,
    private readonly config: Pick<GatewayConfig, "models" | "providers">,
  ) {}

  /** @throws AssayError if the chain cannot be reached */
  async read(signal?: AbortSignal): Promise<Market> {
    const { providers, models } = await this.#registered(signal);
    const problems: string[] = [];
    const offers = this.#offers(providers, problems);
    const entries: ModelEntry[] = [];
    for (const model of models) {
      for (const version of model.versions) {
        const sold = offers.filter(({ offer }) => offer.modelId === model.modelId && offer.version === version.version);
        const [first] = sold;
        if (first === undefined) continue;
        const policy = await this.#policy(model, version, problems);
        entries.push(
          entryOf(
            model,
            version,
            policy,
            first.terms,
            sold.map(({ offer }) => offer),
            this.#names(model, version.version),
          ),
        );
      }
    }
    return { models: entries, problems };
  }

  /** Who is registered, from the chain now and then, with metadata as it is now. */
  async #registered(
    signal: AbortSignal | undefined,
  ): Promise<{ readonly providers: readonly ProviderInfo[]; readonly models: readonly ModelInfo[] }> {
    const { contracts } = this;
    const known = this.#chain;
    const doubt = known?.providers.some(({ metadata }) => metadata === undefined) ?? false;
    if (known !== undefined && Date.now() - known.at < (doubt ? CHAIN_IN_DOUBT_MS : CHAIN_MS)) {
      known.providers = await Promise.all(known.providers.map((provider) => refreshMetadata(provider, { signal })));
      return known;
    }
    const [providers, models] = await Promise.all([
      getProviders({ contracts }, signal === undefined ? {} : { signal }),
      getModels({ contracts }),
    ]);
    this.#chain = { at: Date.now(), providers, models };
    return this.#chain;
  }

  #offers(providers: readonly ProviderInfo[], problems: string[]): { offer: Offer; terms: ProviderModel }[] {
    const { allow, deny } = this.config.providers;
    return providers.flatMap(({ provider, operator, metadata, metadataError }) => {
      if (deny.includes(provider) || (allow.length > 0 && !allow.includes(provider))) return [];
      if (metadata === undefined) {
        problems.push(`The provider ${provider} cannot be asked: ${metadataError?.message ?? "it has no metadata"}`);
        return [];
      }
      return metadata.models
        .filter(({ session }) => session !== undefined)
        .map((terms) => ({
          terms,
          offer: {
            id: offerId(provider, terms.modelId, terms.version),
            provider,
            operator,
            name: metadata.name,
            endpoint: metadata.endpoint,
            modelId: terms.modelId,
            version: terms.version,
            inputPrice: terms.prices.perMillionInputUnits,
            outputPrice: terms.prices.perMillionOutputUnits,
            creditLine: terms.session?.creditLine,
            maxBudget: terms.session?.maxBudget,
            maxSeconds: terms.session?.maxSeconds,
            maxCollateralBps: terms.maxCollateralBps,
          },
        }));
    });
  }

  #names({ modelId, latestVersion }: ModelInfo, version: bigint): string[] {
    const isLatest = version === latestVersion;
    const aliases = this.config.models
      .filter((model) => model.modelId === modelId)
      .filter((model) => (model.version === undefined ? isLatest : BigInt(model.version) === version))
      .map(({ name }) => name);
    return [...aliases, ...(isLatest ? [`assay/${modelId}`] : []), `assay/${modelId}@${version}`];
  }

  /** @returns undefined if it cannot be read: then the provider's own word counts, and tokens are only bounded */
  async #policy(
    model: ModelInfo,
    { version, terms, policyURI }: PublishedVersion,
    problems: string[],
  ): Promise<Policy | undefined> {
    const known = this.#policies.get(terms.policyId);
    if (known !== undefined) return known;
    const file = this.config.models.find(
      (entry) => entry.modelId === model.modelId && (entry.version === undefined || BigInt(entry.version) === version),
    )?.policy;
    try {
      const text = file === undefined ? await fetchText(policyURI) : await readFile(file, "utf8");
      const { policy, policyId } = policyDocument(JSON.parse(text));
      if (policyId !== terms.policyId) {
        throw new AssayError({ code: "POLICY_MISMATCH", message: `its hash is ${policyId}, not ${terms.policyId}.` });
      }
      this.#policies.set(policyId, policy);
      return policy;
    } catch (thrown) {
      problems.push(
        `The policy of model ${model.modelId}, version ${version}, cannot be read: ${toAssayError(thrown).message}`,
      );
      return undefined;
    }
  }
}

function entryOf(
  model: ModelInfo,
  { version, terms }: PublishedVersion,
  policy: Policy | undefined,
  stated: ProviderModel,
  offers: readonly Offer[],
  names: readonly string[],
): ModelEntry {
  const unit = policy === undefined ? (stated.unit ?? "tokens") : policy.tokenizer === "bytes" ? "bytes" : "tokens";
  const endpoints = ENDPOINTS.filter((endpoint) => (stated.endpoints ?? ["chat", "completions"]).includes(endpoint));
  return {
    names,
    modelId: model.modelId,
    version,
    policyId: terms.policyId,
    unit,
    endpoints,
    maxOutputUnits: policy?.maxOutputUnits ?? stated.maxOutputUnits ?? 1_024,
    maxDataBytes: policy?.maxDataBytes ?? stated.maxDataBytes ?? 8_192,
    quantization: policy?.precision.weights ?? stated.quantization ?? "unknown",
    created: STARTED_AT,
    offers,
  };
}

/** @throws AssayError `POLICY_UNREADABLE` */
async function fetchText(uri: string): Promise<string> {
  if (!/^(https?|data):/i.test(uri)) throw unreadable(`"${uri}" has a scheme that is not known here`);
  try {
    const response = await fetch(uri, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS), redirect: "error" });
    if (!response.ok) throw unreadable(`${uri} has status ${response.status}`);
    const bytes = await response.arrayBuffer();
    if (bytes.byteLength > MAX_POLICY_BYTES) throw unreadable(`${uri} is larger than ${MAX_POLICY_BYTES} bytes`);
    return new TextDecoder().decode(bytes);
  } catch (cause) {
    if (AssayError.is(cause)) throw cause;
    throw unreadable(`${uri} could not be reached`, cause);
  }
}

function unreadable(what: string, cause?: unknown): AssayError {
  return new AssayError({
    code: "POLICY_UNREADABLE",
    message: `${what}.`,
    hint: "Name a file with the policy in models[].policy of the configuration.",
    retryable: true,
    ...(cause !== undefined && { cause }),
  });
}
