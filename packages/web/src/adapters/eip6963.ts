/** What a wallet offers a page (EIP-1193). */
export interface WalletProvider {
  request(call: { readonly method: string; readonly params?: readonly unknown[] }): Promise<unknown>;
  on?(event: string, listener: (value: unknown) => void): void;
  removeListener?(event: string, listener: (value: unknown) => void): void;
}

/** A wallet that has announced itself (EIP-6963). */
export interface Wallet {
  readonly id: string;
  /** Reverse domain name: the same wallet on every visit. */
  readonly rdns: string;
  readonly name: string;
  /** Data URI. */
  readonly icon: string;
  readonly provider: WalletProvider;
}

interface Announcement {
  readonly info: { readonly uuid: string; readonly rdns: string; readonly name: string; readonly icon: string };
  readonly provider: WalletProvider;
}

function isAnnouncement(value: unknown): value is Announcement {
  if (typeof value !== "object" || value === null || !("info" in value) || !("provider" in value)) return false;
  const { info, provider } = value;
  if (typeof info !== "object" || info === null || typeof provider !== "object" || provider === null) return false;
  const texts = ["uuid", "rdns", "name", "icon"].every(
    (key) => typeof (info as Record<string, unknown>)[key] === "string",
  );
  return texts && "request" in provider && typeof provider.request === "function";
}

/**
 * Calls back with every wallet that the browser has, as they announce themselves.
 *
 * @returns ends the discovery
 */
export function discoverWallets(found: (wallet: Wallet) => void): () => void {
  const listen = (event: Event): void => {
    const detail: unknown = event instanceof CustomEvent ? event.detail : undefined;
    if (!isAnnouncement(detail)) return;
    const { info, provider } = detail;
    // Only pictures that the announcement itself holds: the page fetches nothing for a wallet.
    const icon = info.icon.startsWith("data:image/") ? info.icon : "";
    found({ id: info.uuid, rdns: info.rdns, name: info.name, icon, provider });
  };
  window.addEventListener("eip6963:announceProvider", listen);
  window.dispatchEvent(new Event("eip6963:requestProvider"));
  return () => {
    window.removeEventListener("eip6963:announceProvider", listen);
  };
}
