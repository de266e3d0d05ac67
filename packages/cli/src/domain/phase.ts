import type { OfferingInfo, OfferingPhase } from "@assay/sdk";

import { whenText } from "./time.js";

/** Where an offering stands at a time: what was recorded of it never changes back, the rest follows from the clock. */
export function phaseAt({ phase, terms }: Pick<OfferingInfo, "phase" | "terms">, now: bigint): OfferingPhase {
  if (phase !== "Scheduled" && phase !== "Open" && phase !== "Ended") return phase;
  if (now < terms.opensAt) return "Scheduled";
  if (now < terms.closesAt) return "Open";
  return now < terms.finalizableUntil ? "Ended" : "Failed";
}

/** How an offering stands, as the rest of a sentence: "is open until …". */
export function phaseText({ phase, terms }: Pick<OfferingInfo, "phase" | "terms">, now: bigint): string {
  switch (phase) {
    case "Draft":
      return "is a draft that was not scheduled";
    case "Scheduled":
      return `opens ${whenText(terms.opensAt, now)}`;
    case "Open":
      return `is open until ${whenText(terms.closesAt, now)}`;
    case "Ended":
      return "has ended and waits to be finalized";
    case "Succeeded":
      return "has succeeded";
    case "Failed":
      return "has failed";
    case "Cancelled":
      return "was cancelled";
  }
}

/** The command that comes next, and who can run it. */
export function nextStep({ phase, offeringId, own, terms }: OfferingInfo, now: bigint): string | undefined {
  const id = String(offeringId);
  switch (phase) {
    case "Draft":
      return terms.opensAt < now ? undefined : `assay offering schedule ${id}  (the issuer)`;
    case "Open":
      return `assay offering commit ${id} AMOUNT`;
    case "Ended":
      return `assay offering finalize ${id}  (anyone)`;
    case "Succeeded":
      return own > 0n ? `assay offering settle ${id}` : undefined;
    case "Failed":
      return own > 0n ? `assay offering refund ${id}` : undefined;
    case "Scheduled":
    case "Cancelled":
      return undefined;
  }
}
