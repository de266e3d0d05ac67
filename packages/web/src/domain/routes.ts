/** The pages, by the part of the address after `#`. */
export type Route =
  | { readonly page: "offerings" }
  | { readonly page: "offering"; readonly offeringId: bigint }
  | { readonly page: "revenue" }
  | { readonly page: "redeem"; readonly offeringId: bigint }
  | { readonly page: "unknown" };

export function parseRoute(hash: string): Route {
  const [, first = "", id = "", action = "", ...rest] = hash.replace(/^#/, "").replace(/\/$/, "").split("/");
  if (rest.length > 0) return { page: "unknown" };
  if ((first === "" || first === "offerings") && id === "") return { page: "offerings" };
  if (first === "revenue" && id === "") return { page: "revenue" };
  if (!/^[1-9]\d{0,18}$/.test(id)) return { page: "unknown" };
  const offeringId = BigInt(id);
  if (first === "offerings" && action === "") return { page: "offering", offeringId };
  if (first === "revenue" && action === "redeem") return { page: "redeem", offeringId };
  return { page: "unknown" };
}

export const paths = {
  offerings: "#/offerings",
  offering: (offeringId: bigint): string => `#/offerings/${offeringId}`,
  revenue: "#/revenue",
  redeem: (offeringId: bigint): string => `#/revenue/${offeringId}/redeem`,
} as const;

/** An address short enough for a line, long enough to be told from others. */
export function shortHex(value: string): string {
  return `${value.slice(0, 6)}…${value.slice(-4)}`;
}
