/** Keys of what the page remembers. */
type Key = "theme" | "wallet" | "coinPrice";

const name = (key: Key): string => `assay.${key}`;

/** What was remembered; undefined also where the browser forbids storage. */
export function recall(key: Key): string | undefined {
  try {
    return localStorage.getItem(name(key)) ?? undefined;
  } catch {
    return undefined;
  }
}

export function remember(key: Key, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(name(key));
    else localStorage.setItem(name(key), value);
  } catch {
    // The page works without; the choice is made anew next time.
  }
}
