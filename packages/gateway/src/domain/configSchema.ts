import { getAddress, isAddress } from "ethers";
import { z } from "zod";

const MAX_UINT96 = 2n ** 96n - 1n;

/** An amount of the settlement asset in smallest units, as a string of digits: JSON numbers lose digits. */
const amount = z
  .string()
  .regex(/^\d{1,29}$/, "is not an amount: write smallest units as a string of digits")
  .transform(BigInt)
  .refine((value) => value <= MAX_UINT96, "does not fit 96 bits");

/** `.default` of a pipe takes the output, so these carry the parsed form. */
const amountOr = (value: bigint): z.ZodDefault<typeof amount> => amount.default(value);

const httpUrl = z.url({ protocol: /^https?$/, error: "is not an http or https URL" });
const path = z.string().min(1);

const address = z
  .string()
  .refine((value) => isAddress(value), "is not an address")
  .transform((value) => getAddress(value));

const modelSchema = z.strictObject({
  /** What clients call it. */
  name: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^\s]+$/, "must be one word"),
  modelId: z.union([z.string().regex(/^\d{1,78}$/, "is not a model id"), z.int().nonnegative()]).transform(BigInt),
  /** The latest one unless given. */
  version: z.int().min(1).optional(),
  /** File with the version's policy, where its own URI cannot be read. */
  policy: path.optional(),
});

const budgetSchema = z.strictObject({
  /** What a session is opened with, and topped up by. */
  perSession: amountOr(5_000_000n),
  /** Most that all sessions together may ever hold and spend. */
  total: amountOr(100_000_000n),
  /** A session with less left than this is topped up. */
  topUpBelow: amountOr(1_000_000n),
});

const sessionSchema = z.strictObject({
  /** Most that may be owed to a provider without a signature; a provider may take less. */
  creditLine: amountOr(500_000n),
  /** Least collateral of a batch, in bps of what it is paid: more collateral, fewer audits. */
  collateralBps: z.int().min(1).max(0xffff_ffff).default(50_000),
  /** Seconds between commit and payment of a batch that is not drawn. */
  disputeWindow: z.int().min(0).max(86_400).default(0),
  /** How long a session lasts, in seconds. */
  seconds: z.int().min(120).max(2_592_000).default(86_400),
  /** A session without requests for this long is closed. */
  idleSeconds: z.int().min(10).default(3_600),
  /** Requests that may wait for one session. */
  maxQueued: z.int().min(0).max(100_000).default(1_024),
  /** Longest wait of a request, in milliseconds. */
  queueMilliseconds: z.int().min(1).max(600_000).default(15_000),
  /** Longest time without a connection until a session is given up and closed, in seconds. */
  patienceSeconds: z.int().min(1).default(60),
});

const spotChecksSchema = z.strictObject({
  /** Part of the answers that another provider is asked for as well: 0.01 is one in a hundred. Each costs a further answer. */
  rate: z.number().min(0).max(1).default(0),
  /** Keep request and outputs of answers that differ. The only case in which a prompt is ever written to disk. */
  keepEvidence: z.boolean().default(false),
});

/** What the configuration file may hold; secrets are never in it. */
export const configSchema = z.strictObject({
  /** RPC servers of the chain, tried in this order. */
  rpcUrls: z.array(httpUrl).min(1),
  /** The deployment's file, or the name or chain id of a public one. */
  deployment: z.union([path, z.int().positive()]),
  /** Encrypted V3 keystore of the key that pays. */
  keystore: path,
  /** File whose first line is the keystore's password. */
  passwordFile: path,
  dataDir: path.default("assay-gateway-data"),
  host: z.string().min(1).default("127.0.0.1"),
  port: z.int().min(0).max(65_535).default(4_200),
  /** No API keys: everybody who reaches the port can spend. Only on a loopback address. */
  open: z.boolean().default(false),
  /** Origins that browsers may call from; none unless named, `*` for all. */
  corsOrigins: z.array(z.string().min(1)).default([]),
  maxBodyBytes: z
    .int()
    .min(1_024)
    .max(64 * 1024 * 1024)
    .default(1_048_576),
  logLevel: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
  /** How often the chain is looked at. */
  pollMilliseconds: z.int().min(50).max(60_000).default(2_000),
  /** Names for models. All models of the deployment can be named `assay/<id>` as well. */
  models: z
    .array(modelSchema)
    .refine(
      (models) => new Set(models.map(({ name }) => name.toLowerCase())).size === models.length,
      "names a model twice",
    )
    .default([]),
  providers: z
    .strictObject({
      /** Owner addresses; all unless named. */
      allow: z.array(address).default([]),
      deny: z.array(address).default([]),
    })
    .prefault({}),
  budget: budgetSchema.prefault({}),
  session: sessionSchema.prefault({}),
  routing: z
    .strictObject({
      /** Part of the requests that try another provider than the best one. */
      exploration: z.number().min(0).max(0.5).default(0.02),
      /** Providers that a request is sent to until it is given up. */
      maxAttempts: z.int().min(1).max(20).default(4),
      /** Longest time for one answer. */
      answerSeconds: z.int().min(1).max(3_600).default(600),
    })
    .prefault({}),
  spotChecks: spotChecksSchema.prefault({}),
  gas: z
    .strictObject({
      /** Most that is ever offered for a unit of gas, in wei. */
      maxFeePerGas: amountOr(200_000_000_000n),
      /** Balance of the key, in wei, below which `check` fails. */
      minBalance: amountOr(1_000_000_000_000_000n),
    })
    .prefault({}),
});

/** The configuration of a gateway, checked, with every default filled in. Paths are absolute. */
export type GatewayConfig = z.infer<typeof configSchema>;

/** True for addresses that only programs on this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
