import { type AllRevenueClaimed, claimAllRevenue, estimateClaimCost, type Holding } from "@assay/sdk";
import { useState } from "react";

import { Button, Explain, Facts, Field, Money, Panel, Quantity } from "../../components/basics.js";
import { NeedsWallet } from "../../components/WalletControls.js";
import { formatAmount } from "../../domain/amounts.js";
import { checkRecipient } from "../../domain/checks.js";
import { revenueAt, thousandthsIn } from "../../domain/liveRevenue.js";
import { DAY } from "../../domain/time.js";
import { type Outcome, useActivity } from "../../services/activity.js";
import { useClock } from "../../services/chain.js";
import { useAsset } from "../../services/site.js";
import type { History } from "../../services/useRevenue.js";
import { ClaimCost } from "./ClaimCost.js";

/** Milliseconds between two steps of the growing numbers; slow where the reader wants little motion. */
export const COUNTING = matchMedia("(prefers-reduced-motion: reduce)").matches ? 5_000 : 200;

interface ClaimPanelProps {
  readonly account: string;
  readonly holdings: readonly Holding[];
  readonly readAt: number;
  readonly history: History | undefined;
}

/** All tokens together: what can be claimed now, and claiming it. */
export function ClaimPanel({ account, holdings, readAt, history }: ClaimPanelProps) {
  const asset = useAsset();
  const now = useClock(COUNTING) ?? readAt;
  const claimable = holdings.reduce((sum, each) => sum + revenueAt(each, readAt, now).claimable, 0n);
  const perSecond = holdings.reduce((sum, { ratePerSecond }) => sum + ratePerSecond, 0n);
  const claimed = history?.entries
    .filter(({ kind }) => kind === "claimed")
    .reduce((sum, { amount }) => sum + amount, 0n);
  const claims = holdings.filter((each) => each.claimable > 0n);
  return (
    <Panel title="All tokens">
      <div className="claim-head">
        <div>
          <p className="figure" data-testid="claimable">
            <Money value={claimable} fixed />
          </p>
          <p className="muted">claimable now</p>
        </div>
        <Facts
          wide
          facts={[
            {
              term: "Streaming a day",
              value: <Money value={thousandthsIn({ ratePerSecond: perSecond }, DAY) / 1_000n} digits={2} />,
            },
            {
              term: (
                <>
                  Streaming a second{" "}
                  <Explain label="the streaming rate">
                    Revenue of one epoch streams evenly over the next one. The rate is that of the present epoch, for
                    your settled and unsettled tokens; the next epoch has another one.
                  </Explain>
                </>
              ),
              value: (
                <Quantity unit={`${asset.symbol}/s`}>
                  {formatAmount(thousandthsIn({ ratePerSecond: perSecond }, 1n), asset.decimals + 3)}
                </Quantity>
              ),
            },
            { term: "Lifetime claimed", value: claimed === undefined ? "…" : <Money value={claimed} /> },
          ]}
        />
      </div>
      <NeedsWallet to="claim">
        <ClaimForm account={account} claims={claims} claimable={claimable} />
      </NeedsWallet>
    </Panel>
  );
}

function ClaimForm({
  account,
  claims,
  claimable,
}: {
  readonly account: string;
  readonly claims: readonly Holding[];
  readonly claimable: bigint;
}) {
  const [elsewhere, setElsewhere] = useState(false);
  const [text, setText] = useState("");
  const [confirmed, setConfirmed] = useState(false);
  const [tried, setTried] = useState(false);
  const asset = useAsset();
  const { busy, perform } = useActivity();
  const tokens = claims.map(({ token }) => token);
  const checked = checkRecipient(text, tokens);
  const recipient = elsewhere && "value" in checked ? checked.value : undefined;
  const problem = "problem" in checked && (tried || text !== "") ? checked.problem : undefined;

  const claim = async (): Promise<void> => {
    setTried(true);
    if (elsewhere && (recipient === undefined || !confirmed)) return;
    await perform(elsewhere ? "Claim to another address" : "Claim your revenue", async (context) =>
      outcomeOf(
        await claimAllRevenue(context, { tokens, ...(recipient !== undefined && { recipient }) }),
        claims,
        asset,
      ),
    );
    setConfirmed(false);
  };
  return (
    <form
      className="form claim-form"
      aria-label="Claim"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void claim();
      }}
    >
      <label className="check">
        <input
          type="checkbox"
          checked={elsewhere}
          onChange={(event) => {
            setElsewhere(event.target.checked);
            setTried(false);
          }}
        />
        <span>Pay it to another address</span>
      </label>
      {elsewhere && (
        <>
          <Field
            label="Recipient"
            placeholder="0x…"
            value={text}
            problem={problem}
            hint={
              claims.length > 1
                ? "Each token pays in a transaction of its own: nobody else may redirect your revenue."
                : "The revenue goes there once; later claims go to you again."
            }
            onChange={(event) => {
              setText(event.target.value);
              setConfirmed(false);
            }}
          />
          {recipient !== undefined && (
            <label className="check">
              <input
                type="checkbox"
                checked={confirmed}
                aria-invalid={tried && !confirmed}
                onChange={(event) => {
                  setConfirmed(event.target.checked);
                }}
              />
              <span>
                I control <code className="whole-address">{recipient}</code> on this network. What is sent to a wrong
                address is lost.
              </span>
            </label>
          )}
          {tried && recipient !== undefined && !confirmed && (
            <p className="problem-text" role="alert">
              Confirm the address first.
            </p>
          )}
        </>
      )}
      {claims.length > 0 && (
        <ClaimCost
          amount={claimable}
          cost={(context) =>
            estimateClaimCost(context, { account, tokens, ...(recipient !== undefined && { recipient }) })
          }
          id={`${account} ${tokens.join()} ${recipient ?? ""}`}
        />
      )}
      <Button type="submit" look="main" disabled={busy || claims.length === 0}>
        {claims.length === 0
          ? "Nothing to claim yet"
          : claims.length === 1
            ? "Claim"
            : `Claim all (${claims.length} tokens)`}
      </Button>
    </form>
  );
}

/** What happened, token by token: one that fails keeps no other from paying. */
export function outcomeOf(
  { total, claims, transactions }: AllRevenueClaimed,
  holdings: readonly Holding[],
  { decimals, symbol }: { readonly decimals: number; readonly symbol: string },
): Outcome {
  const names = new Map(holdings.map((each) => [each.token, each.symbol]));
  const failed = claims.filter(({ error }) => error !== undefined);
  const [only] = claims;
  if (failed.length === claims.length && only?.error !== undefined) throw only.error;
  const say = (amount: bigint): string => `${formatAmount(amount, decimals)} ${symbol}`;
  return {
    message:
      failed.length === 0
        ? `You claimed ${say(total)}.`
        : `You claimed ${say(total)}; ${failed.length} of ${claims.length} tokens failed.`,
    hashes: transactions,
    details: claims.map(({ token, amount, error }) => {
      const name = names.get(token) ?? token;
      return error === undefined ? `${name}: ${say(amount)}` : `${name}: failed. ${error.message} ${error.hint ?? ""}`;
    }),
  };
}
