import {
  type AllowlistProof,
  finalizeOffering,
  getBalances,
  type OfferingInfo,
  refundCommitment,
  settleCommitment,
} from "@assay/sdk";
import { useState } from "react";

import { Button, Facts, Money, Panel, Tokens } from "../../components/basics.js";
import { NeedsWallet } from "../../components/WalletControls.js";
import { formatAmount, formatTokens } from "../../domain/amounts.js";
import { phaseNow } from "../../domain/phases.js";
import { paths } from "../../domain/routes.js";
import { useActivity } from "../../services/activity.js";
import { useAsset } from "../../services/site.js";
import { useChainRead } from "../../services/useChainRead.js";
import { useAccount } from "../../services/wallet.js";
import { AllowlistForm } from "./AllowlistForm.js";
import { CommitForm } from "./CommitForm.js";
import { WithdrawForm } from "./WithdrawForm.js";

interface BuyerProps {
  readonly offering: OfferingInfo;
  readonly now: bigint;
}

/** What the connected account has in the offering, and all that it can do now. */
export function BuyerPanel({ offering, now }: BuyerProps) {
  const { phase } = phaseNow(offering, now);
  const account = useAccount();
  return (
    <Panel title={account === undefined ? "Take part" : "Your part"}>
      <NeedsWallet to={phase === "Open" ? "commit" : "see your part and act on it"}>
        <Part offering={offering} />
        {phase === "Scheduled" && <p>Commitments open with the offering.</p>}
        {phase === "Open" && account !== undefined && <OpenForms offering={offering} now={now} account={account} />}
        {phase === "Ended" && <Finalize offering={offering} />}
        {phase === "Succeeded" && <Settle offering={offering} />}
        {phase === "Failed" && <Refund offering={offering} />}
      </NeedsWallet>
    </Panel>
  );
}

function Part({ offering: { own, tokens, refund, symbol, phase } }: { readonly offering: OfferingInfo }) {
  const decided = phase === "Succeeded" || phase === "Failed";
  if (own === 0n) {
    return <p className="muted">{decided ? "Nothing of yours is waiting here." : "You have committed nothing yet."}</p>;
  }
  return (
    <Facts
      wide
      facts={[
        { term: "Your commitment", value: <Money value={own} /> },
        {
          term: decided ? "Your tokens" : "Your allocation if it closed now",
          value: <Tokens value={tokens} symbol={symbol} />,
        },
        { term: decided ? "Your refund" : "Your refund if it closed now", value: <Money value={refund} /> },
      ]}
    />
  );
}

function OpenForms({ offering, now, account }: BuyerProps & { readonly account: string }) {
  const [allowed, setAllowed] = useState<AllowlistProof>();
  const { data: balances } = useChainRead(`balances ${account}`, (context) => getBalances(context, { account }));
  const restricted = BigInt(offering.terms.allowlistRoot) !== 0n;
  return (
    <>
      {restricted && (
        <AllowlistForm
          key={account}
          root={offering.terms.allowlistRoot}
          account={account}
          allowed={allowed}
          onAllowed={setAllowed}
        />
      )}
      {(!restricted || allowed !== undefined) && (
        <CommitForm offering={offering} now={now} balance={balances?.wallet} allowed={allowed} />
      )}
      {offering.own > 0n && <WithdrawForm offering={offering} now={now} />}
    </>
  );
}

function Finalize({ offering: { offeringId } }: { readonly offering: OfferingInfo }) {
  const { busy, perform } = useActivity();
  const { decimals, symbol } = useAsset();
  const finalize = async (): Promise<void> => {
    await perform("Finalize the offering", async (context) => {
      const { succeeded, raised, transactionHash } = await finalizeOffering(context, { offeringId });
      const sum = `${formatAmount(raised, decimals)} ${symbol}`;
      return {
        message: succeeded
          ? `The offering succeeded with ${sum}.`
          : `The offering failed with ${sum}: refunds are open.`,
        hashes: [transactionHash],
      };
    });
  };
  return (
    <div className="form">
      <p>Anyone may finalize. It decides the offering by what was committed, and nothing else can change that.</p>
      <Button look="main" disabled={busy} onClick={() => void finalize()}>
        Finalize
      </Button>
    </div>
  );
}

function Settle({ offering: { offeringId, own, symbol } }: { readonly offering: OfferingInfo }) {
  const { busy, perform } = useActivity();
  const asset = useAsset();
  if (own === 0n) {
    return (
      <p>
        Tokens you hold earn revenue: see <a href={paths.revenue}>your revenue</a>.
      </p>
    );
  }
  const settle = async (): Promise<void> => {
    await perform("Settle your commitment", async (context) => {
      const { tokens, refund, transactionHash } = await settleCommitment(context, { offeringId });
      const back = refund === 0n ? "" : ` and ${formatAmount(refund, asset.decimals)} ${asset.symbol} back`;
      return { message: `You got ${formatTokens(tokens)} ${symbol}${back}.`, hashes: [transactionHash] };
    });
  };
  return (
    <div className="form">
      <p>Your tokens have earned since the sale, settled or not. Settling hands them, and what they earned, to you.</p>
      <Button look="main" disabled={busy} onClick={() => void settle()}>
        Settle
      </Button>
    </div>
  );
}

function Refund({ offering: { offeringId, own } }: { readonly offering: OfferingInfo }) {
  const { busy, perform } = useActivity();
  const { decimals, symbol } = useAsset();
  if (own === 0n) return null;
  const refund = async (): Promise<void> => {
    await perform("Take your refund", async (context) => {
      const { amount, transactionHash } = await refundCommitment(context, { offeringId });
      return { message: `You got ${formatAmount(amount, decimals)} ${symbol} back.`, hashes: [transactionHash] };
    });
  };
  return (
    <div className="form">
      <p>All of your commitment comes back. The issuer cannot keep it from you.</p>
      <Button look="main" disabled={busy} onClick={() => void refund()}>
        Take refund
      </Button>
    </div>
  );
}
