import { type Holding, redeemTokens, tokenAt } from "@assay/sdk";
import { useState } from "react";

import { Button, Empty, Facts, Field, Loading, Money, Panel, Problem, Tokens } from "../components/basics.js";
import { ChooseWallet, NeedsWallet } from "../components/WalletControls.js";
import { formatAmount, formatTokens, TOKEN_DECIMALS } from "../domain/amounts.js";
import { checkRedemption } from "../domain/checks.js";
import { paths } from "../domain/routes.js";
import { useActivity } from "../services/activity.js";
import { useAsset } from "../services/site.js";
import { useChainRead } from "../services/useChainRead.js";
import { useHoldings } from "../services/useRevenue.js";
import { useAccount } from "../services/wallet.js";

/** Least payment that is accepted, as a part of the expected one: others may redeem first. */
const LEAST_PERCENT = 99n;

/** Burning tokens for their share of the redemption pool, apart from claiming, with which people confuse it. */
export function RedeemPage({ offeringId }: { readonly offeringId: bigint }) {
  const account = useAccount();
  const { data: holdings, error } = useHoldings(account);
  const holding = holdings?.find((each) => each.offeringId === offeringId);
  return (
    <>
      <nav className="back" aria-label="Breadcrumb">
        <a href={paths.revenue}>← Revenue</a>
      </nav>
      <header className="page-head">
        <h1>Redeem tokens</h1>
      </header>
      {account === undefined && (
        <Empty title="Connect a wallet to redeem its tokens.">
          <ChooseWallet />
        </Empty>
      )}
      {account !== undefined &&
        holdings === undefined &&
        (error === undefined ? <Loading what="your holding" /> : <Problem error={error} />)}
      {holdings !== undefined && (holding === undefined || holding.balance === 0n) && (
        <Empty title="This account has no such tokens.">
          <p>
            <a href={paths.revenue}>Back to your revenue</a>
          </p>
        </Empty>
      )}
      {holding !== undefined && holding.balance > 0n && <Redeem holding={holding} />}
    </>
  );
}

function Redeem({ holding }: { readonly holding: Holding }) {
  const { symbol, name, balance, redeemable, claimable } = holding;
  return (
    <div className="narrow">
      <Panel title="This is not claiming" tone="warning">
        <p>
          Redeeming <strong>destroys</strong> your tokens for their share of the redemption pool. They are gone for
          good, and so is everything they would have earned later. There is no way back.
        </p>
        <p>
          To collect what your tokens have earned and keep them, <a href={paths.revenue}>claim instead</a>
          {claimable > 0n && (
            <>
              : <Money value={claimable} /> are waiting
            </>
          )}
          . What they have earned stays claimable after redeeming, too.
        </p>
      </Panel>
      <Panel title={name}>
        <Facts
          wide
          facts={[
            { term: "You hold", value: <Tokens value={balance} symbol={symbol} /> },
            { term: "All of it would pay", value: <Money value={redeemable} /> },
          ]}
        />
        <NeedsWallet to="redeem">
          <RedeemForm holding={holding} />
        </NeedsWallet>
      </Panel>
    </div>
  );
}

function RedeemForm({ holding: { token, symbol, balance } }: { readonly holding: Holding }) {
  const [text, setText] = useState("");
  const [understood, setUnderstood] = useState(false);
  const [tried, setTried] = useState(false);
  const asset = useAsset();
  const { busy, perform } = useActivity();
  const checked = checkRedemption(text, symbol, balance);
  const amount = "value" in checked ? checked.value : undefined;
  const problem = "problem" in checked && (tried || text !== "") ? checked.problem : undefined;
  const { data: expected } = useChainRead(
    `redeemable ${token} ${amount ?? ""}`,
    amount === undefined ? undefined : ({ contracts }) => tokenAt(contracts, token).redeemableOnBurn(amount),
  );
  const least = expected === undefined ? undefined : (expected * LEAST_PERCENT) / 100n;
  const money = (value: bigint): string => `${formatAmount(value, asset.decimals)} ${asset.symbol}`;

  const redeem = async (): Promise<void> => {
    setTried(true);
    if (amount === undefined || least === undefined || least === 0n || !understood) return;
    const done = await perform("Redeem tokens", async (context) => {
      const { burned, paid, transactionHash } = await redeemTokens(context, { token, amount, minOut: least });
      return {
        message: `${formatTokens(burned)} ${symbol} are burned; you got ${money(paid)}.`,
        hashes: [transactionHash],
      };
    });
    if (!done) return;
    setText("");
    setUnderstood(false);
    setTried(false);
  };
  return (
    <form
      className="form"
      aria-label="Redeem"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void redeem();
      }}
    >
      <Field
        label="Tokens to burn"
        inputMode="decimal"
        placeholder="0"
        unit={symbol}
        value={text}
        problem={expected === 0n ? "The redemption pool pays nothing for so few tokens now." : problem}
        hint={
          expected === undefined || least === undefined
            ? `At most ${formatTokens(balance, TOKEN_DECIMALS)} ${symbol}.`
            : `Pays ${money(expected)} now; less than ${money(least)} is not accepted.`
        }
        onChange={(event) => {
          setText(event.target.value);
          setUnderstood(false);
        }}
      />
      <label className="check">
        <input
          type="checkbox"
          checked={understood}
          aria-invalid={tried && !understood}
          onChange={(event) => {
            setUnderstood(event.target.checked);
          }}
        />
        <span>I understand that these tokens are destroyed and earn nothing any more.</span>
      </label>
      {tried && !understood && (
        <p className="problem-text" role="alert">
          Confirm that you understand this first.
        </p>
      )}
      <Button type="submit" look="danger" disabled={busy}>
        {amount === undefined || expected === undefined
          ? "Burn tokens"
          : `Burn ${formatTokens(amount)} ${symbol} for ${money(expected)}`}
      </Button>
    </form>
  );
}
