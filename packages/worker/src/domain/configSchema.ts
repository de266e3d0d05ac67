import { MODEL_ENDPOINTS } from "@assay/sdk";
import { getAddress, isAddress } from "ethers";
import { z } from "zod";

import { MAX_ORDER } from "./ngram.js";

const MAX_UINT96 = 2n ** 96n - 1n;

/** An amount of the settlement asset in smallest units, as a string of digits: JSON numbers lose digits. */
const amount = z
  .string()
  .regex(/^\d{1,29}$/, "is not an amount: write smallest units as a string of digits")
  .transform(BigInt)
  .refine((value) => value <= MAX_UINT96, "does not fit 96 bits");

/** `.default` of a pipe takes the output, so these carry the parsed form. */
const amountOr = (value: bigint): z.ZodDefault<typeof amount> => amount.default(value);

const seconds = z.int().nonnegative();
const httpUrl = z.url({ protocol: /^https?$/, error: "is not an http or https URL" });
const path = z.string().min(1);

const address = z
  .string()
  .refine((value) => isAddress(value), "is not an address")
  .transform((value) => getAddress(value));

const name = z.string().min(1).max(200);

/** A server that speaks OpenAI's API: vLLM, SGLang, the server of llama.cpp, Ollama, ... */
const openaiEngineSchema = z.strictObject({
  type: z.literal("openai"),
  /** Base of its paths, with or without `/v1`. */
  url: httpUrl,
  /** Name that the server has for the model. */
  model: name,
  /** File whose first line is the server's API key. */
  apiKeyFile: path.optional(),
  /** Longest silence of the server, also before its first piece. */
  timeoutSeconds: z.int().min(1).max(3_600).default(120),
  endpoints: z.array(z.enum(MODEL_ENDPOINTS)).min(1).default(["chat", "completions"]),
  /** What the server runs, as the operator knows it: a server cannot be asked. Held against the policy, field by field. */
  pins: z.strictObject({
    engine: name,
    engineVersion: name,
    weights: z.string().regex(/^0x[0-9a-f]{64}$/, "is not 32 bytes in lower-case hex"),
    tokenizer: name,
    template: name,
    precision: z.strictObject({ weights: name, activations: name, kvCache: name }),
    hardwareClass: name,
  }),
});

export type OpenaiEngineConfig = z.infer<typeof openaiEngineSchema>;

const modelSchema = z
  .strictObject({
    /** Token id in the registry. */
    modelId: z.union([z.string().regex(/^\d{1,78}$/, "is not a model id"), z.int().nonnegative()]).transform(BigInt),
    version: z.int().min(1),
    /** The version's policy: canonical JSON whose hash the registry holds. */
    policy: path,
    /** Training text of the embedded n-gram engine. */
    weights: path.optional(),
    order: z.int().min(1).max(MAX_ORDER).optional(),
    /** An engine elsewhere instead of the embedded one. */
    engine: openaiEngineSchema.optional(),
    /** False: only audits others' work on this model, sells none. */
    serve: z.boolean().default(true),
    price: z
      .strictObject({
        perJob: amountOr(0n),
        perMillionInputUnits: amountOr(0n),
        perMillionOutputUnits: amountOr(0n),
      })
      .prefault({}),
  })
  .superRefine(({ engine, weights, order }, context) => {
    const embedded = { weights, order };
    for (const key of ["weights", "order"] as const) {
      if (engine === undefined && embedded[key] === undefined) {
        context.addIssue({ code: "custom", path: [key], message: "is missing, or else engine" });
      } else if (engine !== undefined && embedded[key] !== undefined) {
        context.addIssue({
          code: "custom",
          path: [key],
          message: "belongs to the embedded engine, not to an openai one",
        });
      }
    }
  });

const limitsSchema = z.strictObject({
  /** Jobs that may be quoted or open at once. */
  maxOpenJobs: z.int().min(1).default(256),
  /** Most collateral, in bps of the fee, that a job may ask for (100× by default). */
  maxCollateralBps: z.int().min(1).max(0xffff_ffff).default(1_000_000),
  /** Least collateral, in bps of the fee, that is locked even if a job asks for less: more collateral, fewer audits. */
  minCollateralBps: z.int().min(0).max(0xffff_ffff).default(0),
  /** Least time that must be left until `commitBy` when a job is taken. */
  minServeSeconds: seconds.default(60),
  /** Longest time that a quote may wait for its use: stake is kept free for it. */
  maxQuoteSeconds: seconds.default(900),
  /** Longest dispute window of a job. */
  maxDisputeWindow: seconds.default(86_400),
  /** Longest time for one answer. */
  generateSeconds: seconds.min(1).default(300),
});

const dutiesSchema = z.strictObject({
  /** Servers of drand's HTTP API; the deployment's own when empty. */
  beaconUrls: z.array(httpUrl).default([]),
  /**
   * Between two providers' turns at a duty that any of them can do (posting a round, tallying, expiring): long enough for a
   * transaction to be seen, so that they do not race.
   */
  turnSeconds: z.number().min(0).max(600).default(15),
});

const batchSchema = z.strictObject({
  /** A batch is committed when so much is signed, in smallest units; by age and need alone when left out. */
  minTotal: amount.optional(),
  /** A batch is committed when its oldest signed receipt is so old. */
  maxAgeSeconds: seconds.min(1).default(3_600),
  /** A batch is committed so long before the chain takes it no more. */
  marginSeconds: seconds.default(600),
});

const sessionSchema = z.strictObject({
  /** Most that is served beyond the last voucher, in smallest units; a few of the model's largest answers when left out. */
  creditLine: amount.optional(),
  /** Most that a session may hold when it is opened; no limit when left out. */
  maxBudget: amount.optional(),
  /** Longest session. */
  maxSeconds: seconds.min(60).max(31_536_000).default(604_800),
  /** Requests that may be in work at once in a session. */
  maxConcurrent: z.int().min(1).max(65_536).default(256),
  batch: batchSchema.prefault({}),
});

const gasSchema = z.strictObject({
  /** Most that is ever offered for a unit of gas, in wei. */
  maxFeePerGas: amountOr(200_000_000_000n),
  /** Balance of the operator, in wei, below which the worker does not start and warns. */
  minBalance: amountOr(1_000_000_000_000_000n),
});

/** What the configuration file may hold; each key may be left out, secrets are never in it. */
export const configSchema = z.strictObject({
  /** RPC servers of the chain, tried in this order. */
  rpcUrls: z.array(httpUrl).min(1),
  /** The deployment's file, or the name or chain id of a public one. */
  deployment: z.union([path, z.int().positive()]),
  /** Encrypted V3 keystore of the operator key. */
  keystore: path,
  /** File whose first line is the keystore's password. */
  passwordFile: path,
  /** Owner address of the provider, checked against the registration; found through the operator when left out. */
  provider: address.optional(),
  dataDir: path.default("assay-worker-data"),
  host: z.string().min(1).default("127.0.0.1"),
  port: z.int().min(0).max(65_535).default(4_100),
  /** Where requesters reach this worker, if not at host and port. */
  publicUrl: httpUrl.optional(),
  logLevel: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
  /** How often the chain is looked at. */
  pollMilliseconds: z.int().min(50).max(60_000).default(2_000),
  /** Blocks after which an event counts as settled enough to spend on; a reorganisation deeper than that still rolls back. */
  confirmations: z.int().min(0).max(256).default(0),
  models: z
    .array(modelSchema)
    .min(1)
    .refine(
      (models) => new Set(models.map(({ modelId, version }) => `${modelId}/${version}`)).size === models.length,
      "names a model version twice",
    ),
  limits: limitsSchema.prefault({}),
  session: sessionSchema.prefault({}),
  duties: dutiesSchema.prefault({}),
  gas: gasSchema.prefault({}),
});

/** The configuration of a worker, checked, with every default filled in. Paths are absolute. */
export interface WorkerConfig extends z.infer<typeof configSchema> {
  /** Postgres instead of the data folder's own database. From the environment only: it may hold a password. */
  readonly databaseUrl?: string | undefined;
}

export type ModelConfig = WorkerConfig["models"][number];

/** Names a model version in maps and logs. */
export function modelKey(modelId: bigint, version: number | bigint): string {
  return `${modelId}/${version}`;
}
