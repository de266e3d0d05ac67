import type { VestingInfo } from "@assay/sdk";
import { useId } from "react";

import { formatTokens } from "../domain/amounts.js";
import { formatDay } from "../domain/time.js";
import { vestedAt, vestingCorners, vestingProgress } from "../domain/vestingCurve.js";
import { Facts, Time, Tokens } from "./basics.js";

const WIDTH = 320;
const HEIGHT = 120;

/** How the team's tokens vest: the curve, and the same in numbers beside it. */
export function VestingChart({
  vesting,
  symbol,
  now,
}: {
  readonly vesting: VestingInfo;
  readonly symbol: string;
  readonly now: bigint;
}) {
  const id = useId();
  const corners = vestingCorners(vesting).map(({ x, y }) => `${x * WIDTH},${HEIGHT - y * HEIGHT}`);
  const progress = vestingProgress(vesting, now) * WIDTH;
  const vested = vestedAt(vesting, now);
  const { start, cliff, end, total, released } = vesting;
  const description =
    `No tokens vest before ${formatDay(cliff)}. Then they vest evenly, counted from ${formatDay(start)}, ` +
    `until all ${formatTokens(total)} ${symbol} have vested on ${formatDay(end)}. ` +
    `Now ${formatTokens(vested)} ${symbol} have vested.`;
  return (
    <div className="chart-and-table">
      <figure>
        <svg className="chart" viewBox={`-4 -8 ${WIDTH + 8} ${HEIGHT + 14}`} role="img" aria-labelledby={id}>
          <title id={id}>{description}</title>
          <line className="chart-axis" x1="0" y1={HEIGHT} x2={WIDTH} y2={HEIGHT} />
          <polygon className="chart-area" points={[...corners, `${WIDTH},${HEIGHT}`].join(" ")} />
          <polyline className="chart-line" points={corners.join(" ")} />
          <line className="chart-now" x1={progress} x2={progress} y1="-4" y2={HEIGHT} />
          <circle
            className="chart-now-dot"
            cx={progress}
            cy={HEIGHT - (Number((vested * 10_000n) / (total || 1n)) / 10_000) * HEIGHT}
            r="4"
          />
        </svg>
        <figcaption className="chart-ends">
          <span>{formatDay(start)}</span>
          <span>{formatDay(end)}</span>
        </figcaption>
      </figure>
      <Facts
        facts={[
          { term: "Team tokens", value: <Tokens value={total} symbol={symbol} /> },
          { term: "Nothing before", value: <Time at={cliff} /> },
          { term: "All by", value: <Time at={end} /> },
          { term: "Vested now", value: <Tokens value={vested} symbol={symbol} /> },
          { term: "Released", value: <Tokens value={released} symbol={symbol} /> },
        ]}
      />
    </div>
  );
}
