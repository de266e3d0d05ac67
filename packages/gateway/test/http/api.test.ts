import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";

import type { Kysely } from "kysely";
import { expect } from "chai";

import { hashKey, KeyStore } from "../../src/adapters/storage/keyStore.js";
import { openStorage } from "../../src/adapters/storage/openStorage.js";
import type { GatewayDatabase } from "../../src/adapters/storage/schema.js";
import { chat, type Rig, startRig } from "../helpers/rig.js";
import { temporaryFolder, until } from "../helpers/session.js";

interface ErrorBody {
  error: {
    message: string;
    type: string;
    param: string | null;
    code: string;
    metadata?: { providers?: { provider: string; code: string; reason?: string }[]; cap?: string; left?: string };
  };
}

const errorOf = async (response: Response): Promise<ErrorBody["error"]> => ((await response.json()) as ErrorBody).error;
const NO_LIMITS = { cap: undefined, requestsPerMinute: undefined, maxConcurrent: undefined, expiresAt: undefined };
const OWNER = { chainId: 31_337n, escrow: `0x${"11".repeat(20)}`, requester: `0x${"22".repeat(20)}` };

describe("HTTP interface", () => {
  let rig: Rig;
  afterEach(async () => {
    await rig.stop();
  });

  describe("what cannot be served", () => {
    const cases: Record<string, [path: string, body: unknown, status: number, param: string | null, code: string]> = {
      "no model": [
        "chat/completions",
        { messages: [{ role: "user", content: "x" }] },
        400,
        "model",
        "missing_required_parameter",
      ],
      "no messages": ["chat/completions", { model: "alice" }, 400, "messages", "missing_required_parameter"],
      "a wrong role": [
        "chat/completions",
        chat({ messages: [{ role: "robot", content: "x" }] }),
        400,
        "messages[0].role",
        "invalid_value",
      ],
      "several choices": ["chat/completions", chat({ n: 2 }), 400, "n", "unsupported_parameter"],
      "log-probs": ["chat/completions", chat({ logprobs: true }), 400, "logprobs", "unsupported_parameter"],
      audio: ["chat/completions", chat({ modalities: ["text", "audio"] }), 400, "modalities", "unsupported_parameter"],
      "too long an answer": ["chat/completions", chat({ max_tokens: 5_000 }), 400, "max_tokens", "invalid_value"],
      "too long a request": [
        "chat/completions",
        chat({ messages: [{ role: "user", content: "x".repeat(9_000) }] }),
        400,
        "messages",
        "context_length_exceeded",
      ],
      "a field that would be ignored, if every field counts": [
        "chat/completions",
        chat({ temperature: 1, provider: { require_parameters: true } }),
        400,
        "temperature",
        "unsupported_parameter",
      ],
      "a routing wish that is not known": [
        "chat/completions",
        chat({ provider: { colour: "red" } }),
        400,
        "provider.colour",
        "invalid_value",
      ],
      "an echo": ["completions", { model: "alice", prompt: "x", echo: true }, 400, "echo", "unsupported_parameter"],
      "a list of tokens": ["completions", { model: "alice", prompt: [1, 2] }, 400, "prompt", "invalid_value"],
      "tokens to embed": ["embeddings", { model: "alice", input: [1, 2] }, 400, "input", "invalid_value"],
      "an unknown model": ["chat/completions", chat({ model: "bob" }), 404, "model", "model_not_found"],
      "half a surrogate pair": ["completions", '{"model":"alice","prompt":"\\ud800"}', 400, null, "invalid_value"],
      "no JSON": ["chat/completions", "{", 400, null, "invalid_json"],
      "a body that is too large": ["chat/completions", "x".repeat(20_000), 413, null, "request_too_large"],
    };
    for (const [what, [path, body, status, param, code]] of Object.entries(cases)) {
      it(`answers ${what} with ${status}`, async () => {
        rig = await startRig([{}], { maxBodyBytes: 16_384 });
        const response = await rig.post(`/v1/${path}`, body);
        expect(response.status).to.equal(status);
        const error = await errorOf(response);
        expect(error).to.include({ param, code, type: "invalid_request_error" });
        expect(rig.providers[0]!.requests).to.have.length(0);
      });
    }

    it("answers other methods, paths and media types", async () => {
      rig = await startRig();
      const get = await fetch(`${rig.url}/v1/chat/completions`);
      expect(get.status).to.equal(405);
      expect(await errorOf(get)).to.include({ code: "method_not_allowed" });
      const nothing = await fetch(`${rig.url}/v1/nothing`);
      expect(nothing.status).to.equal(404);
      const form = await rig.post("/v1/chat/completions", "a=b", { "content-type": "text/plain" });
      expect(form.status).to.equal(415);
    });

    it("answers no foreign page in open mode: neither by another name nor without a media type", async () => {
      rig = await startRig();
      const { port } = new URL(rig.url);
      const body = JSON.stringify(chat());
      const send = async (headers: string): Promise<string> => {
        const socket = connect(Number(port), "127.0.0.1");
        socket.write(`POST /v1/chat/completions HTTP/1.1\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`);
        const [answer] = (await once(socket, "data")) as [Buffer];
        socket.destroy();
        return answer.toString();
      };
      expect(await send("host: evil.example\r\ncontent-type: application/json\r\n")).to.match(/^HTTP\/1.1 403 /);
      expect(await send("host: localhost\r\n")).to.match(/^HTTP\/1.1 415 /);
      expect(await send("host: localhost\r\ncontent-type: application/json\r\n")).to.match(/^HTTP\/1.1 200 /);
      expect(rig.providers[0]!.requests).to.have.length(1);
    });

    it("ignores what the policy pins, as OpenRouter does", async () => {
      rig = await startRig();
      const response = await rig.post(
        "/v1/chat/completions",
        chat({ temperature: 1.5, top_p: 0.2, logit_bias: { 5: 1 } }),
      );
      expect(response.status).to.equal(200);
      expect(rig.providers[0]!.requests[0]).to.have.keys("messages", "maxOutputUnits");
    });

    it("has no CORS unless it is asked for", async () => {
      rig = await startRig();
      const plain = await fetch(`${rig.url}/v1/models`, { headers: { origin: "https://app.example" } });
      expect(plain.headers.get("access-control-allow-origin")).to.equal(null);
      await rig.stop();
      rig = await startRig([{}], { corsOrigins: ["https://app.example"] });
      const asked = await fetch(`${rig.url}/v1/models`, {
        method: "OPTIONS",
        headers: { origin: "https://app.example", "access-control-request-headers": "authorization" },
      });
      expect(asked.status).to.equal(204);
      expect(asked.headers.get("access-control-allow-origin")).to.equal("https://app.example");
      const other = await fetch(`${rig.url}/v1/models`, { headers: { origin: "https://evil.example" } });
      expect(other.headers.get("access-control-allow-origin")).to.equal(null);
    });
  });

  describe("providers that fail", () => {
    const failing = (): { fail: { code: string; message: string; retryable: boolean } } => ({
      fail: { code: "ENGINE_DOWN", message: "no engine", retryable: true },
    });

    it("asks the next one before the first token, and charges once", async () => {
      rig = await startRig([{ answer: failing }, {}]);
      const response = await rig.post("/v1/chat/completions", chat({ provider: { order: [rig.offers[0]!.provider] } }));
      expect(response.status).to.equal(200);
      expect(response.headers.get("x-assay-provider")).to.equal(rig.offers[1]!.provider);
      expect(rig.providers.map(({ requests }) => requests.length)).to.deep.equal([1, 1]);
      expect(rig.sessions.map(({ books }) => books.recorded)).to.deep.equal([0n, 32n]);
    });

    it("waits for the only one when its connection was cut, instead of failing", async () => {
      rig = await startRig();
      rig.providers[0]!.cut();
      await until(() => rig.sessions[0]!.status === "connecting");
      const response = await rig.post("/v1/chat/completions", chat());
      expect(response.status).to.equal(200);
      expect(rig.providers[0]!.connections).to.equal(2);
    });

    it("says which ones failed and why when all did", async () => {
      rig = await startRig([{ answer: failing }, { answer: failing }]);
      const response = await rig.post("/v1/chat/completions", chat());
      expect(response.status).to.equal(502);
      const { metadata, message } = await errorOf(response);
      expect(metadata?.providers?.map(({ provider }) => provider)).to.have.members(
        rig.offers.map(({ provider }) => provider),
      );
      expect(metadata?.providers?.every(({ code }) => code === "engine_down")).to.equal(true);
      expect(message).to.include("no engine");
    });

    it("asks no other one if the client forbids it", async () => {
      rig = await startRig([{ answer: failing }, {}]);
      const provider = { order: [rig.offers[0]!.provider], allow_fallbacks: false };
      const response = await rig.post("/v1/chat/completions", chat({ provider }));
      expect(response.status).to.equal(502);
      expect(rig.providers[1]!.requests).to.have.length(0);
    });

    it("asks no other one after the first token", async () => {
      const cut = (): object => ({ pieces: ["Hel", "lo"], pause: 20, cutAfter: 1 });
      rig = await startRig([{ answer: cut }, {}]);
      const provider = { order: [rig.offers[0]!.provider] };
      const response = await rig.post("/v1/chat/completions", chat({ stream: true, provider }));
      const text = await response.text();
      expect(response.status).to.equal(200);
      expect(text).to.include('"content":"Hel"');
      expect(text.trimEnd().split("\n").at(-1)).to.include('"error"');
      expect(text).not.to.include("[DONE]");
      expect(rig.providers[1]!.requests).to.have.length(0);
    });

    it("drops one whose receipt is wrong, and lets another one answer", async () => {
      rig = await startRig([{ tamper: (done) => ({ ...done, fee: "999" }) }, {}]);
      const provider = { order: [rig.offers[0]!.provider] };
      const response = await rig.post("/v1/chat/completions", chat({ provider }));
      // The pieces came before the receipt, but the client got none of them.
      expect(response.status).to.equal(200);
      expect(response.headers.get("x-assay-provider")).to.equal(rig.offers[1]!.provider);
      expect(rig.sessions[0]!.status).to.equal("broken");
    });

    it("leaves one alone that failed three times, and says so", async () => {
      rig = await startRig([{ answer: failing }]);
      for (let index = 0; index < 3; index += 1) {
        expect((await rig.post("/v1/chat/completions", chat())).status).to.equal(502);
      }
      const response = await rig.post("/v1/chat/completions", chat());
      expect(response.status).to.equal(503);
      expect((await errorOf(response)).code).to.equal("no_provider");
      expect(rig.providers[0]!.requests).to.have.length(3);
      const providers = (await (await fetch(`${rig.url}/v1/providers`)).json()) as { data: { breaker: string }[] };
      expect(providers.data[0]!.breaker).to.equal("open");
    });

    it("tells the client that its request is at fault, and asks nobody else", async () => {
      const unsupported = (): object => ({
        fail: { code: "UNSUPPORTED_REQUEST", message: "This model takes no tools.", retryable: false },
      });
      rig = await startRig([{ answer: unsupported }, { answer: unsupported }]);
      const response = await rig.post("/v1/chat/completions", chat());
      expect(response.status).to.equal(400);
      expect(rig.providers[0]!.requests.length + rig.providers[1]!.requests.length).to.equal(1);
    });

    it("honours a highest price, a list of providers and the precision", async () => {
      rig = await startRig([{}, { terms: { outputPrice: 4_000_000n } }]);
      const [cheap, dear] = rig.offers;
      const ask = async (provider: object): Promise<Response> =>
        await rig.post("/v1/chat/completions", chat({ provider }));
      expect(
        (await ask({ max_price: { completion: 3 }, order: [dear!.provider] })).headers.get("x-assay-provider"),
      ).to.equal(cheap!.provider);
      expect(
        (await ask({ only: [dear!.provider.toUpperCase().replace("0X", "0x")] })).headers.get("x-assay-provider"),
      ).to.equal(dear!.provider);
      expect((await ask({ ignore: [cheap!.provider] })).headers.get("x-assay-provider")).to.equal(dear!.provider);
      expect((await ask({ sort: "price" })).headers.get("x-assay-provider")).to.equal(cheap!.provider);
      const none = await ask({ max_price: { completion: 1 } });
      expect(none.status).to.equal(503);
      expect((await errorOf(none)).message).to.include("max_price");
      expect((await ask({ quantizations: ["int4"] })).status).to.equal(503);
    });
  });

  describe("API keys", () => {
    let database: Kysely<GatewayDatabase>;
    let store: KeyStore;
    let folder: Awaited<ReturnType<typeof temporaryFolder>>;
    beforeEach(async () => {
      folder = await temporaryFolder();
      database = await openStorage(folder.path, OWNER);
      store = new KeyStore(database);
    });
    afterEach(async () => {
      await database.destroy();
      await folder.remove();
    });
    const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });

    it("lets nobody in without one, and keeps none of them", async () => {
      const { key } = await store.create("app", NO_LIMITS);
      rig = await startRig([{}], { keys: store });
      const without = await rig.post("/v1/chat/completions", chat());
      expect(without.status).to.equal(401);
      expect(await errorOf(without)).to.include({ code: "invalid_api_key" });
      expect((await rig.post("/v1/chat/completions", chat(), bearer("sk-assay-wrong"))).status).to.equal(401);
      expect((await rig.post("/v1/chat/completions", chat(), bearer(key))).status).to.equal(200);
      expect((await fetch(`${rig.url}/v1/models`)).status).to.equal(401);
      expect((await store.list())[0]!.hash).to.equal(hashKey(key));
      for (const file of await readdir(folder.path)) {
        expect((await readFile(join(folder.path, file))).includes(key)).to.equal(false);
      }
    });

    it("lets a new key in at once, and a revoked one no more", async () => {
      rig = await startRig([{}], { keys: store });
      const { key, record } = await store.create("app", NO_LIMITS);
      expect((await rig.post("/v1/chat/completions", chat(), bearer(key))).status).to.equal(200);
      await store.revoke(String(record.id));
      const end = Date.now() + 5_000;
      let status = 200;
      while (status === 200 && Date.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        ({ status } = await rig.post("/v1/chat/completions", chat(), bearer(key)));
      }
      expect(status).to.equal(401);
    });

    it("stops at the cap, and says what is left", async () => {
      const { key } = await store.create("app", { ...NO_LIMITS, cap: 500n });
      rig = await startRig([{}], { keys: store });
      const ask = async (): Promise<Response> => await rig.post("/v1/chat/completions", chat(), bearer(key));
      expect((await ask()).status).to.equal(200);
      const refused = await rig.post("/v1/chat/completions", chat({ max_tokens: 400 }), bearer(key));
      expect(refused.status).to.equal(402);
      const { code, type, metadata, message } = await errorOf(refused);
      expect({ code, type }).to.deep.equal({ code: "insufficient_quota", type: "insufficient_quota" });
      expect(metadata).to.include({ cap: "500", left: "468" });
      expect(message).to.include("0.0005 USDC").and.to.include("0.000468 USDC");
      expect(rig.providers[0]!.requests).to.have.length(1);
      const usage = (await (await fetch(`${rig.url}/v1/usage`, { headers: bearer(key) })).json()) as object;
      expect(usage).to.deep.include({
        requests: 1,
        prompt_tokens: 10,
        completion_tokens: 11,
        spent: "0.000032",
        left: "0.000468",
      });
      const balance = (await (await fetch(`${rig.url}/v1/balance`, { headers: bearer(key) })).json()) as object;
      expect(balance).to.deep.include({ spent: "32", cap: "500", left: "468" });
    });

    it("limits the rate with Retry-After, and what runs at once", async () => {
      const { key } = await store.create("app", { ...NO_LIMITS, requestsPerMinute: 2 });
      const { key: single } = await store.create("single", { ...NO_LIMITS, maxConcurrent: 1 });
      rig = await startRig([{ answer: () => ({ pieces: ["slow"], pause: 100 }) }], { keys: store });
      const statuses = [];
      for (let index = 0; index < 3; index += 1)
        statuses.push(await rig.post("/v1/chat/completions", chat(), bearer(key)));
      expect(statuses.map(({ status }) => status)).to.deep.equal([200, 200, 429]);
      expect(Number(statuses[2]!.headers.get("retry-after"))).to.be.within(1, 30);
      const both = await Promise.all([0, 1].map(() => rig.post("/v1/chat/completions", chat(), bearer(single))));
      expect(both.map(({ status }) => status).sort()).to.deep.equal([200, 429]);
      expect((await rig.post("/v1/chat/completions", chat(), bearer(single))).status).to.equal(200);
    });

    it("refuses an expired key", async () => {
      const { key } = await store.create("app", { ...NO_LIMITS, expiresAt: Date.now() - 1 });
      rig = await startRig([{}], { keys: store });
      const response = await rig.post("/v1/chat/completions", chat(), bearer(key));
      expect(response.status).to.equal(401);
      expect((await errorOf(response)).message).to.include("expired");
    });
  });

  it("answers health, readiness and metrics", async () => {
    rig = await startRig([{}], { problems: () => ["The chain is away."] });
    await rig.post("/v1/chat/completions", chat());
    expect((await fetch(`${rig.url}/health`)).status).to.equal(200);
    const ready = await fetch(`${rig.url}/ready`);
    expect(ready.status).to.equal(503);
    expect(await ready.json()).to.deep.equal({ status: "degraded", problems: ["The chain is away."] });
    const metrics = await (await fetch(`${rig.url}/metrics`)).text();
    expect(metrics).to.include('assay_gateway_requests_total{outcome="answered",model="alice"} 1');
    expect(metrics).to.include("assay_gateway_spent_total 32");
    expect(metrics).to.include('assay_gateway_sessions{status="ready"} 1');
    expect(metrics).to.include("assay_gateway_first_token_seconds_count 1");
  });

  it("cancels upstream when the client goes away before the first token", async () => {
    rig = await startRig([{ answer: () => ({ pieces: ["late"], pause: 300 }) }]);
    const controller = new AbortController();
    const asking = fetch(`${rig.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(chat()),
      signal: controller.signal,
    }).catch(() => undefined);
    await until(() => rig.providers[0]!.requests.length === 1);
    controller.abort();
    await asking;
    await until(() => rig.providers[0]!.cancels === 1);
    await until(() => rig.sessions[0]!.inFlight === 0);
    expect(rig.sessions[0]!.books.recorded).to.equal(0n);
  });

  it("cuts a client off that does not read, instead of keeping everything for it", async () => {
    const piece = "x".repeat(4_000);
    rig = await startRig(
      [
        {
          answer: () => ({ pieces: Array.from({ length: 3_000 }, () => piece), pause: 0 }),
          terms: { creditLine: 10n ** 15n, budget: 10n ** 16n },
        },
      ],
      { model: { maxOutputUnits: 20_000_000 } },
    );
    const socket = connect(Number(new URL(rig.url).port), "127.0.0.1");
    await once(socket, "connect");
    socket.pause();
    socket.on("error", () => undefined);
    const body = JSON.stringify(chat({ stream: true, max_tokens: 20_000_000 }));
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await until(() => rig.providers[0]!.cancels === 1, 20_000);
    await until(() => rig.sessions[0]!.inFlight === 0, 20_000);
    await until(() => rig.sessions[0]!.books.acknowledged > 0n);
    expect((await rig.sessions[0]!.receipt(0))?.finish).to.equal("cancelled");
    socket.destroy();
  });
});
