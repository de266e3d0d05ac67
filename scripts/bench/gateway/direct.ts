/** Asks the worker itself, over a session of its own and without a gateway: what the gateway's latency is compared with. */
import path from "node:path";

import {
  assayDomain,
  AssayError,
  getQuote,
  type Job,
  JobKind,
  openJob,
  prepareJob,
  requestDocument,
  signerSender,
} from "@assay/sdk";
import { FastSigner } from "@assay/sdk/node";
import { prepareRequest, SessionClient } from "@assay/gateway";
import { id, ZeroHash } from "ethers";
import { pino } from "pino";

import { MAX_TOKENS, PROMPT } from "./answer.js";
import type { Stack } from "./stack.js";

const BUDGET = 5_000_000n;
const READY_MILLISECONDS = 30_000;

/** Opens a session and asks at a rate. @returns the median milliseconds of an answer, and how many failed */
export async function askDirectly(
  { contracts, provider, network, requester, folder }: Stack,
  { rate, seconds, round }: { rate: number; seconds: number; round: number },
): Promise<{ medianMs: number; failed: number }> {
  const sender = await signerSender(requester);
  const { job: draft } = await prepareJob(
    { contracts },
    {
      requester: requester.address,
      provider: provider.owner.address,
      modelId: network.modelId,
      requests: [{ hash: id("draft"), fee: BUDGET }],
      collateralBps: 1_000_000n,
    },
  );
  const job: Job = {
    ...draft,
    kind: JobKind.Session,
    units: 0n,
    requestHash: ZeroHash,
    inputPrice: 1_000n,
    outputPrice: 1_000n,
    creditLine: 100_000n,
  };
  const { quote } = await getQuote({ contracts }, { endpoint: provider.endpoint, job, request: "" });
  const { jobId } = await openJob({ contracts, sender }, { job, quote });
  const client = await SessionClient.open({
    terms: {
      jobId,
      job,
      domain: assayDomain(contracts.chainId, contracts.deployment.contracts.JobEscrow),
      policyId: network.policy.policyId,
      unit: "bytes",
      endpoint: provider.endpoint,
      signers: [provider.operator, provider.owner.address],
    },
    signer: new FastSigner(requester.privateKey),
    folder: path.join(folder, `direct-${round}`),
    escrowed: BUDGET,
    logger: pino({ level: "silent" }),
  });
  try {
    await ready(client);
    return await askAtRate(client, rate, seconds);
  } finally {
    await client.close();
  }
}

async function ready(client: SessionClient): Promise<void> {
  const end = performance.now() + READY_MILLISECONDS;
  while (client.status !== "ready") {
    if (performance.now() > end) {
      throw new AssayError({ code: "INTERNAL", message: "The worker did not take the session." });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function askAtRate(
  client: SessionClient,
  rate: number,
  seconds: number,
): Promise<{ medianMs: number; failed: number }> {
  const messages = [{ role: "user", content: PROMPT }];
  const { request, json } = requestDocument({ messages, maxOutputUnits: MAX_TOKENS });
  const latencies: number[] = [];
  let failed = 0;
  const ask = (): Promise<void> =>
    new Promise((resolve) => {
      const begin = performance.now();
      client.ask({
        prepared: prepareRequest(request, json),
        stream: false,
        keyId: 0,
        onPiece: () => undefined,
        onAnswered: () => {
          latencies.push(performance.now() - begin);
          resolve();
        },
        onFailed: () => {
          failed += 1;
          resolve();
        },
      });
    });
  const asked: Promise<void>[] = [];
  const begin = performance.now();
  for (let sent = 0; sent < rate * seconds; ++sent) {
    const wait = begin + (sent * 1_000) / rate - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    asked.push(ask());
  }
  await Promise.all(asked);
  latencies.sort((a, b) => a - b);
  return { medianMs: latencies[latencies.length >> 1] ?? NaN, failed };
}
