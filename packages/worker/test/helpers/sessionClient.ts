import {
  type AssayDomain,
  type ChunkFrame,
  cutRequest,
  type DoneFrame,
  type FailedFrame,
  type GatewayFrame,
  type InferenceRequest,
  type Job,
  keccak,
  outputBytes,
  parseFrames,
  ReceiptHasher,
  requestDocument,
  SESSION_ACCESS_TYPES,
  SumTree,
  typedDataDigest,
  type Voucher,
  voucherDigest,
  type WorkerFrame,
} from "@assay/sdk";
import { FastSigner } from "@assay/sdk/node";
import { getBytes, TypedDataEncoder, type Wallet } from "ethers";
import { WebSocket } from "ws";

export interface Answer {
  readonly text: string;
  readonly chunks: readonly ChunkFrame[];
  readonly done: DoneFrame;
}

/** What a requester keeps over connections and crashes. */
export class Recorded {
  readonly leaves: { readonly content: Uint8Array; readonly sum: bigint }[] = [];
  firstNonce = 0;

  get state(): { nonce: number; firstNonce: number } {
    return { nonce: this.leaves.length, firstNonce: this.firstNonce };
  }

  tree(count = this.leaves.length - this.firstNonce): SumTree {
    return SumTree.build(this.leaves.slice(this.firstNonce, this.firstNonce + count));
  }
}

interface Waiting {
  readonly request: InferenceRequest;
  readonly chunks: ChunkFrame[];
  readonly onChunk: (chunk: ChunkFrame) => void;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (failed: FailedFrame | Error) => void;
}

/** The requester's side of a session, as small as it can be: checks and records every receipt, signs when told to. */
export class SessionClient {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners: ((frame: WorkerFrame) => void)[] = [];
  readonly frames: WorkerFrame[] = [];
  readonly #hasher: ReceiptHasher;
  readonly #signer: FastSigner;
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>;
  #nextId = 1;
  /** Text that the worker sent and that is to be ignored from now on: as if this process had died before it read it. */
  deaf = false;

  constructor(
    url: string,
    readonly terms: {
      readonly jobId: string;
      readonly job: Job;
      readonly policyId: string;
      readonly domain: AssayDomain;
      readonly wallet: Pick<Wallet, "privateKey">;
    },
    readonly recorded: Recorded,
  ) {
    const { jobId, job, policyId, wallet } = terms;
    const { provider, modelId, version } = job;
    this.#hasher = new ReceiptHasher({ provider, jobId, modelId, version, policyId });
    this.#signer = new FastSigner(wallet.privateKey);
    this.#socket = new WebSocket(`${url.replace("http", "ws")}/v1/sessions/${jobId}`);
    this.closed = new Promise((resolve) =>
      this.#socket.once("close", () => {
        resolve();
      }),
    );
    this.#socket.on("error", () => undefined);
    this.#socket.on("message", (data: Buffer) => {
      for (const frame of parseFrames<WorkerFrame>(data.toString())) if (!this.deaf) this.#take(frame);
    });
    void this.closed.then(() => {
      for (const { reject } of this.#waiting.values()) reject(new TypeError("the connection is over"));
      this.#waiting.clear();
    });
  }

  /** Connects and says hello. */
  static async open(...args: ConstructorParameters<typeof SessionClient>): Promise<SessionClient> {
    const client = new SessionClient(...args);
    const challenge = await client.next("challenge");
    client.hello(challenge.challenge);
    const { state } = await client.next("welcome");
    client.recorded.firstNonce = state.firstNonce;
    return client;
  }

  hello(challenge: string, signer = this.#signer, state = this.recorded.state): void {
    const { jobId, domain } = this.terms;
    const hash = TypedDataEncoder.hashStruct("SessionAccess", SESSION_ACCESS_TYPES, { jobId, challenge });
    this.send({ t: "hello", signature: signer.signDigest(typedDataDigest(domain, hash)), state });
  }

  send(frame: GatewayFrame): void {
    this.sendText(JSON.stringify([frame]));
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  /** The next frame of a kind, also one that came already and was not asked for. */
  async next<Kind extends WorkerFrame["t"]>(kind: Kind): Promise<Extract<WorkerFrame, { t: Kind }>> {
    const index = this.frames.findIndex(({ t }) => t === kind);
    const [found] = index < 0 ? [] : this.frames.splice(index, 1);
    if (found !== undefined) return found as Extract<WorkerFrame, { t: Kind }>;
    return await new Promise((resolve, reject) => {
      const listener = (frame: WorkerFrame): void => {
        if (frame.t !== kind) return;
        this.#listeners.splice(this.#listeners.indexOf(listener), 1);
        this.frames.splice(this.frames.indexOf(frame), 1);
        resolve(frame as Extract<WorkerFrame, { t: Kind }>);
      };
      this.#listeners.push(listener);
      void this.closed.then(() => {
        reject(new TypeError(`the connection ended before a frame "${kind}"; got ${JSON.stringify(this.frames)}`));
      });
    });
  }

  ask(
    request: InferenceRequest,
    { stream = true, onChunk = () => undefined }: { stream?: boolean; onChunk?: (chunk: ChunkFrame) => void } = {},
  ): Promise<Answer> & { readonly id: number } {
    const id = this.#nextId++;
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(id, { request, chunks: [], onChunk, resolve, reject });
    });
    this.send({ t: "request", id, request: requestDocument(request).json, stream });
    return Object.assign(answer, { id });
  }

  /** Sends a request as it is. */
  async askText(text: string): Promise<FailedFrame | Answer> {
    const id = this.#nextId++;
    return await new Promise<FailedFrame | Answer>((resolve) => {
      const request: InferenceRequest = { prompt: "", maxOutputUnits: 1 };
      this.#waiting.set(id, {
        request,
        chunks: [],
        onChunk: () => undefined,
        resolve,
        reject: (failed) => {
          if (!(failed instanceof Error)) resolve(failed);
        },
      });
      this.send({ t: "request", id, request: text, stream: true });
    });
  }

  /** A voucher over everything recorded, or the first `count` receipts of the tree; fields may be changed. */
  voucher(over: Partial<Voucher> & { readonly signer?: FastSigner } = {}): Extract<GatewayFrame, { t: "voucher" }> {
    const { jobId, domain } = this.terms;
    const tree = this.recorded.tree(over.count === undefined ? undefined : Number(over.count));
    const voucher: Voucher = {
      jobId,
      firstNonce: BigInt(this.recorded.firstNonce),
      count: BigInt(tree.count),
      total: tree.total,
      root: tree.root,
      ...over,
    };
    const signature = (over.signer ?? this.#signer).signDigest(voucherDigest(voucher, domain));
    const { firstNonce, count, total, root } = voucher;
    return {
      t: "voucher",
      firstNonce: Number(firstNonce),
      count: Number(count),
      total: total.toString(),
      root,
      signature,
    };
  }

  /** Signs everything and waits for the provider's signature. */
  async sign(): Promise<Extract<WorkerFrame, { t: "countersigned" }>> {
    this.send(this.voucher());
    return await this.next("countersigned");
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #take(frame: WorkerFrame): void {
    if (frame.t === "chunk") {
      const waiting = this.#waiting.get(frame.id);
      waiting?.chunks.push(frame);
      waiting?.onChunk(frame);
      return;
    }
    if (frame.t === "done") {
      const waiting = this.#waiting.get(frame.id);
      if (waiting !== undefined) waiting.resolve(this.#record(waiting, frame));
      this.#waiting.delete(frame.id);
      return;
    }
    if (frame.t === "failed") {
      this.#waiting.get(frame.id)?.reject(frame);
      this.#waiting.delete(frame.id);
      return;
    }
    if (frame.t === "rollover") this.recorded.firstNonce = frame.firstNonce;
    this.frames.push(frame);
    for (const listener of [...this.#listeners]) listener(frame);
  }

  #record({ request, chunks }: Waiting, done: DoneFrame): Answer {
    const text = Buffer.concat(
      chunks.map((chunk) =>
        chunk.bytes === undefined ? Buffer.from(chunk.text ?? "") : Buffer.from(chunk.bytes, "base64"),
      ),
    );
    const { toolCalls, embeddings } = chunks.at(-1) ?? {};
    const output = outputBytes({
      ...(embeddings === undefined ? { text } : { embeddings }),
      ...(toolCalls !== undefined && { toolCalls }),
    });
    const asked = done.finish === "cancelled" ? cutRequest(request, done.outputUnits) : request;
    const { inputUnits, outputUnits, startedAt, finishedAt, nonce } = done;
    if (nonce !== this.recorded.leaves.length)
      throw new TypeError(`nonce ${nonce} after ${this.recorded.leaves.length}`);
    const { receiptHash } = this.#hasher.hash({
      nonce,
      requestHash: getBytes(requestDocument(asked).requestHash),
      outputHash: keccak(output),
      salt: getBytes(done.salt),
      inputUnits,
      outputUnits,
      fee: BigInt(done.fee),
      startedAt,
      finishedAt,
    });
    this.recorded.leaves.push({ content: receiptHash, sum: BigInt(done.fee) });
    return { text: new TextDecoder().decode(text), chunks, done };
  }
}
