import type { Offer } from "./catalogue.js";
import type { RoutingWishes } from "./routingWishes.js";

/** How an offer did lately; moving averages. */
export interface OfferHealth {
  /** Milliseconds to the first piece; undefined before the first answer. */
  readonly latencyMs: number | undefined;
  /** Output units a second. */
  readonly throughput: number | undefined;
  /** Part of the requests that failed, 0 to 1. */
  readonly errorRate: number;
  /** It can be asked at once. */
  readonly ready: boolean;
  /** Its session has no connection now; it is tried again. */
  readonly lost: boolean;
  /** False: it failed too often lately, or was dropped. */
  readonly usable: boolean;
}

export interface RoutingOptions {
  readonly wishes: RoutingWishes;
  readonly healthOf: (offer: Offer) => OfferHealth;
  readonly quantization: string;
  readonly decimals: number;
  /** Part of the requests that try another offer than the best one, so that its numbers stay known. */
  readonly exploration: number;
  /** 0 to 1; for tests. */
  readonly random?: () => number;
}

/** Why an offer was left out, for the error that lists them. */
export interface LeftOut {
  readonly offer: Offer;
  readonly reason: string;
}

/** Latency of an offer that nobody has tried: good enough to be tried. */
const UNKNOWN_LATENCY_MS = 500;
const SCALE = 1_000_000;

/** Orders the offers by the client's wishes and how they did: the first one is asked, the others are its fallbacks. */
export function route(
  offers: readonly Offer[],
  options: RoutingOptions,
): { readonly candidates: readonly Offer[]; readonly leftOut: readonly LeftOut[] } {
  const { wishes, healthOf, random = Math.random } = options;
  const leftOut: LeftOut[] = [];
  const allowed = offers.filter((offer) => {
    const reason = reasonAgainst(offer, options);
    if (reason !== undefined) leftOut.push({ offer, reason });
    return reason === undefined;
  });
  const [only] = allowed;
  if (only === undefined || allowed.length === 1) return { candidates: allowed, leftOut };
  const scored = allowed.map((offer) => ({ offer, score: scoreOf(offer, healthOf(offer), wishes.sort) }));
  scored.sort((left, right) => left.score - right.score);
  if (wishes.order.length === 0 && wishes.sort === undefined && random() < options.exploration) {
    // Only where it costs no session of its own. The others keep their order behind the one that is tried.
    const ready = scored.filter(({ offer }) => healthOf(offer).ready);
    const tried = ready[Math.floor(random() * ready.length)];
    if (tried !== undefined) scored.unshift(...scored.splice(scored.indexOf(tried), 1));
  }
  const place = (offer: Offer): number => {
    const index = wishes.order.findIndex((name) => isNamed(offer, name));
    return index === -1 ? wishes.order.length : index;
  };
  const wished = scored.map(({ offer }) => offer).sort((left, right) => place(left) - place(right));
  // Whoever has lost its connection may be back in a moment, but nobody waits for it who need not.
  const candidates = [
    ...wished.filter((offer) => !healthOf(offer).lost),
    ...wished.filter((offer) => healthOf(offer).lost),
  ];
  return { candidates: wishes.allowFallbacks ? candidates : candidates.slice(0, 1), leftOut };
}

/** Cheap, quick and reliable at once unless the client sorts by one of them. Smaller is better. */
function scoreOf(offer: Offer, health: OfferHealth, sort: RoutingWishes["sort"]): number {
  const price = Number(offer.inputPrice + offer.outputPrice) / SCALE + 1e-9;
  const latency = health.latencyMs ?? UNKNOWN_LATENCY_MS;
  const trouble = 1 + 20 * health.errorRate + (health.ready ? 0 : 0.5);
  switch (sort) {
    case "price":
      return price * (1 + health.errorRate);
    case "latency":
      return latency * trouble;
    case "throughput":
      return trouble / Math.max(1, health.throughput ?? 1);
    case undefined:
      return price ** 2 * Math.sqrt(1 + latency) * trouble;
  }
}

function reasonAgainst(offer: Offer, { wishes, healthOf, quantization, decimals }: RoutingOptions): string | undefined {
  if (wishes.only.length > 0 && !wishes.only.some((name) => isNamed(offer, name))) return "not in provider.only";
  if (wishes.ignore.some((name) => isNamed(offer, name))) return "in provider.ignore";
  if (wishes.quantizations.length > 0 && !wishes.quantizations.includes(quantization.toLowerCase())) {
    return `its weights are ${quantization}`;
  }
  const { prompt, completion } = wishes.maxPrice;
  if (prompt !== undefined && offer.inputPrice > smallestUnits(prompt, decimals)) return "above max_price.prompt";
  if (completion !== undefined && offer.outputPrice > smallestUnits(completion, decimals)) {
    return "above max_price.completion";
  }
  return healthOf(offer).usable ? undefined : "out of service after failures";
}

function isNamed(offer: Offer, name: string): boolean {
  return offer.provider.toLowerCase() === name || offer.name?.toLowerCase() === name;
}

/** Whole units of the asset in smallest ones, rounded down: a price must not exceed what was named. */
export function smallestUnits(whole: number, decimals: number): bigint {
  const exact = 9;
  const scaled = BigInt(Math.floor(whole * 10 ** exact + 1e-3));
  return decimals >= exact ? scaled * 10n ** BigInt(decimals - exact) : scaled / 10n ** BigInt(exact - decimals);
}
