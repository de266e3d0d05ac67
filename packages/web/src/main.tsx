import "./styles/main.css";

import { type AssayError, toAssayError } from "@assay/sdk";
import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

import { loadSiteConfig, type SiteConfig } from "./adapters/siteConfig.js";
import { App } from "./App.js";
import { Problem } from "./components/basics.js";
import { ActivityProvider } from "./services/activity.js";
import { ChainProvider } from "./services/chain.js";
import { SiteProvider } from "./services/site.js";
import { WalletProvider } from "./services/wallet.js";

function Start() {
  const [site, setSite] = useState<SiteConfig>();
  const [error, setError] = useState<AssayError>();
  useEffect(() => {
    loadSiteConfig().then(setSite, (thrown: unknown) => {
      setError(toAssayError(thrown));
    });
  }, []);
  if (error !== undefined) {
    return (
      <main className="page">
        <h1>Assay</h1>
        <Problem error={error} />
      </main>
    );
  }
  if (site === undefined) return null;
  return (
    <SiteProvider site={site}>
      <ChainProvider>
        <WalletProvider>
          <ActivityProvider>
            <App />
          </ActivityProvider>
        </WalletProvider>
      </ChainProvider>
    </SiteProvider>
  );
}

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <Start />
    </StrictMode>,
  );
}
