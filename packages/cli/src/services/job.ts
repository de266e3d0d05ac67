import {
  AssayError,
  cancelJob,
  closeJob,
  expireJob,
  getBatch,
  getBatches,
  getJob,
  getModel,
  getProvider,
  getProviders,
  getSession,
  JobKind,
  type JobResult,
  JobStatus,
  prepareJob,
  priceOf,
  type ProviderInfo,
  type ReadContext,
  receiveAnswer,
  requestDocument,
  requestInference,
  waitForJob,
} from "@assay/sdk";
import { parseUnits } from "ethers";

import { readTextFile } from "../adapters/files.js";
import type { Arguments } from "../domain/arguments.js";
import { usage } from "../domain/errors.js";
import { momentText } from "../domain/time.js";
import { carryOut } from "./carryOut.js";
import type { CommandInput, Run } from "./command.js";

const STATUS_NAMES = new Map<bigint, string>(Object.entries(JobStatus).map(([name, value]) => [value, name]));

/** Milliseconds for which an ended job's answer is still asked for. */
const ANSWER_GRACE = 30_000;

/** What is to be bought. */
interface Wanted {
  readonly provider: string | undefined;
  readonly modelId: bigint;
  readonly collateralBps: bigint;
  readonly inputUnits: bigint;
  readonly maxOutputUnits: bigint;
}

/** A provider that serves the model, and what it asks for this request. */
interface Offer {
  readonly provider: string;
  readonly endpoint: string;
  readonly fee: bigint;
}

async function promptOf(args: Arguments): Promise<string> {
  const file = args.text("prompt-file");
  return file === undefined ? args.needed("prompt") : await readTextFile("The prompt file", file);
}

/** The provider that was named, or the cheapest that can be reached, of those that take such a job. */
async function chooseOffer(read: ReadContext, wanted: Wanted): Promise<Offer> {
  const { latestVersion } = await getModel(read, wanted);
  const { provider: name } = wanted;
  const providers = name === undefined ? await getProviders(read) : [await namedProvider(read, name)];
  const offers = providers.flatMap(({ provider, metadata }): Offer[] => {
    const model = metadata?.models.find(
      ({ modelId, version, maxCollateralBps = wanted.collateralBps }) =>
        modelId === wanted.modelId && version === latestVersion && maxCollateralBps >= wanted.collateralBps,
    );
    if (metadata === undefined || model === undefined) return [];
    const fee = priceOf(model.prices, wanted.inputUnits, wanted.maxOutputUnits);
    return [{ provider, endpoint: metadata.endpoint, fee }];
  });
  const [cheapest] = offers.sort((a, b) => (a.fee < b.fee ? -1 : a.fee > b.fee ? 1 : 0));
  if (cheapest !== undefined) return cheapest;
  throw new AssayError({
    code: "NO_PROVIDER_FOUND",
    message: `${name ?? "No provider that can be reached"} ${name === undefined ? "offers" : "does not offer"} version ${latestVersion} of model ${wanted.modelId} at this collateral.`,
    hint: "Ask for less collateral, name another model or provider, or try again when more providers are up.",
    retryable: true,
  });
}

async function namedProvider(read: ReadContext, provider: string): Promise<ProviderInfo> {
  const info = await getProvider(read, { provider });
  if (info.metadataError !== undefined) throw info.metadataError;
  return info;
}

async function follow({ read, say, money }: CommandInput, jobId: string): Promise<JobResult> {
  const result = await waitForJob(read, {
    jobId,
    onProgress: ({ type }) => {
      say(`job ${type}`);
    },
  });
  const { outcome, paid, refund } = result;
  say(`${outcome}: ${money(paid)} paid, ${money(refund)} refunded`);
  return result;
}

function summary({ jobId, outcome, audited, paid, refund, compensation, batchId, batch }: JobResult) {
  return { jobId, outcome, audited, paid, refund, compensation, batchId, p: batch?.p };
}

/** Follows a job to its end; with the requester's key it also brings the answer, whoever opened the job. */
export const wait: Run = async (input) => {
  const { read, act, args, say } = input;
  const jobId = args.hash(0, "JOB_ID");
  if (!args.hasKey) return summary(await follow(input, jobId));
  const [context, { job }] = await Promise.all([act(), getJob(read, { jobId })]);
  if (context.sender.address !== job.requester) {
    throw usage(`The answer is for the requester ${job.requester}: use its key, or none to see only how the job ends.`);
  }
  const stop = new AbortController();
  const answer = namedProvider(read, job.provider).then(({ metadata }) =>
    receiveAnswer(context, { endpoint: metadata?.endpoint ?? "", jobId, job, signal: stop.signal }),
  );
  // Awaited below; until then a failure must not count as unhandled.
  answer.catch(() => undefined);
  const result = await follow(input, jobId);
  if (result.batch === undefined) {
    stop.abort();
    return summary(result);
  }
  const timer = setTimeout(() => {
    stop.abort();
  }, ANSWER_GRACE);
  try {
    return { ...summary(result), answer: (await answer).text };
  } catch (error) {
    const gone = stop.signal.aborted || (AssayError.is(error) && error.retryable);
    if (!gone) throw error;
    say("The provider does not give the answer now; ask again later.");
    return { ...summary(result), answer: null };
  } finally {
    clearTimeout(timer);
  }
};

export const open: Run = async (input) => {
  const { read, act, args, say, confirm, money } = input;
  const prompt = await promptOf(args);
  const maxOutputUnits = args.integer("max-output", 128n);
  const [modelId, collateralBps] = [args.integer("model"), collateralOf(args)];
  const request = { prompt, maxOutputUnits: Number(maxOutputUnits) };
  const { requestHash } = requestDocument(request);
  const inputUnits = BigInt(new TextEncoder().encode(prompt).length);
  const provider = args.address("provider");
  const offer = await chooseOffer(read, { provider, modelId, collateralBps, inputUnits, maxOutputUnits });
  const fee = args.text("fee") === undefined ? offer.fee : args.amount(args.needed("fee"));
  const terms = { provider: offer.provider, modelId, collateralBps };
  const context = await act();
  const requester = context.sender.address;
  const { preview, commitment } = await prepareJob(read, {
    ...terms,
    requester,
    requests: [{ hash: requestHash, fee }],
  });
  const { p, premium, royalty, protocolFee, providerPay } = preview;
  say(`Provider ${offer.provider} asks ${money(offer.fee)} and locks at least ${money(commitment.collateral)}.`);
  say(
    `Of ${money(fee)} it gets ${money(providerPay)}, the model's owner ${money(royalty)}, ` +
      `the protocol ${money(protocolFee)}, the audit pool ${money(premium)}. Audited with p = ${percent(p)}.`,
  );
  await confirm(`Pay ${money(fee)} for the answer?`);
  const { jobId, text, batch } = await requestInference(context, {
    ...terms,
    endpoint: offer.endpoint,
    fee,
    request,
    onOpened: (opened) => {
      say(`Job ${opened.jobId} is open; "wait" finds it again by this id.`);
    },
  });
  say(`\n${prompt}${text}\n`);
  const bought = { provider: offer.provider, fee, collateral: batch.collateral, p: batch.p, answer: text };
  return args.flag("no-wait") ? { jobId, ...bought } : { ...summary(await follow(input, jobId)), ...bought };
};

function percent(wad: bigint): string {
  return `${(Number(wad) / 1e16).toFixed(1)} %`;
}

function collateralOf(args: Arguments): bigint {
  const text = args.text("collateral") ?? "5";
  if (/^\d{1,5}(\.\d{1,4})?$/.test(text)) return parseUnits(text, 4);
  throw usage(`--collateral is a multiple of the price with at most 4 decimals, like 2.5, not "${text}".`);
}

export const show: Run = async ({ read, args }) => {
  const jobId = args.hash(0, "JOB_ID");
  const { job, status } = await getJob(read, { jobId });
  if (job.kind === JobKind.Session) {
    const session = await getSession(read, { jobId });
    const batches = await getBatches(read, { jobId });
    return { jobId, ...session, status: STATUS_NAMES.get(session.status), job, batches };
  }
  const batch = await getBatch(read, { jobId });
  return { jobId, status: STATUS_NAMES.get(status), job, batch: batch?.batch, batchId: batch?.batchId };
};

/** Ends a session. Who asks decides whether the provider still has its grace period. */
export const close: Run = async (input) => {
  const { read, act, args, money } = input;
  const jobId = args.hash(0, "JOB_ID");
  const [{ job }, { status, remaining, nextNonce, closesAt }, context] = await Promise.all([
    getJob(read, { jobId }),
    getSession(read, { jobId }),
    act(),
  ]);
  const asRequester = context.sender.address === job.requester;
  const result = await carryOut(
    input,
    {
      title: `Close the session ${jobId}`,
      facts: [
        ["state", STATUS_NAMES.get(status) ?? "unknown"],
        ["committed so far", `${nextNonce} receipts`],
        ["goes back to the requester", money(remaining)],
        ...(closesAt > 0n ? ([["closes at", momentText(closesAt)]] as const) : []),
      ],
      warnings:
        asRequester && closesAt === 0n
          ? ["The provider can still commit what is signed until the grace period ends; then close it once more."]
          : [],
      question: "Close it?",
    },
    async (acting) => await closeJob(acting, { job }),
  );
  return result;
};

export const cancel: Run = async ({ read, act, args }) => {
  const { job } = await getJob(read, { jobId: args.hash(0, "JOB_ID") });
  return await cancelJob(await act(), { job });
};

export const expire: Run = async ({ read, act, args }) => {
  const { job } = await getJob(read, { jobId: args.hash(0, "JOB_ID") });
  return await expireJob(await act(), { job });
};
