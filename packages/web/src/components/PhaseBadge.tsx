import type { OfferingInfo } from "@assay/sdk";

import { phaseNow } from "../domain/phases.js";
import { formatDuration } from "../domain/time.js";

interface PhaseProps {
  readonly offering: OfferingInfo;
  readonly now: bigint;
}

export function PhaseBadge({ offering, now }: PhaseProps) {
  const { phase } = phaseNow(offering, now);
  return <span className={`badge badge-${phase.toLowerCase()}`}>{phase}</span>;
}

/** What happens next by the clock alone, and when. */
export function TimeLeft({ offering, now }: PhaseProps) {
  const { next } = phaseNow(offering, now);
  if (next === undefined) return null;
  const left = next.at > now ? next.at - now : 0n;
  return (
    <span className="time-left">
      {next.label} {formatDuration(left)}
    </span>
  );
}
