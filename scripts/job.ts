import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";

import {
  AssayError,
  cancelJob,
  expireJob,
  getBatch,
  getJob,
  getProviders,
  JobStatus,
  priceOf,
  type ProviderMetadata,
  type ReadContext,
  requestInference,
  waitForJob,
} from "@assay/sdk";
import { parseUnits } from "ethers";

import { type Arguments, type Command, type CommandInput, runScript, usage } from "./lib/command.js";

const STATUS_NAMES = new Map<bigint, string>(Object.entries(JobStatus).map(([name, value]) => [value, name]));

/** A provider that serves the model, and what it asks for this request. */
interface Offer {
  readonly provider: string;
  readonly endpoint: string;
  readonly fee: bigint;
}

async function promptOf(args: Arguments): Promise<string> {
  const file = args.text("prompt-file");
  if (file === undefined) return args.needed("prompt");
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw usage(`The prompt file ${file} cannot be read.`, cause);
  }
}

/** The provider that was named, or the cheapest that can be reached. */
async function chooseOffer(
  read: ReadContext,
  wanted: { provider: string | undefined; modelId: bigint; inputUnits: bigint; maxOutputUnits: bigint },
): Promise<Offer> {
  const served = ({ models }: ProviderMetadata) => models.find(({ modelId }) => modelId === wanted.modelId);
  const offers = (await getProviders(read)).flatMap(({ provider, metadata }): Offer[] => {
    const model = metadata === undefined ? undefined : served(metadata);
    if (metadata === undefined || model === undefined) return [];
    if (wanted.provider !== undefined && wanted.provider !== provider) return [];
    const fee = priceOf(model.prices, wanted.inputUnits, wanted.maxOutputUnits);
    return [{ provider, endpoint: metadata.endpoint, fee }];
  });
  const [cheapest] = offers.sort((a, b) => (a.fee < b.fee ? -1 : a.fee > b.fee ? 1 : 0));
  if (cheapest !== undefined) return cheapest;
  throw new AssayError({
    code: "NO_PROVIDER_FOUND",
    message: `No ${wanted.provider === undefined ? "provider" : "such provider"} with readable metadata serves model ${wanted.modelId}.`,
    hint: "Name another model or provider, or try again when providers are up.",
    retryable: true,
  });
}

async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY) throw usage("Nobody is there to confirm: add --yes.");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim())) {
    throw new AssayError({ code: "DECLINED", message: "Nothing was sent." });
  }
}

async function follow({ read, say, money }: CommandInput, jobId: string): Promise<Record<string, unknown>> {
  const result = await waitForJob(read, {
    jobId,
    onProgress: ({ type }) => {
      say(`job ${type}`);
    },
  });
  const { outcome, audited, paid, refund, compensation, batchId } = result;
  say(`${outcome}: ${money(paid)} paid, ${money(refund)} refunded`);
  return { jobId, outcome, audited, paid, refund, compensation, batchId };
}

const open: Command = {
  about: "buy an answer: quote, job, answer, check, result",
  options: {
    model: { type: "string" },
    provider: { type: "string" },
    prompt: { type: "string" },
    "prompt-file": { type: "string" },
    "max-output": { type: "string" },
    collateral: { type: "string" },
    fee: { type: "string" },
    "no-wait": { type: "boolean" },
    yes: { type: "boolean", short: "y" },
  },
  run: async (input) => {
    const { read, act, args, say, money } = input;
    const prompt = await promptOf(args);
    const maxOutputUnits = args.integer("max-output", 128n);
    const modelId = args.integer("model");
    const inputUnits = BigInt(new TextEncoder().encode(prompt).length);
    const offer = await chooseOffer(read, { provider: args.address("provider"), modelId, inputUnits, maxOutputUnits });
    const fee = args.text("fee") === undefined ? offer.fee : args.amount(args.needed("fee"));
    const context = await act();
    say(`Provider ${offer.provider} asks ${money(offer.fee)}.`);
    if (!args.flag("yes")) await confirm(`Pay ${money(fee)} for the answer?`);
    const { jobId, text, batch } = await requestInference(context, {
      endpoint: offer.endpoint,
      provider: offer.provider,
      modelId,
      collateralBps: collateralOf(args),
      fee,
      request: { prompt, maxOutputUnits: Number(maxOutputUnits) },
      onPrepared: ({ preview }) => {
        say(`Audited with p = ${(Number(preview.p) / 1e16).toFixed(1)} %; the premium is ${money(preview.premium)}.`);
      },
      onOpened: (opened) => {
        say(`Job ${opened.jobId} is open; "wait" finds it again by this id.`);
      },
    });
    say(`\n${prompt}${text}\n`);
    if (args.flag("no-wait")) return { jobId, answer: text, p: batch.p };
    return { ...(await follow(input, jobId)), answer: text, p: batch.p };
  },
};

function collateralOf(args: Arguments): bigint {
  const text = args.text("collateral") ?? "5";
  try {
    return parseUnits(text, 4);
  } catch (cause) {
    throw usage(`--collateral is a multiple of the price, like 2.5, not "${text}".`, cause);
  }
}

await runScript("job", "One-shot jobs of a requester.", {
  open,
  wait: {
    takes: "JOB_ID",
    about: "follow a job to its end",
    run: async (input) => await follow(input, input.args.hash(0, "JOB_ID")),
  },
  show: {
    takes: "JOB_ID",
    about: "terms, state and batch of a job",
    run: async ({ read, args }) => {
      const jobId = args.hash(0, "JOB_ID");
      const { job, status } = await getJob(read, { jobId });
      const batch = await getBatch(read, { jobId });
      return { jobId, status: STATUS_NAMES.get(status), job, batch: batch?.batch, batchId: batch?.batchId };
    },
  },
  cancel: {
    takes: "JOB_ID",
    about: "take back a job that no provider has accepted",
    run: async ({ read, act, args }) => {
      const { job } = await getJob(read, { jobId: args.hash(0, "JOB_ID") });
      return await cancelJob(await act(), { job });
    },
  },
  expire: {
    takes: "JOB_ID",
    about: "refund a job that was not delivered in time; any key",
    run: async ({ read, act, args }) => {
      const { job } = await getJob(read, { jobId: args.hash(0, "JOB_ID") });
      return await expireJob(await act(), { job });
    },
  },
});
