import { getOfferings, type OfferingInfo } from "@assay/sdk";

import { Empty, Loading, Money, Problem, Tokens } from "../components/basics.js";
import { PhaseBadge, TimeLeft } from "../components/PhaseBadge.js";
import { RaiseBar } from "../components/RaiseBar.js";
import { paths } from "../domain/routes.js";
import { useClock } from "../services/chain.js";
import { useChainRead } from "../services/useChainRead.js";
import { useAccount } from "../services/wallet.js";

/** All offerings of the deployment, the newest first. */
export function OfferingsPage() {
  const account = useAccount();
  const { data, error } = useChainRead(`offerings ${account ?? ""}`, (context) =>
    getOfferings(context, account === undefined ? {} : { account }),
  );
  const now = useClock();
  return (
    <>
      <header className="page-head">
        <h1>Offerings</h1>
        <p>
          Each sells a share of one model&apos;s future royalties. The price is fixed; who commits first gains nothing.
        </p>
      </header>
      {data === undefined && (error === undefined ? <Loading what="the offerings" /> : <Problem error={error} />)}
      {data?.length === 0 && (
        <Empty title="There are no offerings yet.">
          <p>When a model&apos;s owner makes one, it appears here.</p>
        </Empty>
      )}
      {data !== undefined && now !== undefined && (
        <ul className="cards">
          {data.toReversed().map((offering) => (
            <li key={String(offering.offeringId)}>
              <OfferingCard offering={offering} now={BigInt(Math.floor(now))} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function OfferingCard({ offering, now }: { readonly offering: OfferingInfo; readonly now: bigint }) {
  const { offeringId, name, symbol, modelId, terms, committed, own, phase } = offering;
  return (
    <article className="card">
      <header className="card-head">
        <h2>
          <a className="card-link" href={paths.offering(offeringId)}>
            {name}
          </a>
        </h2>
        <PhaseBadge offering={offering} now={now} />
      </header>
      <p className="card-line">
        {symbol}, model {String(modelId)}
      </p>
      <RaiseBar committed={committed} softCap={terms.softCap} hardCap={terms.hardCap} small />
      <p className="card-figures">
        <span>
          <strong>
            <Money value={committed} digits={2} />
          </strong>{" "}
          of <Money value={terms.hardCap} digits={2} />
        </span>
        <TimeLeft offering={offering} now={now} />
      </p>
      <p className="card-line">
        {phase === "Succeeded" || phase === "Failed" ? "Were on sale" : "On sale"}:{" "}
        <Tokens value={terms.saleSupply} symbol={symbol} />
        {own > 0n && (
          <>
            {" · "}you committed <Money value={own} />
          </>
        )}
      </p>
    </article>
  );
}
