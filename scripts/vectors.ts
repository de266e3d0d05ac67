/**
 * Writes `test/vectors/*.json`, which hold Solidity and TypeScript to the same results. Hashes and trees come from an
 * implementation of their own, slow and plain over ethers; the law's numbers from the SDK, whose tests hold them to the
 * figures of the design and to exact fractions.
 *
 * With `--check` nothing is written, and the exit status says whether a file differs.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

import { AbiCoder, concat, id, keccak256, toBeHex, TypedDataEncoder, ZeroAddress, ZeroHash } from "ethers";
import { format } from "prettier";

import * as sdk from "../packages/sdk/src/protocol/index.js";

const folder = new URL("../test/vectors/", import.meta.url);
const WAD = 10n ** 18n;

const abi = AbiCoder.defaultAbiCoder();
const hashAbi = (types: string[], values: unknown[]): string => keccak256(abi.encode(types, values));
const addressOf = (label: string): string => `0x${id(label).slice(-40)}`;
const largest = (bits: number): bigint => (1n << BigInt(bits)) - 1n;
/** A fixed number that looks random, of up to `bits` bits. */
const numberOf = (label: string, bits: number): bigint => BigInt(id(label)) & largest(bits);

// Hashes

const DOMAINS = [
  { name: "Assay", version: "1", chainId: 31_337n, verifyingContract: addressOf("escrow") },
  { name: "Assay", version: "1", chainId: 1n, verifyingContract: addressOf("another escrow") },
] as const;

type Fields = readonly (readonly [name: string, type: string])[];
type Fill = (name: string, type: string) => unknown;

const BATCH_FIELDS: Fields = [
  ["jobId", "bytes32"],
  ["root", "bytes32"],
  ["total", "uint96"],
  ["collateral", "uint96"],
  ["firstNonce", "uint64"],
  ["count", "uint32"],
  ["maxLeafFee", "uint96"],
  ["targetRound", "uint64"],
  ["seatsAtCommit", "uint32"],
  ["eligibleProviders", "uint16"],
  ["p", "uint64"],
  ["committedAt", "uint64"],
];
/** Written out here once more, so that the SDK's types are compared with something. */
const VOUCHER_FIELDS: Fields = [
  ["jobId", "bytes32"],
  ["firstNonce", "uint64"],
  ["count", "uint32"],
  ["total", "uint96"],
  ["root", "bytes32"],
];
const VOUCHER_TYPES = { Voucher: VOUCHER_FIELDS.map(([name, type]) => ({ name, type })) };
const fieldsOf = (types: typeof sdk.JOB_TYPES, name: string): Fields =>
  (types[name] ?? []).map((field) => [field.name, field.type]);

const zero: Fill = (_, type) => (type === "address" ? ZeroAddress : type === "bytes32" ? ZeroHash : 0n);
const full: Fill = (name, type) => {
  if (type === "address") return `0x${"ff".repeat(20)}`;
  if (type === "bytes32") return `0x${"ff".repeat(32)}`;
  return name === "kind" ? 1n : largest(Number(type.slice(4)));
};
const scattered =
  (label: string): Fill =>
  (name, type) => {
    if (type === "address") return addressOf(`${label} ${name}`);
    if (type === "bytes32") return id(`${label} ${name}`);
    return numberOf(`${label} ${name}`, name === "kind" ? 1 : Number(type.slice(4)));
  };
const FILLS = [zero, full, scattered("first"), scattered("second")];

const structs = (fields: Fields): Record<string, unknown>[] =>
  FILLS.map((fill) => Object.fromEntries(fields.map(([name, type]) => [name, fill(name, type)])));

function hashVectors() {
  const seeds = [ZeroHash, id("seed"), id("another seed")];
  const digests = ["a", "b", "c"].map((label) => id(label));
  const [escrow, court, provider] = ["escrow", "court", "provider"].map(addressOf);
  const verdict = ["uint256", "address", "bytes32", "uint8", "address", "bytes32", "bytes32"];
  return {
    domains: DOMAINS.map((domain) => ({
      chainId: domain.chainId,
      escrow: domain.verifyingContract,
      separator: TypedDataEncoder.hashDomain(domain),
    })),
    jobs: structs(fieldsOf(sdk.JOB_TYPES, "Job")).map((job) => ({
      job,
      hash: TypedDataEncoder.hashStruct("Job", sdk.JOB_TYPES, job),
      ids: DOMAINS.map((domain) => TypedDataEncoder.hash(domain, sdk.JOB_TYPES, job)),
    })),
    assignedJobs: structs(fieldsOf(sdk.JOB_TYPES, "Job")).map((terms, index) => {
      const job = { ...terms, provider: ZeroAddress };
      const assigned = { ...job, provider: addressOf(`seat holder ${String(index)}`) };
      return {
        job,
        provider: assigned.provider,
        ids: DOMAINS.map((domain) => TypedDataEncoder.hash(domain, sdk.JOB_TYPES, assigned)),
      };
    }),
    vouchers: structs(VOUCHER_FIELDS).map((voucher) => ({
      voucher,
      hash: TypedDataEncoder.hashStruct("Voucher", VOUCHER_TYPES, voucher),
      digests: DOMAINS.map((domain) => TypedDataEncoder.hash(domain, VOUCHER_TYPES, voucher)),
    })),
    receipts: structs(fieldsOf(sdk.RECEIPT_TYPES, "Receipt")).map((receipt) => ({
      receipt,
      hash: TypedDataEncoder.hashStruct("Receipt", sdk.RECEIPT_TYPES, receipt),
    })),
    batches: structs(BATCH_FIELDS).map((batch) => ({
      batch,
      id: hashAbi(
        BATCH_FIELDS.map(([, type]) => type),
        BATCH_FIELDS.map(([name]) => batch[name]),
      ),
    })),
    digests: [[0n, 0n] as const, [17n, 256n] as const, [largest(64), largest(64)] as const].map(([input, output]) => ({
      outputHash: id("output"),
      inputUnits: input,
      outputUnits: output,
      digest: hashAbi(["bytes32", "uint64", "uint64"], [id("output"), input, output]),
    })),
    responseRoots: seeds.map((salt) => ({
      salt,
      digest: id("digest"),
      root: hashAbi(["bytes32", "bytes32"], [salt, id("digest")]),
    })),
    receiptSeeds: [0n, 1n, largest(64)].map((nonce) => ({
      jobId: id("job"),
      nonce,
      seed: BigInt(hashAbi(["bytes32", "uint64"], [id("job"), nonce])) & largest(64),
    })),
    votes: [0, 1, 3].map((count) => ({
      digests: digests.slice(0, count),
      vote: hashAbi(["bytes32[]"], [digests.slice(0, count)]),
    })),
    verdictCommitments: [0n, 255n].map((panel) => ({
      chainId: 31_337n,
      court,
      auditId: id("audit"),
      panel,
      provider,
      vote: id("vote"),
      salt: id("salt"),
      commitment: hashAbi(verdict, [31_337n, court, id("audit"), panel, provider, id("vote"), id("salt")]),
    })),
    batchSeeds: seeds.map((randomness) => ({
      randomness,
      chainId: 31_337n,
      escrow,
      batchId: id("batch"),
      seed: hashAbi(["bytes32", "uint256", "address", "bytes32"], [randomness, 31_337n, escrow, id("batch")]),
    })),
    panelSeeds: seeds.map((seed, panel) => ({
      seed,
      panel: BigInt(panel),
      panelSeed: hashAbi(["bytes32", "string", "uint8"], [seed, "panel", panel]),
    })),
    samplePoints: seeds.flatMap((seed) =>
      [1n, 1_000_000n, largest(96)].map((total, index) => ({
        seed,
        index: BigInt(index),
        total,
        point: BigInt(hashAbi(["bytes32", "string", "uint256"], [seed, "sample", index])) % total,
      })),
    ),
    audits: seeds.flatMap((seed) => {
      const drawn = BigInt(hashAbi(["bytes32", "string"], [seed, "audit"])) % WAD;
      return [0n, drawn, drawn + 1n, WAD].map((p) => ({ seed, p, audited: drawn < p }));
    }),
  };
}

// Trees

interface Node {
  hash: string;
  sum: bigint;
}

const EMPTY: Node = { hash: ZeroHash, sum: 0n };
const sumHex = (sum: bigint): string => toBeHex(sum, 12);
const contentOf = (tree: string, index: number): string => id(`${tree}/${index}`);

/** Root of the leaves at [start, start + 2^height). */
function subtree(leaves: readonly Node[], start: number, height: number): Node {
  if (start >= leaves.length) return EMPTY;
  if (height === 0) {
    const { hash, sum } = leaves[start] ?? EMPTY;
    return { hash: keccak256(concat(["0x00", hash, sumHex(sum)])), sum };
  }
  const left = subtree(leaves, start, height - 1);
  const right = subtree(leaves, start + 2 ** (height - 1), height - 1);
  const message = concat(["0x01", left.hash, sumHex(left.sum), right.hash, sumHex(right.sum)]);
  return { hash: keccak256(message), sum: left.sum + right.sum };
}

function treeVector(name: string, sums: readonly bigint[], indices: readonly number[]) {
  const leaves = sums.map((sum, index) => ({ hash: contentOf(name, index), sum }));
  const depth = Math.ceil(Math.log2(sums.length));
  const root = subtree(leaves, 0, depth);
  const proofs = indices.map((index) => {
    const siblings = Array.from({ length: depth }, (_, level) => {
      const sibling = Math.floor(index / 2 ** level) ^ 1;
      return subtree(leaves, sibling * 2 ** level, level);
    });
    return {
      index,
      content: leaves[index]?.hash,
      sum: sums[index],
      offset: sums.slice(0, index).reduce((total, sum) => total + sum, 0n),
      siblingHashes: siblings.map(({ hash }) => hash),
      siblingSums: siblings.map(({ sum }) => sum),
    };
  });
  return { name, sums, root: root.hash, total: root.sum, proofs };
}

function treeVectors() {
  const fees = (count: number): bigint[] => Array.from({ length: count }, (_, i) => 1n + numberOf(`fee ${i}`, 20));
  const all = (count: number): number[] => [...Array(count).keys()];
  const heavy = Array.from({ length: 1000 }, (_, i) => (i === 417 ? 428_143n : 1000n));
  return {
    note: "Leaf i of a tree has the content keccak256(UTF-8 of `${name}/${i}`).",
    trees: [
      ...[1, 2, 3, 5, 8].map((count) => treeVector(`count ${count}`, fees(count), all(count))),
      treeVector("a leaf without a fee", [7n, 0n, 5n], all(3)),
      treeVector("no fees at all", [0n, 0n, 0n], all(3)),
      treeVector("largest total", [largest(96) - 2n, 1n, 1n], all(3)),
      treeVector("1000 leaves", fees(1000), [0, 1, 511, 512, 998, 999]),
      treeVector("1000 leaves, one with 30 % of the value", heavy, [416, 417, 418]),
    ],
  };
}

// Law

const LAW = { capture: (8n * WAD) / 100n, recovery: WAD / 2n, safety: 2n * WAD, floor: WAD / 100n };

function lawVectors() {
  const percent = (value: bigint): bigint => (value * WAD) / 100n;
  const detections = [100n, 60n, 1n].flatMap((d) =>
    [1n, 2n, 8n, 100n].map((points) => ({ detection: percent(d), points })),
  );
  const totals = [1n, 1_000_000n, 10n ** 18n + 7n, largest(96)];
  const batches = totals.flatMap((total) =>
    [100n, 60n].flatMap((d) => [0n, total].map((valueAtRisk) => ({ total, gain: total + valueAtRisk, d }))),
  );
  const collusions = [0n, 10n, 20n, 33n, 50n, 100n].map(percent);
  return {
    law: LAW,
    detectionProbability: detections.map(({ detection, points }) => ({
      detection,
      points,
      detected: sdk.detectionProbability(detection, points),
    })),
    effectivePoints: (
      [
        [8n, 1_000_000n, 1_000_000n],
        [8n, 1_000_000n, 125_000n],
        [8n, 1_000_000n, 125_001n],
        [8n, 1_000_000n, 1n],
        [1n, 1_000_000n, 2_000_000n],
        [8n, 0n, 0n],
      ] as const
    ).map(([samplePoints, total, maxLeafFee]) => ({
      samplePoints,
      total,
      maxLeafFee,
      points: sdk.effectivePoints(samplePoints, total, maxLeafFee),
    })),
    rawProbability: batches.flatMap(({ total, gain, d }) =>
      [0n, 5n, 20n, 30n, 50n, 200n, 1000n]
        .map((tenths) => (total * tenths) / 10n)
        .filter((collateral) => collateral <= largest(96))
        .map((collateral) => {
          const detected = percent(d);
          return { total, gain, collateral, detected, p: sdk.rawProbability(LAW, total, gain, collateral, detected) };
        }),
    ),
    requiredCollateral: batches.map(({ total, gain, d }) => {
      const detected = percent(d);
      return { total, gain, detected, collateral: sdk.requiredCollateral(LAW, total, gain, detected) };
    }),
    panels: collusions.map((collusion) => ({
      collusion,
      split: sdk.splitProbability(collusion),
      capture: sdk.captureProbability(collusion),
      panelists: sdk.expectedPanelists(collusion),
    })),
    premium: [percent(1n), percent(62n), WAD].flatMap((p) =>
      [0n, 1n, 10_000n, largest(96)].map((fee) => {
        const panelists = sdk.expectedPanelists(percent(20n));
        return { p, fee, panelists, beaconShare: 500n, premium: sdk.premium(p, fee, panelists, 500n) };
      }),
    ),
    leastCollateral: [1n, 25_000n, largest(32)].flatMap((collateralBps) =>
      [1n, 1_000_000n, largest(96)].map((total) => ({
        collateralBps,
        total,
        collateral: sdk.leastCollateral({ collateralBps }, total),
      })),
    ),
    panelFee: (
      [
        [1n, 10_000n, 1_000_000n, 1n, 1_000_000n, 200n],
        [8n, 10_000n, 1_000_000n, 100n, 20_000n, 200n],
        [8n, 10_000n, 1_000_000n, 3n, 999_999n, 1n],
        [8n, 0n, 9_999n, 100n, 1n, 200n],
        [65_535n, largest(96), largest(96), largest(32), largest(96), 1_000n],
      ] as const
    ).map(([samplePoints, verifierFee, total, count, maxLeafFee, verifierValueBps]) => ({
      samplePoints,
      verifierFee,
      total,
      count,
      maxLeafFee,
      verifierValueBps,
      fee: sdk.panelFee({ samplePoints, verifierFee }, { total, count, maxLeafFee }, verifierValueBps),
    })),
    proofOfSamplingBound: (
      [
        [1_000n, 1_200n, 10_000n, percent(10n)],
        [1_000n, 1_200n, 100_000n, percent(20n)],
        [1n, 1n, 0n, 0n],
      ] as const
    ).map(([cost, reward, stake, collusion]) => ({
      cost,
      reward,
      stake,
      collusion,
      bound: sdk.proofOfSamplingBound(cost, reward, stake, collusion),
    })),
  };
}

// Files

async function text(value: unknown): Promise<string> {
  const json = JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? item.toString() : item));
  return format(json, { parser: "json", printWidth: 120 });
}

const vectors = { hashes: hashVectors(), sumTree: treeVectors(), samplingLaw: lawVectors() };
const check = process.argv.includes("--check");
if (!check) mkdirSync(folder, { recursive: true });
for (const [name, value] of Object.entries(vectors)) {
  const file = new URL(`${name}.json`, folder);
  const expected = await text(value);
  if (!check) {
    writeFileSync(file, expected);
  } else if (readFileSync(file, "utf8") !== expected) {
    console.error(`test/vectors/${name}.json differs from what scripts/vectors.ts writes. Run \`npm run vectors\`.`);
    process.exitCode = 1;
  }
}
