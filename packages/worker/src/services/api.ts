import {
  AssayError,
  assayDomain,
  checkOutputAuthorization,
  type JobAnswer,
  type JobPending,
  jobRequestSchema,
  type ProviderMetadata,
  quoteRequestSchema,
} from "@assay/sdk";
import { encodeBase64 } from "ethers";
import type { z } from "zod";

import type { HttpReply, Route } from "../adapters/http/httpServer.js";
import type { Metrics } from "../adapters/metrics.js";
import type { JobRecord } from "../domain/job.js";
import type { WorkerContext } from "./context.js";
import { type Intake, unknownJob } from "./intake.js";
import { pendingStatus } from "./jobService.js";

/** Status of the errors whose status is not 400, or 503 if retryable. */
export const API_STATUSES: Readonly<Record<string, number>> = {
  UNKNOWN_JOB: 404,
  OUTPUT_UNAUTHORIZED: 401,
  JOB_REFUSED: 409,
  JOB_OVER: 410,
  JOB_ASSIGNED: 410,
  REQUEST_TOO_LARGE: 413,
  REQUEST_MISMATCH: 422,
};

/** A request's bytes may grow sixfold in JSON; the terms of a job take less than this. */
const JSON_GROWTH = 6;
const TERMS_BYTES = 8_192;
const JOB_ID = /^0x[0-9a-f]{64}$/;

/** What the routes need of the worker; `runtime` is there once the chain was reached. */
export interface ApiHost {
  readonly runtime: () => { readonly context: WorkerContext; readonly intake: Intake } | undefined;
  readonly metadata: () => ProviderMetadata;
  readonly metrics: Metrics;
  /** Why the worker is not ready, in words; empty if it is. */
  readonly problems: () => readonly string[];
  readonly maxDataBytes: number;
}

/** The worker's HTTP API; the SDK's `workerApi` says what goes in and out. */
export function apiRoutes(host: ApiHost): Route[] {
  const bodyLimit = host.maxDataBytes * JSON_GROWTH + TERMS_BYTES;
  return [
    {
      method: "POST",
      path: "/v1/quotes",
      handle: async ({ json }) => {
        const body = parse(quoteRequestSchema, await json(bodyLimit));
        return { status: 200, body: await started(host).intake.quote(body) };
      },
    },
    {
      method: "POST",
      path: "/v1/jobs/:id/request",
      handle: async ({ params, json }) => {
        const jobId = jobIdOf(params);
        const { request } = parse(jobRequestSchema, await json(bodyLimit));
        await started(host).intake.takeRequest(jobId, request);
        return { status: 202, body: { jobId } };
      },
    },
    {
      method: "GET",
      path: "/v1/jobs/:id/output",
      handle: async ({ params, headers }) =>
        await output(started(host).context, jobIdOf(params), headers.authorization),
    },
    { method: "GET", path: "/v1/provider", handle: () => ({ status: 200, body: host.metadata() }) },
    { method: "GET", path: "/health", handle: () => health(host, 200) },
    { method: "GET", path: "/ready", handle: () => health(host, 503) },
    {
      method: "GET",
      path: "/metrics",
      handle: async () => ({
        status: 200,
        body: await host.metrics.render(),
        type: "text/plain; version=0.0.4; charset=utf-8",
      }),
    },
  ];
}

/** `/health` says that the process lives, `/ready` that it can take jobs; both say what is wrong. */
function health({ problems }: ApiHost, statusWhenNot: number): HttpReply {
  const found = problems();
  return found.length === 0
    ? { status: 200, body: { status: "ok", problems: [] } }
    : { status: statusWhenNot, body: { status: "degraded", problems: found } };
}

/** An answer is given away when its batch is on the chain: from then on the provider is bound to it. */
async function output(
  { contracts, jobs }: WorkerContext,
  jobId: string,
  authorization: string | undefined,
): Promise<HttpReply> {
  const record = await jobs.find(jobId);
  if (record === undefined) throw unknownJob(jobId);
  checkOutputAuthorization(authorization, {
    domain: assayDomain(contracts.chainId, contracts.deployment.contracts.JobEscrow),
    jobId,
    requester: record.job.requester,
    now: BigInt(Math.floor(Date.now() / 1_000)),
  });
  const { answer, batchId } = record;
  if (answer !== undefined && batchId !== undefined) {
    const body: JobAnswer = {
      jobId,
      output: encodeBase64(answer.output),
      receipt: answer.receipt,
      salt: answer.salt,
    };
    return { status: 200, body };
  }
  refuseIfOver(record);
  const body: JobPending = { jobId, status: pendingStatus(record) };
  return { status: 202, body };
}

function refuseIfOver({ jobId, stage, failure }: JobRecord): void {
  if (failure !== undefined) {
    throw new AssayError({
      code: "JOB_REFUSED",
      message: `The worker does not serve the job ${jobId}: ${failure}`,
      hint: "Cancel it, or let it expire: the budget comes back.",
    });
  }
  if (stage === "assigned") {
    throw new AssayError({
      code: "JOB_ASSIGNED",
      message: `The open job ${jobId} was accepted and goes on under another id.`,
      hint: "The JobAssigned event names the id and the provider.",
    });
  }
  if (stage === "cancelled" || stage === "expired") {
    throw new AssayError({ code: "JOB_OVER", message: `The job ${jobId} was ${stage} before it was committed.` });
  }
}

function started(host: ApiHost): NonNullable<ReturnType<ApiHost["runtime"]>> {
  const runtime = host.runtime();
  if (runtime !== undefined) return runtime;
  throw notReady();
}

export function notReady(): AssayError {
  return new AssayError({
    code: "NOT_READY",
    message: "The worker has not reached the chain yet.",
    hint: "Try again in a while.",
    retryable: true,
  });
}

function jobIdOf(params: Readonly<Record<string, string>>): string {
  const id = (params["id"] ?? "").toLowerCase();
  if (JOB_ID.test(id)) return id;
  throw new AssayError({ code: "INVALID_BODY", message: `"${id}" is not a job id.`, hint: "It is 32 bytes of hex." });
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new AssayError({
    code: "INVALID_BODY",
    message: `The body is not what this path takes (${parsed.error.issues
      .map(({ path, message }) => `${path.join(".") || "it"}: ${message}`)
      .join("; ")}).`,
    hint: "The SDK's workerApi describes it.",
  });
}
