import { type Asset, wholeUnits } from "../../domain/amounts.js";
import type { ModelEntry, Offer } from "../../domain/catalogue.js";
import type { HealthBook } from "../healthBook.js";
import type { Supply } from "../supply.js";

const MILLION_DIGITS = 6;

/** A price for 1,000,000 units as one for one unit, in whole units of the asset, exact. */
const perUnit = (price: bigint, decimals: number): string => wholeUnits(price, decimals + MILLION_DIGITS);

function pricing(
  { inputPrice, outputPrice }: Pick<Offer, "inputPrice" | "outputPrice">,
  { symbol, decimals }: Asset,
): object {
  return {
    // As OpenRouter has them: for one token.
    prompt: perUnit(inputPrice, decimals),
    completion: perUnit(outputPrice, decimals),
    per_million: { prompt: wholeUnits(inputPrice, decimals), completion: wholeUnits(outputPrice, decimals) },
    currency: symbol,
  };
}

/** The cheapest offer: what a model costs at least. */
export function cheapest(offers: readonly Offer[]): Offer | undefined {
  const cost = ({ inputPrice, outputPrice }: Offer): bigint => inputPrice + outputPrice;
  return offers.reduce<Offer | undefined>(
    (best, offer) => (best === undefined || cost(offer) < cost(best) ? offer : best),
    undefined,
  );
}

/** A model as `/v1/models` shows it. */
export function modelListing(model: ModelEntry, asset: Asset): object {
  const { names, modelId, version, offers, unit, endpoints, quantization, maxOutputUnits, maxDataBytes } = model;
  const best = cheapest(offers);
  return {
    id: names[0],
    object: "model",
    created: model.created,
    owned_by: "assay",
    aliases: names.slice(1),
    model_id: modelId.toString(),
    version: version.toString(),
    policy_id: model.policyId,
    unit,
    endpoints,
    quantization,
    max_output_units: maxOutputUnits,
    max_request_bytes: maxDataBytes,
    ...(best !== undefined && { pricing: pricing(best, asset) }),
    providers: offers.map((offer) => ({
      provider: offer.provider,
      name: offer.name ?? null,
      pricing: pricing(offer, asset),
    })),
  };
}

/** Every provider with what is known of it, as `/v1/providers` shows it. */
export function providerListing(supply: Supply, health: HealthBook, asset: Asset): object[] {
  const now = Date.now();
  const sessions = supply.sessions();
  return supply.catalogue.models.flatMap(({ names, offers }) =>
    offers.map((offer) => {
      const record = health.of(offer);
      const own = sessions.filter((entry) => entry.offer.id === offer.id).map(({ session }) => session);
      const { latencyMs, throughput, errorRate, usable } = record.view(now, false);
      return {
        provider: offer.provider,
        name: offer.name ?? null,
        model: names[0],
        pricing: pricing(offer, asset),
        usable,
        breaker: record.breaker(now),
        dropped: record.dropped ?? null,
        requests: record.requests,
        latency_ms: latencyMs === undefined ? null : Math.round(latencyMs * 10) / 10,
        throughput: throughput === undefined ? null : Math.round(throughput * 10) / 10,
        error_rate: Math.round(errorRate * 1_000) / 1_000,
        sessions: own.map((session) => ({
          id: session.terms.jobId,
          status: session.status,
          receipts: session.nonce,
          spent: session.books.recorded.toString(),
          unsigned: session.books.unsigned.toString(),
          left: session.books.left.toString(),
        })),
      };
    }),
  );
}
