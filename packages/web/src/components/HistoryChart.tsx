import { type RevenueEntry } from "@assay/sdk";
import { useState } from "react";

import { formatAmount } from "../domain/amounts.js";
import { bucketsOf } from "../domain/historyBuckets.js";
import { formatDuration, formatTime } from "../domain/time.js";
import { useAsset } from "../services/site.js";

const WIDTH = 640;
const HEIGHT = 140;
const GAP = 3;
const WIDEST_BAR = 48;

const KINDS = [
  { kind: "deposited", name: "Paid in for all holders" },
  { kind: "claimed", name: "Claimed by you" },
] as const;

/** Revenue over time, as bars; the table below holds the same numbers. */
export function HistoryChart({ entries, now }: { readonly entries: readonly RevenueEntry[]; readonly now: bigint }) {
  const { decimals, symbol } = useAsset();
  const [kind, setKind] = useState<"deposited" | "claimed">("deposited");
  const { size, buckets } = bucketsOf(entries, kind, now);
  const most = buckets.reduce((max, { amount }) => (amount > max ? amount : max), 0n);
  const sum = buckets.reduce((total, { amount }) => total + amount, 0n);
  const step = Math.min(WIDEST_BAR, WIDTH / Math.max(1, buckets.length));
  const name = KINDS.find((each) => each.kind === kind)?.name ?? "";
  const say = (value: bigint): string => `${formatAmount(value, decimals, 2)} ${symbol}`;
  return (
    <figure className="history">
      <fieldset className="segments">
        <legend className="sr-only">Shown in the chart</legend>
        {KINDS.map((each) => (
          <label key={each.kind}>
            <input
              type="radio"
              name="history-kind"
              checked={kind === each.kind}
              onChange={() => {
                setKind(each.kind);
              }}
            />
            <span>{each.name}</span>
          </label>
        ))}
      </fieldset>
      <p className="chart-top" aria-hidden="true">
        Highest bar: {say(most)}
      </p>
      <svg
        className="chart"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`${name}, in spans of ${formatDuration(size)}: ${say(sum)} in all, at most ${say(most)} in one span`}
      >
        <line className="chart-axis" x1="0" y1={HEIGHT - 0.5} x2={WIDTH} y2={HEIGHT - 0.5} />
        {buckets.map(({ from, amount }, index) => {
          const height = most === 0n ? 0 : (Number((amount * 10_000n) / most) / 10_000) * (HEIGHT - 8);
          return (
            <rect
              key={String(from)}
              className="chart-bar"
              x={index * step}
              y={HEIGHT - 1 - height}
              width={step - GAP}
              height={height}
              rx="2"
            >
              <title>{`${formatTime(from)}: ${say(amount)}`}</title>
            </rect>
          );
        })}
      </svg>
      <figcaption className="chart-ends">
        <span>{formatTime(buckets[0]?.from ?? now)}</span>
        <span>a bar is {formatDuration(size)}</span>
        <span>now</span>
      </figcaption>
    </figure>
  );
}
