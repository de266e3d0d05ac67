import { useEffect, useRef } from "react";

import { ActivityBar } from "./components/ActivityBar.js";
import { Button } from "./components/basics.js";
import { ChainBanner } from "./components/ChainBanner.js";
import { NetworkBanner, WalletButton, WalletPicker } from "./components/WalletControls.js";
import { paths, type Route } from "./domain/routes.js";
import { OfferingPage } from "./pages/OfferingPage.js";
import { OfferingsPage } from "./pages/OfferingsPage.js";
import { RedeemPage } from "./pages/RedeemPage.js";
import { RevenuePage } from "./pages/RevenuePage.js";
import { useChain } from "./services/chain.js";
import { useSite } from "./services/site.js";
import { useRoute } from "./services/useRoute.js";
import { useTheme } from "./services/useTheme.js";

export function App() {
  const route = useRoute();
  const { deployment } = useSite();
  const { problem, head } = useChain();
  const { theme, toggle } = useTheme();
  const main = usePageFocus(route);
  return (
    <>
      <a
        className="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the content
      </a>
      <header className="top">
        <div className="top-row">
          <a className="brand" href={paths.offerings}>
            Assay
          </a>
          <nav className="top-nav" aria-label="Pages">
            <NavLink href={paths.offerings} current={route.page === "offerings" || route.page === "offering"}>
              Offerings
            </NavLink>
            <NavLink href={paths.revenue} current={route.page === "revenue" || route.page === "redeem"}>
              Revenue
            </NavLink>
          </nav>
          <div className="top-tools">
            <span className="network" title={head === undefined ? "" : `Block ${head.number}`}>
              <span className={problem === undefined ? "dot" : "dot dot-down"} aria-hidden="true" />
              <span className="network-name">
                {deployment.network}
                {problem !== undefined && <span className="sr-only"> is down</span>}
              </span>
            </span>
            <Button onClick={toggle} aria-label={theme === "dark" ? "Use light colours" : "Use dark colours"}>
              <span aria-hidden="true">{theme === "dark" ? "☀" : "☾"}</span>
            </Button>
            <WalletButton />
          </div>
        </div>
      </header>
      <ChainBanner />
      <NetworkBanner />
      <main id="main" ref={main} tabIndex={-1} className={problem === undefined ? "page" : "page page-stale"}>
        <Page route={route} />
      </main>
      <ActivityBar />
      <WalletPicker />
    </>
  );
}

function NavLink({
  href,
  current,
  children,
}: {
  readonly href: string;
  readonly current: boolean;
  readonly children: string;
}) {
  return (
    <a href={href} aria-current={current ? "page" : undefined}>
      {children}
    </a>
  );
}

function Page({ route }: { readonly route: Route }) {
  switch (route.page) {
    case "offerings":
      return <OfferingsPage />;
    case "offering":
      return <OfferingPage key={String(route.offeringId)} offeringId={route.offeringId} />;
    case "revenue":
      return <RevenuePage />;
    case "redeem":
      return <RedeemPage key={String(route.offeringId)} offeringId={route.offeringId} />;
    case "unknown":
      return (
        <>
          <h1>There is no such page</h1>
          <p>
            Go to the <a href={paths.offerings}>offerings</a> or to <a href={paths.revenue}>your revenue</a>.
          </p>
        </>
      );
  }
}

const TITLES: Readonly<Record<Route["page"], string>> = {
  offerings: "Offerings",
  offering: "Offering",
  revenue: "Revenue",
  redeem: "Redeem tokens",
  unknown: "Not found",
};

/** Brings keyboard and screen reader to the new page's content, as a page load would. */
function usePageFocus(route: Route): React.RefObject<HTMLElement | null> {
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const key = "offeringId" in route ? `${route.page} ${route.offeringId}` : route.page;
  useEffect(() => {
    document.title = `${TITLES[route.page]} · Assay`;
    if (!first.current) {
      main.current?.focus();
      window.scrollTo(0, 0);
    }
    first.current = false;
  }, [key, route.page]);
  return main;
}
