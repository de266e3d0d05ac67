/**
 * How often a batch must be checked so that cheating loses money in expectation, and what that costs. Twin of
 * `contracts/libraries/SamplingMath.sol`, same names, same rounding: every rounding favours more checking.
 * Probabilities are WADs: 1e18 is 1.
 */
import { AssayError } from "../errors.js";
import type { Commitment, EscrowParams, Job } from "./types.js";

export const WAD = 10n ** 18n;
const BPS = 10_000n;

/** What the contracts answer where no finite amount is enough. */
export const IMPOSSIBLE = 2n ** 256n - 1n;

/** The part of an escrow's parameters that the law reads. */
export type SamplingLaw = Pick<EscrowParams, "capture" | "recovery" | "safety" | "floor">;

const ceilDiv = (numerator: bigint, denominator: bigint): bigint => (numerator + denominator - 1n) / denominator;
const max = (left: bigint, right: bigint): bigint => (left > right ? left : right);
const min = (left: bigint, right: bigint): bigint => (left < right ? left : right);

/** WAD − value, for a value that must be in [0, WAD]. */
function complement(value: bigint, name: string): bigint {
  if (value >= 0n && value <= WAD) return WAD - value;
  throw new AssayError({ code: "VALUE_OUT_OF_RANGE", message: `${name} is ${value.toString()}, not in [0, 1e18].` });
}

/** P = 1 − (1 − d)^k: chance that an audit recognises a batch that is all bad. Rounded down. */
export function detectionProbability(detection: bigint, points: bigint): bigint {
  const missOne = complement(detection, "detection");
  let missed = WAD;
  for (let point = 0n; point < points && missed > 0n; point += 1n) missed = ceilDiv(missed * missOne, WAD);
  return WAD - missed;
}

/** Sample points that count: min(k, ⌊V / maxLeafFee⌋), at least 1. */
export function effectivePoints(samplePoints: bigint, total: bigint, maxLeafFee: bigint): bigint {
  return max(1n, min(samplePoints, maxLeafFee === 0n ? 0n : total / maxLeafFee));
}

/** Chance that a cheat that was audited loses its collateral: P · (1 − κ). Rounded down. */
function caughtProbability(law: SamplingLaw, detected: bigint): bigint {
  return (detected * complement(law.capture, "capture")) / WAD;
}

/**
 * Unclamped p, rounded up. Above 1e18 the terms cannot make cheating lose.
 *
 * @param total V
 * @param gain s = V + valueAtRisk
 * @param collateral L
 * @param detected P
 */
export function rawProbability(
  law: SamplingLaw,
  total: bigint,
  gain: bigint,
  collateral: bigint,
  detected: bigint,
): bigint {
  const stake = total * WAD + collateral * complement(law.recovery, "recovery");
  const loss = (caughtProbability(law, detected) * stake) / WAD;
  return loss === 0n ? IMPOSSIBLE : ceilDiv(law.safety * gain * WAD, loss);
}

/** Least collateral for p ≤ 1: L ≥ (σ·s / (P(1 − κ)) − V) / (1 − α). Exact, or `IMPOSSIBLE`. */
export function requiredCollateral(law: SamplingLaw, total: bigint, gain: bigint, detected: bigint): bigint {
  const caught = caughtProbability(law, detected);
  if (caught === 0n) return IMPOSSIBLE;
  const needed = ceilDiv(law.safety * gain * WAD, caught);
  const own = total * WAD;
  if (needed <= own) return 0n;
  const kept = complement(law.recovery, "recovery");
  return kept === 0n ? IMPOSSIBLE : ceilDiv(needed - own, kept);
}

/** base^exponent, rounded up. */
function power(base: bigint, exponent: number): bigint {
  let result = WAD;
  for (let i = 0; i < exponent; i += 1) result = ceilDiv(result * base, WAD);
  return result;
}

/** Chance that a first panel of 3 splits when each seat colludes with probability r: 3r(1 − r). Rounded up. */
export function splitProbability(collusion: bigint): bigint {
  return ceilDiv(3n * collusion * complement(collusion, "collusion"), WAD);
}

/** κ: chance that panels of 3 and 7 together fail to reject a cheat. Rounded up. */
export function captureProbability(collusion: bigint): bigint {
  const honest = complement(collusion, "collusion");
  const atMostFourHonest = [1n, 7n, 21n, 35n, 35n].reduce(
    (sum, ways, count) => sum + ways * power(honest, count) * power(collusion, 7 - count),
    0n,
  );
  return power(collusion, 3) + ceilDiv(splitProbability(collusion) * ceilDiv(atMostFourHonest, WAD), WAD);
}

/** Expected number of panelists of an audit, WAD: 3 + 7 · P(split). Rounded up. */
export function expectedPanelists(collusion: bigint): bigint {
  return 3n * WAD + 7n * splitProbability(collusion);
}

/**
 * What a batch pays into its model's audit pool: p · fee · panelists · 1.1 + beaconShare. Rounded up.
 *
 * @param fee of one panelist, see {@link panelFee}
 * @param panelists expected number, WAD
 */
export function premium(p: bigint, fee: bigint, panelists: bigint, beaconShare: bigint): bigint {
  return ceilDiv(ceilDiv(p * fee * panelists, WAD * WAD) * 11n, 10n) + beaconShare;
}

/** Proof of Sampling's bound (arXiv 2405.00295): honesty needs p > C / ((1 − r)(R + S)). Rounded up. */
export function proofOfSamplingBound(cost: bigint, reward: bigint, stake: bigint, collusion: bigint): bigint {
  const denominator = complement(collusion, "collusion") * (reward + stake);
  if (denominator > 0n) return ceilDiv(cost * WAD * WAD, denominator);
  throw new AssayError({ code: "VALUE_OUT_OF_RANGE", message: "Nothing is at stake, so no probability is enough." });
}

/**
 * Fee of one panelist for auditing a batch. Twin of `IJobEscrow.panelFee`:
 * min(k, count) · verifierFee + ⌊verifierValueBps · min(V, k · maxLeafFee)⌋.
 */
export function panelFee(
  job: Pick<Job, "samplePoints" | "verifierFee">,
  batch: Pick<Commitment, "total" | "count" | "maxLeafFee">,
  verifierValueBps: bigint,
): bigint {
  const value = min(batch.total, job.samplePoints * batch.maxLeafFee);
  return min(job.samplePoints, batch.count) * job.verifierFee + (verifierValueBps * value) / BPS;
}

/** Least collateral that a job's own terms ask for a batch of `total`. Twin of `JobTerms.leastCollateralUp`. */
export function leastCollateral(job: Pick<Job, "collateralBps">, total: bigint): bigint {
  return ceilDiv(total * job.collateralBps, BPS);
}

/** What a commit would do. Amounts are in smallest units of the settlement asset. */
export interface CommitPreview {
  /** Probability of an audit, WAD. */
  readonly p: bigint;
  readonly premium: bigint;
  readonly royalty: bigint;
  readonly protocolFee: bigint;
  /** What the provider is paid. Negative if the costs exceed the total: such a commit reverts. */
  readonly providerPay: bigint;
  /** Least collateral that is accepted; a commit with less reverts. */
  readonly requiredCollateral: bigint;
}

/** Conditions of a commit that are neither terms nor parameters. */
export interface CommitConditions {
  /** After an undecidable batch everything is audited for a while: `ModelRegistry.samplingState`. */
  readonly onProbation?: boolean;
}

/**
 * What committing `commitment` for `job` would mean: how likely an audit is, who gets what, and the collateral it needs.
 *
 * @example
 * const { p, providerPay } = previewCommit(job, { ...commitment, collateral: 20n * job.budget }, params);
 */
export function previewCommit(
  job: Job,
  commitment: Commitment,
  params: EscrowParams,
  { onProbation = false }: CommitConditions = {},
): CommitPreview {
  const { total, collateral, maxLeafFee } = commitment;
  const gain = total + job.valueAtRisk;
  const detected = detectionProbability(job.detection, effectivePoints(job.samplePoints, total, maxLeafFee));
  const raw = rawProbability(params, total, gain, collateral, detected);
  const p = onProbation || total > params.alwaysAuditAbove ? WAD : min(WAD, max(params.floor, raw));

  const royalty = (total * job.royaltyBps) / BPS;
  const protocolFee = (total * params.protocolFeeBps) / BPS;
  const fee = panelFee(job, commitment, params.verifierValueBps);
  const batchPremium = premium(p, fee, expectedPanelists(params.collusion), params.beaconShare);

  return {
    p,
    premium: batchPremium,
    royalty,
    protocolFee,
    providerPay: total - royalty - protocolFee - batchPremium,
    requiredCollateral: max(requiredCollateral(params, total, gain, detected), leastCollateral(job, total)),
  };
}
