import { getOffering, getOfferingDetails, type OfferingDetails, type OfferingInfo } from "@assay/sdk";
import { ZeroAddress } from "ethers";

import { Address, Facts, Loading, Money, Panel, Problem, Time, Tokens } from "../components/basics.js";
import { PhaseBadge, TimeLeft } from "../components/PhaseBadge.js";
import { RaiseBar } from "../components/RaiseBar.js";
import { VestingChart } from "../components/VestingChart.js";
import { formatAmount, formatBps, formatTokens, TOKEN_DECIMALS } from "../domain/amounts.js";
import { PHASE_WORDS, phaseNow } from "../domain/phases.js";
import { paths } from "../domain/routes.js";
import { formatDuration } from "../domain/time.js";
import { useClock } from "../services/chain.js";
import { useAsset } from "../services/site.js";
import { useChainRead } from "../services/useChainRead.js";
import { useAccount } from "../services/wallet.js";
import { BuyerPanel } from "./offering/BuyerPanel.js";
import { IssuerPanel } from "./offering/IssuerPanel.js";

/** Blocks between two reads of what changes rarely. */
const RARELY = 5;

export function OfferingPage({ offeringId }: { readonly offeringId: bigint }) {
  const account = useAccount();
  const { data: offering, error } = useChainRead(`offering ${offeringId} ${account ?? ""}`, (context) =>
    getOffering(context, { offeringId, ...(account !== undefined && { account }) }),
  );
  const { data: details } = useChainRead(
    `details ${offeringId}`,
    (context) => getOfferingDetails(context, { offeringId }),
    RARELY,
  );
  const clock = useClock();
  if (offering === undefined || clock === undefined) {
    return error === undefined ? <Loading what="the offering" /> : <Missing error={error} />;
  }
  const now = BigInt(Math.floor(clock));
  const { phase } = phaseNow(offering, now);
  const { name, symbol, modelId, terms, committed } = offering;
  return (
    <>
      <nav className="back" aria-label="Breadcrumb">
        <a href={paths.offerings}>← All offerings</a>
      </nav>
      <header className="page-head page-head-row">
        <div>
          <h1>
            {name} <span className="muted">{symbol}</span>
          </h1>
          <p>{PHASE_WORDS[phase]}</p>
        </div>
        <p className="phase-line">
          <PhaseBadge offering={offering} now={now} />
          <TimeLeft offering={offering} now={now} />
        </p>
      </header>
      <div className="columns">
        <div className="column">
          <Panel title="Raised">
            <p className="figure">
              <Money value={committed} digits={2} />
            </p>
            <RaiseBar committed={committed} softCap={terms.softCap} hardCap={terms.hardCap} />
            <p className="note">{raisedInWords(offering)}</p>
          </Panel>
          <Terms offering={offering} details={details} modelId={modelId} />
          {details?.vesting !== undefined && (
            <Panel title="Team vesting">
              <VestingChart vesting={details.vesting} symbol={symbol} now={now} />
            </Panel>
          )}
        </div>
        <div className="column">
          <BuyerPanel offering={offering} now={now} />
          {account === terms.issuer && <IssuerPanel offering={offering} details={details} />}
        </div>
      </div>
    </>
  );
}

function Missing({ error }: { readonly error: NonNullable<ReturnType<typeof useChainRead>["error"]> }) {
  return (
    <>
      <nav className="back" aria-label="Breadcrumb">
        <a href={paths.offerings}>← All offerings</a>
      </nav>
      <h1>Offering</h1>
      <Problem error={error} />
    </>
  );
}

function raisedInWords({ committed, terms: { softCap, hardCap } }: OfferingInfo): string {
  if (committed < softCap) return "The soft cap is not met yet: below it, everybody gets everything back.";
  if (committed <= hardCap) return "The soft cap is met.";
  return "More is committed than the hard cap: everybody gets the same part of what they asked for, and the rest back.";
}

function Terms({
  offering: { terms, symbol, supply, token, issuer, phase },
  details,
  modelId,
}: {
  readonly offering: OfferingInfo;
  readonly details: OfferingDetails | undefined;
  readonly modelId: bigint;
}) {
  const asset = useAsset();
  const price = (terms.hardCap * 10n ** BigInt(TOKEN_DECIMALS)) / terms.saleSupply;
  const decided = phase === "Succeeded" || phase === "Failed";
  const share = (terms.saleSupply * 10_000n) / (supply === 0n ? 1n : supply);
  return (
    <Panel title="Terms">
      <p>
        {formatTokens(terms.saleSupply)} {symbol} {decided ? "were" : "are"} on sale for{" "}
        {formatAmount(terms.hardCap, asset.decimals)} {asset.symbol}. Each token earns its part of the royalties of
        model {String(modelId)}
        {details !== undefined &&
          `, paid out evenly over ${formatDuration(details.epochLength)} after they arrive: ${formatBps(10_000n - details.redeemBps)} ` +
            `to holders as they hold, ${formatBps(details.redeemBps)} to a redemption pool that pays whoever burns tokens`}
        .
      </p>
      <Facts
        facts={[
          { term: "Price of a token", value: <Money value={price} /> },
          // What was not sold is burned at the end, so that the share would be another one then.
          ...(decided ? [] : [{ term: "On sale", value: `${formatBps(share)} of the supply` }]),
          { term: "Supply", value: <Tokens value={supply} symbol={symbol} /> },
          ...(details === undefined
            ? []
            : [
                { term: "Redeem share", value: formatBps(details.redeemBps) },
                { term: "Epoch", value: formatDuration(details.epochLength) },
                {
                  term: "Transfers",
                  value:
                    details.transferPolicy === ZeroAddress
                      ? "free after the sale"
                      : "restricted by the issuer's policy",
                },
              ]),
          {
            term: "Who may buy",
            value: BigInt(terms.allowlistRoot) === 0n ? "everybody" : "accounts on the allow-list",
          },
          { term: "Opens", value: <Time at={terms.opensAt} /> },
          { term: "Withdraw until", value: <Time at={terms.withdrawableUntil} /> },
          { term: "Closes", value: <Time at={terms.closesAt} /> },
          { term: "Finalize by", value: <Time at={terms.finalizableUntil} /> },
          { term: "Issuer", value: <Address value={issuer} /> },
          { term: "Token", value: <Address value={token} /> },
        ]}
      />
    </Panel>
  );
}
