import { setTimeout as sleep } from "node:timers/promises";

import { AssayError, type Contracts, getBatches, queryEvents, type VerifiedReceipt, verifyReceipt } from "@assay/sdk";
import OpenAI from "openai";

import type { DemoGateway } from "./network.js";
import type { DemoProvider } from "./setUp.js";

/** Requests of the session, all asked at once. */
export const SESSION_REQUESTS = 1_024;
const MAX_TOKENS = 48;
const SETTLE_MILLISECONDS = 240_000;
const POLLING = 250;

/** What a client of the gateway got, and what the chain says about it. */
export interface SessionReport {
  readonly jobId: string;
  readonly answered: number;
  readonly seconds: number;
  /** Batches that the answers were settled in. */
  readonly batches: number;
  /** Receipts in them. */
  readonly receipts: number;
  readonly commitGas: number;
  readonly finalizeGas: number;
  readonly gasPerInference: number;
  readonly audited: boolean;
  /** What the requester pays for all answers; the batches' totals. */
  readonly cost: bigint;
  readonly answer: string;
  /** What the portable receipt of that answer proves. */
  readonly receipt: VerifiedReceipt;
  /** Everything that was answered is in the batches, at the price of the receipts, and nothing else is. */
  readonly holds: boolean;
}

/** An answer with what the gateway adds to it. */
type Completion = OpenAI.Chat.ChatCompletion & {
  readonly assay: { readonly receipt: string; readonly provider: string; readonly cost: string };
};

/** Asks a provider everything at once, through the gateway and OpenAI's own client, as an application would. */
export async function askAtOnce(
  gateway: DemoGateway,
  provider: DemoProvider,
  model: string,
  prompts: readonly string[],
): Promise<{ answers: readonly Completion[]; seconds: number }> {
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "none", maxRetries: 0 });
  const routing = { provider: { only: [provider.owner.address] } };
  const begin = performance.now();
  const answers = await Promise.all(
    Array.from({ length: SESSION_REQUESTS }, async (_, index) => {
      const content = `${prompts[index % prompts.length] ?? ""} (${index + 1})`;
      const body = { model, messages: [{ role: "user" as const, content }], max_tokens: MAX_TOKENS, ...routing };
      return (await client.chat.completions.create(body)) as Completion;
    }),
  );
  return { answers, seconds: (performance.now() - begin) / 1_000 };
}

/** Waits until everything that was answered is settled, and compares what the chain has with what the client got. */
export async function settled(
  contracts: Contracts,
  gateway: DemoGateway,
  { answers, seconds }: { answers: readonly Completion[]; seconds: number },
  signal: AbortSignal,
): Promise<SessionReport> {
  const [first] = answers;
  if (first === undefined) throw new AssayError({ code: "INTERNAL", message: "The gateway answered nothing." });
  const [, session = ""] = /^rcpt_([0-9a-f]{64})_/.exec(first.assay.receipt) ?? [];
  const jobId = `0x${session}`;
  const { batches, gas, audited } = await untilPaid(contracts, jobId, answers.length, signal);
  const receipts = batches.reduce((sum, { batch }) => sum + Number(batch.count), 0);
  const cost = batches.reduce((sum, { batch }) => sum + batch.total, 0n);
  const asked = answers.reduce((sum, { assay }) => sum + BigInt(assay.cost), 0n);
  const answer = first.choices[0]?.message.content ?? "";
  const document: unknown = await (await fetch(`${gateway.url}/v1/receipts/${first.assay.receipt}`)).json();
  const output = new TextEncoder().encode(answer);
  const receipt = await verifyReceipt({ contracts }, { document, output });
  return {
    jobId,
    answered: answers.length,
    seconds,
    batches: batches.length,
    receipts,
    commitGas: gas.commit,
    finalizeGas: gas.finalize,
    gasPerInference: Math.round((gas.commit + gas.finalize) / receipts),
    audited,
    cost,
    answer,
    receipt,
    holds: receipts === answers.length && cost === asked && receipt.batch?.settlement === "paid",
  };
}

async function untilPaid(contracts: Contracts, jobId: string, receipts: number, signal: AbortSignal) {
  const { escrow, provider } = contracts;
  const { BatchPaid, BatchAudited } = escrow.filters;
  const gasOf = async (hash: string): Promise<number> =>
    Number((await provider.getTransactionReceipt(hash))?.gasUsed ?? 0n);
  const end = Date.now() + SETTLE_MILLISECONDS;
  while (Date.now() < end) {
    signal.throwIfAborted();
    const batches = await getBatches({ contracts }, { jobId });
    const paid = await queryEvents({ contracts }, escrow, BatchPaid, BatchPaid(undefined, jobId));
    const count = batches.reduce((sum, { batch }) => sum + Number(batch.count), 0);
    if (count >= receipts && paid.length === batches.length) {
      const audits = await queryEvents({ contracts }, escrow, BatchAudited, BatchAudited(undefined, jobId));
      const committed = await escrow.queryFilter(escrow.filters.BatchCommitted(undefined, jobId));
      const gas = { commit: 0, finalize: 0 };
      for (const { transactionHash } of committed) gas.commit += await gasOf(transactionHash);
      for (const { transactionHash } of paid) gas.finalize += await gasOf(transactionHash);
      return { batches, gas, audited: audits.length > 0 };
    }
    await sleep(POLLING, undefined, { signal });
  }
  throw new AssayError({
    code: "SESSION_UNSETTLED",
    message: `The session ${jobId} was not settled in ${SETTLE_MILLISECONDS / 1_000} seconds.`,
    hint: "Look at the worker's log.",
  });
}
