import { badParameter } from "./apiFault.js";

/** What a client wishes of the provider, in the fields that OpenRouter names. */
export interface RoutingWishes {
  /** Providers to try first, in this order: owner addresses or names. */
  readonly order: readonly string[];
  /** No others than these; empty: any. */
  readonly only: readonly string[];
  readonly ignore: readonly string[];
  readonly sort: "price" | "latency" | "throughput" | undefined;
  /** Most for 1,000,000 units, in whole units of the settlement asset. */
  readonly maxPrice: { readonly prompt: number | undefined; readonly completion: number | undefined };
  /** Precisions of the weights; empty: any. */
  readonly quantizations: readonly string[];
  /** False: the first choice or nothing. */
  readonly allowFallbacks: boolean;
  /** True: a field that would be ignored is an error. */
  readonly requireParameters: boolean;
}

/** No wish at all. */
export const NO_WISHES: RoutingWishes = {
  order: [],
  only: [],
  ignore: [],
  sort: undefined,
  maxPrice: { prompt: undefined, completion: undefined },
  quantizations: [],
  allowFallbacks: true,
  requireParameters: false,
};

const SORTS: ReadonlySet<unknown> = new Set(["price", "latency", "throughput"]);
const KNOWN: ReadonlySet<string> = new Set([
  "order",
  "only",
  "ignore",
  "sort",
  "max_price",
  "quantizations",
  "allow_fallbacks",
  "require_parameters",
  "data_collection",
  "zdr",
]);

/**
 * Reads the field `provider` of a request. Hand-written, because it is on the way of every request.
 *
 * @throws AssayError with status 400 that names the field
 */
export function parseWishes(value: unknown): RoutingWishes {
  if (value === undefined || value === null) return NO_WISHES;
  if (typeof value !== "object" || Array.isArray(value)) throw badParameter("provider", "provider must be an object.");
  const fields = value as Record<string, unknown>;
  for (const key of Object.keys(fields)) {
    if (!KNOWN.has(key)) throw badParameter(`provider.${key}`, `provider.${key} is not known here.`);
  }
  return {
    order: names(fields["order"], "provider.order"),
    only: names(fields["only"], "provider.only"),
    ignore: names(fields["ignore"], "provider.ignore"),
    sort: sortOf(fields["sort"]),
    maxPrice: maxPriceOf(fields["max_price"]),
    quantizations: names(fields["quantizations"], "provider.quantizations"),
    allowFallbacks: flag(fields["allow_fallbacks"], "provider.allow_fallbacks", true),
    requireParameters: flag(fields["require_parameters"], "provider.require_parameters", false),
  };
}

/** Lower case, so that addresses match however they are written. */
function names(value: unknown, field: string): readonly string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) {
    return value.map((item: string) => item.toLowerCase());
  }
  throw badParameter(field, `${field} must be a list of texts.`);
}

function flag(value: unknown, field: string, otherwise: boolean): boolean {
  if (value === undefined || value === null) return otherwise;
  if (typeof value === "boolean") return value;
  throw badParameter(field, `${field} must be true or false.`);
}

function sortOf(value: unknown): RoutingWishes["sort"] {
  const sort: unknown = typeof value === "object" && value !== null && "by" in value ? value.by : value;
  if (sort === undefined || sort === null) return undefined;
  if (SORTS.has(sort)) return sort as RoutingWishes["sort"];
  throw badParameter("provider.sort", "provider.sort must be price, latency or throughput.");
}

function maxPriceOf(value: unknown): RoutingWishes["maxPrice"] {
  if (value === undefined || value === null) return NO_WISHES.maxPrice;
  if (typeof value !== "object") throw badParameter("provider.max_price", "provider.max_price must be an object.");
  const fields = value as Record<string, unknown>;
  return { prompt: price(fields["prompt"], "prompt"), completion: price(fields["completion"], "completion") };
}

function price(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number === "number" && Number.isFinite(number) && number >= 0) return number;
  throw badParameter(`provider.max_price.${name}`, `provider.max_price.${name} must be a number, 0 or more.`);
}
