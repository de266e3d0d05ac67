import { readFileSync } from "node:fs";

import type { Batch, Job, Receipt, SamplingLaw, Verdict, Voucher } from "../../packages/sdk/src/index.js";

export interface HashVectors {
  readonly domains: readonly { readonly chainId: bigint; readonly escrow: string; readonly separator: string }[];
  readonly jobs: readonly { readonly job: Job; readonly hash: string; readonly ids: readonly string[] }[];
  readonly assignedJobs: readonly { readonly job: Job; readonly provider: string; readonly ids: readonly string[] }[];
  readonly vouchers: readonly {
    readonly voucher: Voucher;
    readonly hash: string;
    readonly digests: readonly string[];
  }[];
  readonly receipts: readonly { readonly receipt: Receipt; readonly hash: string }[];
  readonly batches: readonly { readonly batch: Batch; readonly id: string }[];
  readonly digests: readonly {
    readonly outputHash: string;
    readonly inputUnits: bigint;
    readonly outputUnits: bigint;
    readonly digest: string;
  }[];
  readonly responseRoots: readonly { readonly salt: string; readonly digest: string; readonly root: string }[];
  readonly receiptSeeds: readonly { readonly jobId: string; readonly nonce: bigint; readonly seed: bigint }[];
  readonly votes: readonly { readonly digests: readonly string[]; readonly vote: string }[];
  readonly verdictCommitments: readonly (Verdict & { readonly commitment: string })[];
  readonly batchSeeds: readonly {
    readonly randomness: string;
    readonly chainId: bigint;
    readonly escrow: string;
    readonly batchId: string;
    readonly seed: string;
  }[];
  readonly panelSeeds: readonly { readonly seed: string; readonly panel: bigint; readonly panelSeed: string }[];
  readonly samplePoints: readonly {
    readonly seed: string;
    readonly index: bigint;
    readonly total: bigint;
    readonly point: bigint;
  }[];
  readonly audits: readonly { readonly seed: string; readonly p: bigint; readonly audited: boolean }[];
}

export interface ProofVector {
  readonly index: number;
  readonly content: string;
  readonly sum: bigint;
  readonly offset: bigint;
  readonly siblingHashes: readonly string[];
  readonly siblingSums: readonly bigint[];
}

export interface TreeVector {
  readonly name: string;
  readonly sums: readonly bigint[];
  readonly root: string;
  readonly total: bigint;
  readonly proofs: readonly ProofVector[];
}

type Table<Columns extends string> = readonly Readonly<Record<Columns, bigint>>[];

export interface LawVectors {
  readonly law: SamplingLaw;
  readonly detectionProbability: Table<"detection" | "points" | "detected">;
  readonly effectivePoints: Table<"samplePoints" | "total" | "maxLeafFee" | "points">;
  readonly rawProbability: Table<"total" | "gain" | "collateral" | "detected" | "p">;
  readonly requiredCollateral: Table<"total" | "gain" | "detected" | "collateral">;
  readonly panels: Table<"collusion" | "split" | "capture" | "panelists">;
  readonly premium: Table<"p" | "fee" | "panelists" | "beaconShare" | "premium">;
  readonly leastCollateral: Table<"collateralBps" | "total" | "collateral">;
  readonly panelFee: Table<
    "samplePoints" | "verifierFee" | "total" | "count" | "maxLeafFee" | "verifierValueBps" | "fee"
  >;
  readonly proofOfSamplingBound: Table<"cost" | "reward" | "stake" | "collusion" | "bound">;
}

interface Vectors {
  readonly hashes: HashVectors;
  readonly sumTree: { readonly trees: readonly TreeVector[] };
  readonly samplingLaw: LawVectors;
}

/** Reads a file of `test/vectors`, where every bigint is written as a decimal string. */
export function readVectors<Name extends keyof Vectors>(name: Name): Vectors[Name] {
  const file = new URL(`../vectors/${name}.json`, import.meta.url);
  const revive = (_: string, value: unknown): unknown =>
    typeof value === "string" && /^[0-9]+$/.test(value) ? BigInt(value) : value;
  return JSON.parse(readFileSync(file, "utf8"), revive) as Vectors[Name];
}
