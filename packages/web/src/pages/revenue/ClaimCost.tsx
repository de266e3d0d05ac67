import type { ClaimCost as Cost, ReadContext } from "@assay/sdk";
import { useState } from "react";

import { recall, remember } from "../../adapters/storage.js";
import { Field } from "../../components/basics.js";
import { parseAmount } from "../../domain/amounts.js";
import { feeVerdict } from "../../domain/feeWorth.js";
import { useAsset, useSite } from "../../services/site.js";
import { useChainRead } from "../../services/useChainRead.js";

/** Blocks between two estimates. */
const RARELY = 5;

/** What the claim costs against what it brings: is it worth it? */
export function ClaimCost({
  amount,
  cost,
  id,
}: {
  readonly amount: bigint;
  readonly cost: (context: ReadContext) => Promise<Cost>;
  readonly id: string;
}) {
  const { decimals, symbol } = useAsset();
  const { coin } = useSite();
  const [text, setText] = useState(recall("coinPrice") ?? "");
  const { data } = useChainRead(`cost ${id}`, cost, RARELY);
  const price = parseAmount(text, decimals, symbol);
  const known = "value" in price ? { price: price.value } : {};
  return (
    <details className="more">
      <summary>
        {data === undefined
          ? "Estimating gas …"
          : feeVerdict({ amount, fee: data.fee, ...known }, { decimals, symbol, coin })}
      </summary>
      <Field
        label={`Price of 1 ${coin}, to compare with`}
        inputMode="decimal"
        unit={symbol}
        value={text}
        hint="This page asks no price service. The number stays in your browser."
        problem={text !== "" && "problem" in price ? price.problem : undefined}
        onChange={(event) => {
          setText(event.target.value);
          remember("coinPrice", event.target.value === "" ? undefined : event.target.value);
        }}
      />
    </details>
  );
}
