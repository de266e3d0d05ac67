import { getAddress } from "ethers";
import { z } from "zod";

import { deployments } from "./deployments.js";
import { AssayError } from "./errors.js";

const address = z.string().transform((value, context) => {
  try {
    return getAddress(value);
  } catch {
    context.addIssue({ code: "custom", message: "is not an address" });
    return z.NEVER;
  }
});

const hex = (bytes: number): z.ZodPipe<z.ZodString, z.ZodTransform<string, string>> =>
  z
    .string()
    .regex(new RegExp(`^(0x)?[0-9a-fA-F]{${bytes * 2}}$`), `is not ${bytes} bytes of hex`)
    .transform((value) => value.replace(/^0x/, "").toLowerCase());

const seconds = z.int().nonnegative();
const parameter = z.union([z.string(), z.number(), z.boolean()]);

/** What a deployment file holds: all that programs need to know to work with one set of contracts. */
export const deploymentSchema = z.object({
  /** Chain id of the network. */
  chainId: z.int().positive(),
  /** Name of the network, for people. */
  network: z.string().min(1),
  /** Settlement asset. */
  asset: z.object({ address, symbol: z.string(), decimals: z.int().min(0).max(36) }),
  contracts: z.object({
    DrandBeacon: address,
    ProviderStaking: address,
    ModelRegistry: address,
    JobEscrow: address,
    AuditCourt: address,
    OfferingFactory: address,
    OfferingLens: address,
    RevenueClaimer: address,
  }),
  /** First block that can hold an event of these contracts: where readers start. */
  deployedAtBlock: z.int().nonnegative(),
  /** The drand network that the beacon verifies. */
  beacon: z.object({
    /** drand's chain hash, hex without 0x; without it programs take the one that a server tells for the group key. */
    chainHash: hex(32).optional(),
    /** Servers of drand's HTTP API, tried in this order. A local network's are known only when it runs. */
    urls: z.array(z.url()),
    /** Group key as drand prints it, 128 bytes of hex without 0x: x imaginary, x real, y imaginary, y real. */
    publicKey: hex(128),
    genesis: seconds,
    period: seconds.min(1),
    /** Rounds that share one posting. */
    stride: seconds.min(1),
    /** Seconds in which a candidate round must be posted. */
    timeout: seconds.min(1),
  }),
  /** What the constructors were given, by contract, for people; the contracts' `params()` are what counts. */
  parameters: z.record(z.string(), z.record(z.string(), parameter)).default({}),
});

/** A deployment, checked. Addresses are checksummed. */
export type Deployment = z.infer<typeof deploymentSchema>;

/**
 * Checks the content of a deployment file.
 *
 * @param content parsed JSON
 * @param source where it comes from, for the error
 * @throws AssayError `INVALID_DEPLOYMENT` that names every wrong field
 *
 * @example
 * const deployment = parseDeployment(JSON.parse(text), "deployment.json");
 */
export function parseDeployment(content: unknown, source = "the deployment"): Deployment {
  const result = deploymentSchema.safeParse(content);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join(".") || "it"}: ${message}`);
  throw new AssayError({
    code: "INVALID_DEPLOYMENT",
    message: `${source} is not a deployment (${problems.join("; ")}).`,
    hint: "Use the file that the deployment wrote, unchanged.",
    cause: result.error,
  });
}

/**
 * A public deployment that this SDK knows.
 *
 * @param network name of the network or its chain id
 * @throws AssayError `UNKNOWN_DEPLOYMENT` if there is none
 *
 * @example
 * const deployment = publicDeployment("sepolia");
 */
export function publicDeployment(network: string | bigint | number): Deployment {
  const found = Object.entries(deployments).find(
    ([name, { chainId }]) => name === network || (typeof network !== "string" && BigInt(chainId) === BigInt(network)),
  );
  if (found !== undefined) return parseDeployment(found[1], `the deployment on ${found[0]}`);
  const known = Object.keys(deployments).join(", ");
  throw new AssayError({
    code: "UNKNOWN_DEPLOYMENT",
    message: `There is no public deployment on ${String(network)}.`,
    hint:
      known === "" ? "Name a deployment file in ASSAY_DEPLOYMENT." : `Use one of ${known}, or name a deployment file.`,
  });
}
