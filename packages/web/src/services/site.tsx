import { createContext, type ReactNode, use } from "react";

import type { SiteConfig } from "../adapters/siteConfig.js";

const SiteContext = createContext<SiteConfig | undefined>(undefined);

export function SiteProvider({ site, children }: { readonly site: SiteConfig; readonly children: ReactNode }) {
  return <SiteContext value={site}>{children}</SiteContext>;
}

/** A context's value, in a component that is always rendered inside its provider. */
export function required<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError("rendered outside its provider");
  return value;
}

export function useSite(): SiteConfig {
  return required(use(SiteContext));
}

/** The settlement asset. */
export function useAsset(): SiteConfig["deployment"]["asset"] {
  return useSite().deployment.asset;
}
