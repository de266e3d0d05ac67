import { claimAllRevenue, type Holding, settleCommitment, trailingYieldBps } from "@assay/sdk";

import { Address, Button, Explain, Facts, Money, Tokens } from "../../components/basics.js";
import { formatAmount, formatBps, formatTokens } from "../../domain/amounts.js";
import { revenueAt, thousandthsIn } from "../../domain/liveRevenue.js";
import { paths } from "../../domain/routes.js";
import { DAY } from "../../domain/time.js";
import { useActivity } from "../../services/activity.js";
import { useClock } from "../../services/chain.js";
import { useAsset } from "../../services/site.js";
import type { History } from "../../services/useRevenue.js";
import { useWallets } from "../../services/wallet.js";
import { COUNTING, outcomeOf } from "./ClaimPanel.js";

interface HoldingCardProps {
  readonly account: string;
  readonly holding: Holding;
  readonly readAt: number;
  readonly history: History | undefined;
}

/** One token: what it earns, and what can be done with it. */
export function HoldingCard({ account, holding, readAt, history }: HoldingCardProps) {
  const now = useClock(COUNTING) ?? readAt;
  const { offeringId, name, symbol, modelId, balance, unsettled, payout, redeemable, accruing } = holding;
  const live = revenueAt(holding, readAt, now);
  const mine = history?.entries.filter(({ token }) => token === holding.token) ?? [];
  const claimed = mine.filter(({ kind }) => kind === "claimed").reduce((sum, { amount }) => sum + amount, 0n);
  const basis = history?.bases.get(offeringId);
  const trailing = (days: bigint): string =>
    basis === undefined
      ? "…"
      : formatBps(trailingYieldBps(mine, basis, { now: BigInt(Math.floor(now)), seconds: days * DAY }));
  return (
    <article className="card holding" aria-label={`${name} (${symbol})`}>
      <header className="card-head">
        <h2>
          {name} <span className="muted">{symbol}</span>
        </h2>
        <a href={paths.offering(offeringId)}>Model {String(modelId)}</a>
      </header>
      <p className="figure figure-small">
        <Money value={live.claimable} fixed />
      </p>
      <p className="muted">claimable now</p>
      {!accruing && <p className="note">This account has chosen not to earn with these tokens.</p>}
      <Facts
        facts={[
          { term: "You hold", value: <Tokens value={balance} symbol={symbol} /> },
          { term: "Streaming a day", value: <Money value={thousandthsIn(holding, DAY) / 1_000n} digits={2} /> },
          { term: "Lifetime claimed", value: <Money value={claimed} /> },
          {
            term: (
              <>
                Historical yield{" "}
                <Explain label="the historical yield">
                  What came in over the last 7 or 30 days, less the redeem share, per token that earns, against the sale
                  price. It looks back; it is no forecast.
                </Explain>
              </>
            ),
            value: (
              <>
                <span className="line">{trailing(7n)} in 7 d</span>
                <span className="line">{trailing(30n)} in 30 d</span>
              </>
            ),
          },
          { term: "Redemption value", value: <Money value={redeemable} digits={2} /> },
          ...(payout === account ? [] : [{ term: "Claims are paid to", value: <Address value={payout} /> }]),
        ]}
      />
      {unsettled > 0n && <Unsettled holding={holding} revenue={live.unsettled} />}
      <Actions holding={holding} />
    </article>
  );
}

function Unsettled({
  holding: { offeringId, unsettled, symbol },
  revenue,
}: {
  readonly holding: Holding;
  readonly revenue: bigint;
}) {
  const { busy, perform } = useActivity();
  const { connection, wrongNetwork } = useWallets();
  const asset = useAsset();
  const settle = async (): Promise<void> => {
    await perform(`Settle ${symbol}`, async (context) => {
      const { tokens, refund, transactionHash } = await settleCommitment(context, { offeringId });
      const back = refund === 0n ? "" : ` and ${formatAmount(refund, asset.decimals)} ${asset.symbol} back`;
      return { message: `You got ${formatTokens(tokens)} ${symbol}${back}.`, hashes: [transactionHash] };
    });
  };
  return (
    <div className="unsettled">
      <p>
        <Tokens value={unsettled} symbol={symbol} /> that you bought wait to be settled, with <Money value={revenue} />{" "}
        that they have earned.
      </p>
      <Button disabled={busy || connection === undefined || wrongNetwork} onClick={() => void settle()}>
        Settle
      </Button>
    </div>
  );
}

function Actions({ holding }: { readonly holding: Holding }) {
  const { busy, perform } = useActivity();
  const { connection, wrongNetwork } = useWallets();
  const asset = useAsset();
  const { symbol, token, claimable, balance, offeringId } = holding;
  const claim = async (): Promise<void> => {
    await perform(`Claim from ${symbol}`, async (context) =>
      outcomeOf(await claimAllRevenue(context, { tokens: [token] }), [holding], asset),
    );
  };
  return (
    <div className="card-actions">
      <Button
        disabled={busy || claimable === 0n || connection === undefined || wrongNetwork}
        onClick={() => void claim()}
        aria-label={`Claim from ${symbol}`}
      >
        Claim
      </Button>
      {balance > 0n && (
        <a className="quiet-link" href={paths.redeem(offeringId)}>
          Redeem tokens …
        </a>
      )}
    </div>
  );
}
