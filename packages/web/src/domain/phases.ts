import type { OfferingInfo, OfferingPhase } from "@assay/sdk";

/** A phase, by the clock as it goes on between two reads, and when that ends. */
export interface PhaseNow {
  readonly phase: OfferingPhase;
  /** Commitments can be taken back. */
  readonly withdrawable: boolean;
  /** Next moment at which something changes by the clock alone, and what. */
  readonly next?: { readonly at: bigint; readonly label: string };
}

/** What each phase means for a reader. */
export const PHASE_WORDS: Readonly<Record<OfferingPhase, string>> = {
  Draft: "The issuer has not scheduled this offering yet.",
  Scheduled: "Commitments are taken from the opening time on.",
  Open: "Commitments are taken now. When you commit in the window makes no difference.",
  Ended: "The window is over. Anyone can finalize the offering, which decides it.",
  Succeeded: "The soft cap was met. Buyers settle to get their tokens, and what is above the hard cap.",
  Failed: "Nothing was sold. Every buyer gets everything back.",
  Cancelled: "The issuer cancelled this offering before it opened.",
};

type Dated = Pick<OfferingInfo, "phase" | "terms">;

/** Where an offering stands now, if nobody has done anything since it was read. */
export function phaseNow({ phase: read, terms }: Dated, now: bigint): PhaseNow {
  const phase = passed(read, terms, now);
  if (phase === "Scheduled") return { phase, withdrawable: false, next: { at: terms.opensAt, label: "Opens in" } };
  if (phase === "Open") {
    const withdrawable = now < terms.withdrawableUntil;
    return { phase, withdrawable, next: { at: terms.closesAt, label: "Closes in" } };
  }
  if (phase === "Ended") {
    return { phase, withdrawable: false, next: { at: terms.finalizableUntil, label: "Fails unless finalized in" } };
  }
  return { phase, withdrawable: false };
}

function passed(phase: OfferingPhase, terms: OfferingInfo["terms"], now: bigint): OfferingPhase {
  if (phase !== "Scheduled" && phase !== "Open" && phase !== "Ended") return phase;
  if (now < terms.opensAt) return "Scheduled";
  if (now < terms.closesAt) return "Open";
  return now < terms.finalizableUntil ? "Ended" : "Failed";
}
