import { formatAmount } from "../domain/amounts.js";
import { useAsset } from "../services/site.js";

interface RaiseBarProps {
  readonly committed: bigint;
  readonly softCap: bigint;
  readonly hardCap: bigint;
  /** Without the marks' words, for lists. */
  readonly small?: boolean;
}

const PARTS = 10_000n;

/** What was committed, against both caps; as long as whichever is more, the hard cap or the commitments. */
export function RaiseBar({ committed, softCap, hardCap, small = false }: RaiseBarProps) {
  const { decimals, symbol } = useAsset();
  const whole = committed > hardCap ? committed : hardCap;
  const percent = (value: bigint): number => Number((value * PARTS) / (whole === 0n ? 1n : whole)) / 100;
  const say = (value: bigint): string => `${formatAmount(value, decimals, 2)} ${symbol}`;
  const [filled, soft, hard] = [percent(committed), percent(softCap), percent(hardCap)];
  const over = committed > hardCap;
  return (
    <div className={small ? "raise raise-small" : "raise"}>
      {!small && <Mark at={soft} above text={`Soft cap ${say(softCap)}`} />}
      <svg
        className="raise-bar"
        role="img"
        aria-label={`${say(committed)} committed; soft cap ${say(softCap)}, hard cap ${say(hardCap)}`}
        viewBox="0 0 100 10"
        preserveAspectRatio="none"
      >
        <rect className="raise-track" width="100" height="10" />
        <rect className="raise-fill" width={Math.min(filled, hard)} height="10" />
        {over && <rect className="raise-over" x={hard} width={filled - hard} height="10" />}
        {committed < softCap && <rect className="raise-mark" x={Math.max(0, soft - 0.2)} width="0.4" height="10" />}
        {committed >= softCap && <rect className="raise-mark-on" x={Math.max(0, soft - 0.2)} width="0.4" height="10" />}
        {over && <rect className="raise-mark-on" x={hard - 0.2} width="0.4" height="10" />}
      </svg>
      {!small && <Mark at={hard} text={`Hard cap ${say(hardCap)}`} />}
    </div>
  );
}

function Mark({ at, text, above = false }: { readonly at: number; readonly text: string; readonly above?: boolean }) {
  // Words stay inside: they hang to the left of a mark in the right half.
  const style = at > 50 ? { right: `${100 - at}%`, textAlign: "right" as const } : { left: `${at}%` };
  return (
    <div className={above ? "raise-mark-row raise-mark-above" : "raise-mark-row"} aria-hidden="true">
      <span className={at > 50 ? "raise-label raise-label-left" : "raise-label"} style={style}>
        {text}
      </span>
    </div>
  );
}
