const BIGINT = /^-?\d+n$/;

/** Text of a value for the journal. Bigints are kept as `123n`, so no stored text may look like that. */
export function toStored(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? `${item}n` : item));
}

/** Reads what {@link toStored} wrote; the caller knows what it was. */
export function fromStored(text: string): unknown {
  return JSON.parse(text, (_, item: unknown) =>
    typeof item === "string" && BIGINT.test(item) ? BigInt(item.slice(0, -1)) : item,
  );
}
