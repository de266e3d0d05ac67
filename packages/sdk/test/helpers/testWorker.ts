import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

import { commitBatch } from "../../src/actions/commitBatch.js";
import { getJob } from "../../src/actions/getJob.js";
import { signQuote } from "../../src/actions/signQuote.js";
import { AssayError } from "../../src/errors.js";
import { assayDomain } from "../../src/protocol/eip712.js";
import { jobId as hashOf } from "../../src/protocol/receipts.js";
import {
  checkOutputAuthorization,
  type JobAnswer,
  jobRequestSchema,
  quoteRequestSchema,
  toWireJson,
} from "../../src/protocol/workerApi.js";
import type { Actor } from "./network.js";
import { serve, type Work } from "./work.js";

/** A worker's HTTP side without its engine: it answers every job with the same text. */
export interface TestWorker {
  readonly url: string;
  /** Changes what it does. */
  behaviour: {
    quote?: (signature: string) => unknown;
    commits?: boolean;
    answer?: (answer: JobAnswer) => JobAnswer;
    raw?: { status: number; body: string };
  };
  stop(): Promise<void>;
}

export async function startTestWorker(operator: Actor): Promise<TestWorker> {
  const { chainId, deployment } = operator.contracts;
  const domain = assayDomain(chainId, deployment.contracts.JobEscrow);
  const served = new Map<string, Work>();

  const quote = async (body: string): Promise<unknown> => {
    const { job } = quoteRequestSchema.parse(JSON.parse(body));
    const signature = await signQuote(operator, { job });
    const collateral = (job.budget * job.collateralBps) / 10_000n;
    return worker.behaviour.quote?.(signature) ?? { jobId: hashOf(job, domain), quote: signature, collateral };
  };
  const take = async (jobId: string, body: string): Promise<unknown> => {
    jobRequestSchema.parse(JSON.parse(body));
    const { job } = await getJob(operator, { jobId });
    const collateral = (job.budget * job.collateralBps) / 10_000n;
    const draft = { root: "", total: job.budget, collateral, count: 1n, maxLeafFee: job.budget };
    const work = serve({ job, jobId, commitment: draft });
    if (worker.behaviour.commits !== false) await commitBatch(operator, { job, commitment: work.commitment });
    served.set(jobId, work);
    return { jobId };
  };
  let asked = 0;
  const output = async (jobId: string, header: string | undefined): Promise<[number, unknown]> => {
    const { job } = await getJob(operator, { jobId });
    const now = BigInt(Math.floor(Date.now() / 1_000));
    checkOutputAuthorization(header, { domain, jobId, requester: job.requester, now });
    const work = served.get(jobId);
    asked += 1;
    // The first question always comes too early.
    if (work === undefined || asked === 1 || worker.behaviour.commits === false) {
      return [202, { jobId, status: "running" }];
    }
    return [200, worker.behaviour.answer?.(work.answer) ?? work.answer];
  };

  const route = async (request: IncomingMessage, body: string): Promise<[number, unknown]> => {
    const [, jobId = "", what] = /^\/v1\/jobs\/(0x[0-9a-f]{64})\/(request|output)$/.exec(request.url ?? "") ?? [];
    if (request.url === "/v1/quotes") return [200, await quote(body)];
    if (what === "request") return [202, await take(jobId, body)];
    if (what === "output") return await output(jobId, request.headers.authorization);
    return [404, { error: { code: "NOT_FOUND", message: "There is no such path." } }];
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { raw } = worker.behaviour;
    if (raw !== undefined) {
      response.writeHead(raw.status).end(raw.body);
      return;
    }
    try {
      const [status, value] = await route(request, Buffer.concat(chunks).toString());
      response.writeHead(status, { "content-type": "application/json" }).end(toWireJson(value));
    } catch (error) {
      const { code, message, hint } = AssayError.is(error) ? error : { code: "BUG", message: String(error) };
      response.writeHead(400).end(toWireJson({ error: { code, message, hint } }));
    }
  };

  const server = createServer((request, response) => {
    void handle(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("no port");
  const worker: TestWorker = {
    url: `http://127.0.0.1:${address.port}`,
    behaviour: {},
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return worker;
}
