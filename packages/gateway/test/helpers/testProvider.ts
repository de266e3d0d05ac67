/**
 * A provider that speaks the frames of sessions: counts bytes, makes receipts, checks vouchers. What it answers, and how it
 * misbehaves, each test says.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import {
  type AssayDomain,
  type ChunkFrame,
  cutRequest,
  type DoneFrame,
  type FinishReason,
  type GatewayFrame,
  type InferenceRequest,
  type Job,
  keccak,
  outputBytes,
  parseFrames,
  parseRequest,
  ReceiptHasher,
  requestDocument,
  SESSION_ACCESS_TYPES,
  sessionFeeUp,
  type SumLeaf,
  SumTree,
  type ToolCall,
  type VoucherFrame,
  voucherDigest,
  type WorkerFrame,
} from "@assay/sdk";
import { FastSigner, recoverSigner } from "@assay/sdk/node";
import { TypedDataEncoder } from "ethers";
import { type WebSocket, WebSocketServer } from "ws";

/** What the provider does with one request. */
export interface Answer {
  readonly pieces?: readonly string[];
  readonly toolCalls?: readonly ToolCall[];
  readonly embeddings?: readonly (readonly number[])[];
  readonly finish?: FinishReason;
  /** Milliseconds before each piece. */
  readonly pause?: number;
  /** Milliseconds before the receipt. */
  readonly holdDone?: number;
  readonly fail?: { readonly code: string; readonly message: string; readonly retryable: boolean };
  /** Cuts the connection after that many pieces. */
  readonly cutAfter?: number;
}

export interface TestProviderOptions {
  readonly job: Job;
  readonly jobId: string;
  readonly domain: AssayDomain;
  readonly policyId: string;
  readonly operatorKey: string;
  readonly answer?: (request: InferenceRequest) => Answer;
  readonly tamper?: (done: DoneFrame) => DoneFrame;
  readonly maxConcurrent?: number;
  /** Signs vouchers with another key. */
  readonly countersignWith?: string;
  readonly port?: number;
}

interface Receipt {
  readonly leaf: SumLeaf;
  readonly fee: bigint;
}

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

export class TestProvider {
  answer: (request: InferenceRequest) => Answer;
  tamper: ((done: DoneFrame) => DoneFrame) | undefined;
  readonly receipts: Receipt[] = [];
  readonly vouchers: VoucherFrame[] = [];
  readonly requests: InferenceRequest[] = [];
  cancels = 0;
  faults: string[] = [];
  connections = 0;
  firstNonce = 0;
  escrowed: bigint;
  /** Vouchers are not answered. */
  mute = false;
  readonly #hasher: ReceiptHasher;
  readonly #signer: FastSigner;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  readonly #cancelled = new Set<number>();
  #live: WebSocket | undefined;
  #out: WorkerFrame[] = [];
  #inFlightWorst = 0n;
  #signed = 0n;

  private constructor(private readonly options: TestProviderOptions) {
    const { job, jobId, policyId } = options;
    this.answer = options.answer ?? ((): Answer => ({ pieces: ["Hello", " world"] }));
    this.tamper = options.tamper;
    this.escrowed = job.budget;
    this.#signer = new FastSigner(options.countersignWith ?? options.operatorKey);
    this.#hasher = new ReceiptHasher({
      provider: job.provider,
      jobId,
      modelId: job.modelId,
      version: job.version,
      policyId,
    });
    this.#server = createServer((_, response) => {
      response.writeHead(404).end();
    });
    this.#server.on("upgrade", (request, socket, head) => {
      if (request.url !== `/v1/sessions/${jobId}`) {
        socket.end("HTTP/1.1 404 Not Found\r\n\r\n");
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (live) => {
        this.#accept(live);
      });
    });
  }

  static async start(options: TestProviderOptions): Promise<TestProvider> {
    const provider = new TestProvider(options);
    provider.#server.listen(options.port ?? 0, "127.0.0.1");
    await once(provider.#server, "listening");
    return provider;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Cuts the connection without a word. */
  cut(): void {
    this.#live?.terminate();
  }

  /** Sends a frame of the test's own. */
  say(frame: WorkerFrame): void {
    this.#send(frame);
  }

  /** Begins a batch at what the last voucher signed. */
  rollover(): void {
    const last = this.vouchers.at(-1);
    if (last === undefined) return;
    this.firstNonce = last.firstNonce + last.count;
    this.#send({ t: "rollover", firstNonce: this.firstNonce });
  }

  async stop(): Promise<void> {
    this.#live?.terminate();
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #accept(socket: WebSocket): void {
    this.#live?.terminate();
    this.#live = socket;
    this.connections += 1;
    this.#inFlightWorst = 0n;
    const challenge = `0x${randomBytes(32).toString("hex")}`;
    socket.on("message", (data: Buffer) => {
      for (const frame of parseFrames<GatewayFrame>(data.toString())) this.#take(frame, challenge);
    });
    socket.on("error", () => undefined);
    this.#send({ t: "challenge", challenge });
  }

  #send(frame: WorkerFrame): void {
    this.#out.push(frame);
    if (this.#out.length > 1) return;
    setImmediate(() => {
      const message = JSON.stringify(this.#out);
      this.#out = [];
      if (this.#live?.readyState === 1) this.#live.send(message);
    });
  }

  #take(frame: GatewayFrame, challenge: string): void {
    const { job, jobId, domain, maxConcurrent = 256 } = this.options;
    switch (frame.t) {
      case "hello": {
        const digest = TypedDataEncoder.hash(domain, SESSION_ACCESS_TYPES, { jobId, challenge });
        if (recoverSigner(digest, frame.signature) !== job.requester) {
          this.#send({ t: "fault", code: "SESSION_UNAUTHORIZED", message: "not the requester" });
          return;
        }
        this.receipts.length = Math.min(this.receipts.length, frame.state.nonce);
        this.#send({
          t: "welcome",
          state: { nonce: this.receipts.length, firstNonce: this.firstNonce },
          maxConcurrent,
        });
        return;
      }
      case "request":
        void this.#serve(frame.id, frame.request);
        return;
      case "cancel":
        this.cancels += 1;
        this.#cancelled.add(frame.id);
        return;
      case "voucher":
        this.#takeVoucher(frame);
        return;
      case "fault":
        this.faults.push(frame.code);
        return;
    }
  }

  get #recorded(): bigint {
    return this.receipts.reduce((sum, { fee }) => sum + fee, 0n);
  }

  async #serve(id: number, json: string): Promise<void> {
    const { job } = this.options;
    const { request, requestHash } = parseRequest(json);
    this.requests.push(request);
    const worst = sessionFeeUp(job, BigInt(json.length), BigInt(request.maxOutputUnits));
    const socket = this.#live;
    const owed = this.#recorded - this.#signed + this.#inFlightWorst + worst;
    if (owed > job.creditLine) {
      this.#send({ t: "failed", id, code: "CREDIT_EXHAUSTED", message: "sign first", retryable: true });
      return;
    }
    this.#inFlightWorst += worst;
    const {
      fail,
      pieces = [],
      toolCalls,
      embeddings,
      finish = "stop",
      pause,
      holdDone,
      cutAfter,
    } = this.answer(request);
    let text = "";
    let units = 0;
    let sent = 0;
    const chunk = (part: Omit<ChunkFrame, "t" | "id">): void => {
      this.#send({ t: "chunk", id, ...part });
    };
    for (const piece of pieces) {
      if (pause !== undefined) await wait(pause);
      if (socket !== this.#live) return;
      if (this.#cancelled.has(id)) break;
      const room = request.maxOutputUnits - units;
      const cut = Buffer.from(piece).subarray(0, room).toString();
      if (cut === "") break;
      text += cut;
      units += Buffer.byteLength(cut);
      chunk({ text: cut, outputUnits: units });
      sent += 1;
      if (sent === cutAfter) {
        await wait(5);
        this.cut();
        return;
      }
    }
    this.#inFlightWorst -= worst;
    if (fail !== undefined) {
      if (holdDone !== undefined) await wait(holdDone);
      this.#send({ t: "failed", id, ...fail });
      return;
    }
    const cancelled = this.#cancelled.delete(id);
    if (cancelled && sent === 0) {
      this.#send({ t: "failed", id, code: "CANCELLED", message: "cancelled", retryable: false });
      return;
    }
    if (embeddings !== undefined) chunk({ embeddings, outputUnits: 0 });
    if (toolCalls !== undefined) {
      units += Buffer.byteLength(JSON.stringify(toolCalls));
      chunk({ toolCalls, outputUnits: units });
    }
    if (holdDone !== undefined) await wait(holdDone);
    if (socket !== this.#live) return;
    const hash = cancelled ? requestDocument(cutRequest(request, units)).requestHash : requestHash;
    const output = outputBytes(
      embeddings === undefined
        ? { text: Buffer.from(text), ...(toolCalls !== undefined && { toolCalls }) }
        : { embeddings },
    );
    this.#done(id, request, hash, output, units, cancelled ? "cancelled" : finish);
  }

  #done(
    id: number,
    request: InferenceRequest,
    hash: string,
    output: Uint8Array,
    outputUnits: number,
    finish: FinishReason,
  ): void {
    const inputUnits = "prompt" in request ? Buffer.byteLength(request.prompt) : 10;
    const fee = sessionFeeUp(this.options.job, BigInt(inputUnits), BigInt(outputUnits));
    const now = Math.floor(Date.now() / 1_000);
    const salt = randomBytes(32);
    const nonce = this.receipts.length;
    const { receiptHash } = this.#hasher.hash({
      nonce,
      requestHash: Buffer.from(hash.slice(2), "hex"),
      outputHash: keccak(output),
      salt,
      inputUnits,
      outputUnits,
      fee,
      startedAt: now,
      finishedAt: now,
    });
    this.receipts.push({ leaf: { content: receiptHash, sum: fee }, fee });
    const done: DoneFrame = {
      t: "done",
      id,
      nonce,
      inputUnits,
      outputUnits,
      fee: fee.toString(),
      salt: `0x${salt.toString("hex")}`,
      startedAt: now,
      finishedAt: now,
      finish,
    };
    this.#send(this.tamper?.(done) ?? done);
  }

  #takeVoucher(frame: VoucherFrame): void {
    const { jobId, domain, job } = this.options;
    const { firstNonce, count, root, total, signature } = frame;
    if (firstNonce !== this.firstNonce) return;
    const tree = SumTree.build(this.receipts.slice(firstNonce, firstNonce + count).map(({ leaf }) => leaf));
    const voucher = { jobId, firstNonce: BigInt(firstNonce), count: BigInt(count), total: BigInt(total), root };
    const digest = voucherDigest(voucher, domain);
    const sound =
      tree.root === root && tree.total === voucher.total && recoverSigner(digest, signature) === job.requester;
    if (!sound) {
      this.#send({ t: "fault", code: "VOUCHER_WRONG", message: "the voucher does not hold" });
      return;
    }
    this.vouchers.push(frame);
    this.#signed = this.receipts.slice(0, firstNonce + count).reduce((sum, { fee }) => sum + fee, 0n);
    if (this.mute) return;
    this.#send({ t: "countersigned", firstNonce, count, signature: this.#signer.signDigest(digest) });
  }
}
