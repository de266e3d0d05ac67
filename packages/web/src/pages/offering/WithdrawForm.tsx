import { type OfferingInfo, withdrawCommitment } from "@assay/sdk";
import { useState } from "react";

import { Button, Field } from "../../components/basics.js";
import { formatAmount } from "../../domain/amounts.js";
import { checkWithdrawal } from "../../domain/checks.js";
import { phaseNow } from "../../domain/phases.js";
import { formatDuration } from "../../domain/time.js";
import { useActivity } from "../../services/activity.js";
import { useAsset } from "../../services/site.js";

export function WithdrawForm({ offering, now }: { readonly offering: OfferingInfo; readonly now: bigint }) {
  const [text, setText] = useState("");
  const [tried, setTried] = useState(false);
  const asset = useAsset();
  const { busy, perform } = useActivity();
  const { offeringId, own, terms } = offering;
  if (!phaseNow(offering, now).withdrawable) {
    return <p className="note">Commitments are final now, until the offering is decided.</p>;
  }
  const checked = checkWithdrawal(text, offering, asset, now);
  const problem = "problem" in checked && (tried || text !== "") ? checked.problem : undefined;
  const withdraw = async (): Promise<void> => {
    setTried(true);
    if ("problem" in checked) return;
    const done = await perform("Withdraw from the offering", async (context) => {
      const { amount, transactionHash } = await withdrawCommitment(context, { offeringId, amount: checked.value });
      return {
        message: `You took back ${formatAmount(amount, asset.decimals)} ${asset.symbol}.`,
        hashes: [transactionHash],
      };
    });
    if (!done) return;
    setText("");
    setTried(false);
  };
  return (
    <details className="more">
      <summary>Take part of it back</summary>
      <form
        className="form"
        aria-label="Withdraw"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void withdraw();
        }}
      >
        <Field
          label="Amount to withdraw"
          inputMode="decimal"
          placeholder="0.00"
          unit={asset.symbol}
          value={text}
          problem={problem}
          hint={`Possible for another ${formatDuration(terms.withdrawableUntil - now)}.`}
          onChange={(event) => {
            setText(event.target.value);
          }}
          action={
            <Button
              onClick={() => {
                setText(formatAmount(own, asset.decimals).replaceAll(",", ""));
              }}
            >
              All
            </Button>
          }
        />
        <Button type="submit" disabled={busy}>
          Withdraw
        </Button>
      </form>
    </details>
  );
}
