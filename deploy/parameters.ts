import { readFile } from "node:fs/promises";

import { isAddress } from "ethers";
import { z } from "zod";

const address = z.string().refine(isAddress, "is not an address with a valid checksum");
const amount = z.string().regex(/^\d+$/, "must be a decimal string of smallest units").transform(BigInt);
const seconds = z.int().nonnegative();
const bps = z.int().min(0).max(10_000);

/**
 * What a parameter file says. Whether the values fit together is decided by the contracts' constructors alone: a
 * deployment is rehearsed on an in-process chain before anything is sent (`deploySystem.ts`).
 */
export const parametersSchema = z.strictObject({
  network: z.string().min(1),
  /** Chain the file is meant for; another one is refused. Absent: any. */
  chainId: z.int().positive().optional(),
  /** Settlement asset; `TestAsset` deploys one that anyone may mint. */
  asset: z.union([z.literal("TestAsset"), address]),
  beacon: z.strictObject({
    /** Group key as drand prints it: 128 bytes, x imaginary, x real, y imaginary, y real. */
    publicKey: z.string().regex(/^[0-9a-f]{256}$/, "must be 256 lower-case hex digits"),
    genesis: seconds,
    period: seconds,
    stride: z.int().positive(),
    timeout: seconds,
    /** Where rounds can be fetched; programs read it, the contracts do not. */
    urls: z.array(z.url()),
    chainHash: z
      .string()
      .regex(/^[0-9a-f]{64}$/, "must be 64 lower-case hex digits")
      .optional(),
  }),
  staking: z.strictObject({ sink: address }),
  registry: z.strictObject({
    seatBond: amount,
    seatActivationDelay: seconds,
    seatExitDelay: seconds,
    royaltyDelay: seconds,
    maxRoyaltyBps: bps,
    minProviders: z.int().positive(),
    exposureWad: amount,
    testNetwork: z.boolean(),
  }),
  escrow: z.strictObject({
    /** `deployer` means the deploying account. */
    treasury: z.union([z.literal("deployer"), address]),
    protocolFeeBps: bps,
    beaconShare: amount,
    beaconDelay: seconds,
    maxDisputeWindow: seconds,
    callbackGas: z.int().positive(),
    verifierValueBps: bps,
    alwaysAuditAbove: amount,
    collusion: amount,
    capture: amount,
    recovery: amount,
    safety: amount,
    floor: amount,
    closeGrace: seconds,
    testNetwork: z.boolean(),
  }),
  court: z.strictObject({
    drawWindow: seconds,
    openWindow: seconds,
    commitWindow: seconds,
    revealWindow: seconds,
    testNetwork: z.boolean(),
  }),
  offerings: z.strictObject({
    minEpochLength: seconds,
    maxEpochLength: seconds,
    minSaleDuration: seconds,
    withdrawLock: seconds,
    finalizeGrace: seconds,
    /** What tells model tokens which addresses are pools; the zero address: nothing does. */
    poolVerifier: address,
    testNetwork: z.boolean(),
  }),
});

export type SystemParameters = z.infer<typeof parametersSchema>;

/** A deployment that was refused or failed; the message says what to do. */
export class DeploymentError extends Error {
  override readonly name = "DeploymentError";
}

/**
 * Reads and validates a parameter file.
 * @throws DeploymentError naming the file and every field that is wrong
 */
export async function readParameters(file: string): Promise<SystemParameters> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new DeploymentError(`Cannot read the parameter file ${file}: ${(cause as Error).message}`, { cause });
  }
  const parsed = parametersSchema.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
    throw new DeploymentError([`The parameter file ${file} is not valid:`, ...problems].join("\n"));
  }
  return parsed.data;
}
