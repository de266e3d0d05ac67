import { type AllowlistProof, commitToOffering, type OfferingInfo, offeringContracts } from "@assay/sdk";
import { useState } from "react";

import { Button, Field, Loading } from "../../components/basics.js";
import { formatAmount, formatTokens } from "../../domain/amounts.js";
import { checkCommitment } from "../../domain/checks.js";
import { useActivity } from "../../services/activity.js";
import { useAsset } from "../../services/site.js";
import { useChainRead } from "../../services/useChainRead.js";

interface CommitFormProps {
  readonly offering: OfferingInfo;
  readonly now: bigint;
  /** The asset in the account's wallet; undefined until it was read. */
  readonly balance: bigint | undefined;
  readonly allowed: AllowlistProof | undefined;
}

export function CommitForm({ offering, now, balance, allowed }: CommitFormProps) {
  const [text, setText] = useState("");
  const [tried, setTried] = useState(false);
  const asset = useAsset();
  const { busy, perform } = useActivity();
  if (balance === undefined) return <Loading what="your balance" />;
  const checked = checkCommitment(text, offering, {
    unit: asset,
    balance,
    now,
    ...(allowed !== undefined && { allowed }),
  });
  const amount = "value" in checked ? checked.value : undefined;
  // An empty field is no mistake before somebody tries to send it.
  const problem = "problem" in checked && (tried || text !== "") ? checked.problem : undefined;
  const room = allowed === undefined ? balance : lesser(balance, allowed.cap - offering.own);

  const commit = async (): Promise<void> => {
    setTried(true);
    if (amount === undefined) return;
    const { offeringId } = offering;
    const done = await perform("Commit to the offering", async (context) => {
      const landed = await commitToOffering(context, { offeringId, amount, ...(allowed !== undefined && { allowed }) });
      return {
        message: `You committed ${formatAmount(landed.amount, asset.decimals)} ${asset.symbol}.`,
        hashes: [landed.transactionHash],
      };
    });
    if (!done) return;
    setText("");
    setTried(false);
  };
  return (
    <form
      className="form"
      aria-label="Commit"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void commit();
      }}
    >
      <Field
        label="Amount to commit"
        inputMode="decimal"
        placeholder="0.00"
        unit={asset.symbol}
        value={text}
        problem={problem}
        hint={
          amount === undefined ? (
            `Your wallet holds ${formatAmount(balance, asset.decimals)} ${asset.symbol}.`
          ) : (
            <Preview offering={offering} amount={amount} />
          )
        }
        onChange={(event) => {
          setText(event.target.value);
        }}
        action={
          <Button
            disabled={room <= 0n}
            onClick={() => {
              setText(formatAmount(room, asset.decimals).replaceAll(",", ""));
            }}
          >
            Max
          </Button>
        }
      />
      <Button type="submit" look="main" disabled={busy}>
        Commit
      </Button>
      <p className="note">One signature and one transaction, if the asset has permits; otherwise an approval first.</p>
    </form>
  );
}

const lesser = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** What the commitment would bring, as the contract computes it. */
function Preview({ offering, amount }: { readonly offering: OfferingInfo; readonly amount: bigint }) {
  const { decimals, symbol } = useAsset();
  const { offeringId, own, committed, terms } = offering;
  const total = committed + amount;
  const { data } = useChainRead(`allocation ${offeringId} ${own + amount} ${total}`, async ({ contracts }) => {
    const { offering: contract } = await offeringContracts(contracts, offeringId);
    const { tokens, refund } = await contract.allocation(own + amount, total);
    return { tokens, refund };
  });
  if (total < terms.softCap) return <>With this, the soft cap would not be met: if it closed now, all comes back.</>;
  if (data === undefined) return <>Computing your allocation …</>;
  const back = data.refund === 0n ? "" : `, and ${formatAmount(data.refund, decimals)} ${symbol} back`;
  return (
    <>
      If it closed now, all your commitments would bring {formatTokens(data.tokens)} {offering.symbol}
      {back}.
    </>
  );
}
