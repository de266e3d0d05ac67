import { getOffering, type OfferingInfo, type OfferingPhase } from "@assay/sdk";

import { refused } from "../../domain/errors.js";
import { nextStep, phaseAt, phaseText } from "../../domain/phase.js";
import { chainNow, type CommandInput } from "../command.js";

/** An offering as it stands now, and the chain's time. */
export interface Found {
  readonly info: OfferingInfo;
  readonly now: bigint;
}

/** The offering that the first argument names, as an account sees it. */
export async function findOffering({ read, args }: CommandInput, account?: string): Promise<Found> {
  const offeringId = args.positionalInteger(0, "ID");
  const [info, now] = await Promise.all([
    getOffering(read, { offeringId, ...(account !== undefined && { account }) }),
    chainNow(read.contracts),
  ]);
  return { info: { ...info, phase: phaseAt(info, now) }, now };
}

/** @throws AssayError `REFUSED` that says where the offering stands */
export function requirePhase({ info, now }: Found, expected: readonly OfferingPhase[], purpose: string): void {
  if (expected.includes(info.phase)) return;
  const next = nextStep(info, now);
  throw refused(
    `Offering ${info.offeringId} ${phaseText(info, now)}, so ${purpose}.`,
    next === undefined ? `See it with: assay offering status ${info.offeringId}` : `What can be done: ${next}`,
  );
}

/** @throws AssayError `REFUSED` for any other key than the issuer's */
export function requireIssuer({ info }: Found, account: string): void {
  if (info.issuer === account) return;
  throw refused(
    `Only the issuer ${info.issuer} may do this, and the key is that of ${account}.`,
    "Use the issuer's key.",
  );
}
