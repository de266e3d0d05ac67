import { request as rawRequest } from "node:http";
import { connect } from "node:net";

import { AssayError } from "@assay/sdk";
import type { HttpServer } from "@assay/sdk/node";
import { expect } from "chai";

import { type Route, startHttpServer } from "../../src/adapters/http/httpServer.js";

const routes: Route[] = [
  { method: "GET", path: "/things/:id", handle: ({ params }) => ({ status: 200, body: { id: params["id"], n: 5n } }) },
  { method: "POST", path: "/things/:id", handle: async ({ json }) => ({ status: 201, body: await json(64) }) },
  {
    method: "GET",
    path: "/refuses",
    handle: () => {
      throw new AssayError({ code: "TOO_EARLY", message: "Not yet.", hint: "Wait.", details: { until: 7n } });
    },
  },
  {
    method: "GET",
    path: "/away",
    handle: () => {
      throw new AssayError({ code: "AWAY", message: "Away.", retryable: true });
    },
  },
  {
    method: "GET",
    path: "/breaks",
    handle: () => {
      throw new TypeError("a secret detail");
    },
  },
  { method: "GET", path: "/text", handle: () => ({ status: 200, body: "a 1\n", type: "text/plain" }) },
];

describe("HTTP server", () => {
  let server: HttpServer;
  let faults: unknown[];
  let done: { route: string; status: number }[];

  beforeEach(async () => {
    faults = [];
    done = [];
    server = await startHttpServer({
      host: "127.0.0.1",
      port: 0,
      routes,
      statuses: { TOO_EARLY: 425 },
      onFault: (error) => faults.push(error),
      onDone: (request) => done.push(request),
    });
  });

  afterEach(async () => {
    await server.close(100);
  });

  const get = async (path: string, init?: RequestInit): Promise<{ response: Response; body: unknown }> => {
    const response = await fetch(server.url + path, init);
    return { response, body: await response.json() };
  };
  const errorOf = async (path: string, init?: RequestInit): Promise<Record<string, unknown>> => {
    const { response, body } = await get(path, init);
    return { status: response.status, ...(body as { error: object }).error };
  };

  it("finds routes by method and path, and writes bigints as strings", async () => {
    const { response, body } = await get("/things/abc");

    expect(response.status).to.equal(200);
    expect(body).to.deep.equal({ id: "abc", n: "5" });
    expect(done).to.deep.equal([{ route: "/things/:id", status: 200 }]);
  });

  it("sends text as it is", async () => {
    const response = await fetch(`${server.url}/text`);

    expect(await response.text()).to.equal("a 1\n");
    expect(response.headers.get("content-type")).to.equal("text/plain");
  });

  it("says what is wrong with a path or a method", async () => {
    expect(await errorOf("/none")).to.include({ status: 404, code: "NOT_FOUND" });
    expect(await errorOf("/refuses", { method: "POST" })).to.include({
      status: 405,
      code: "METHOD_NOT_ALLOWED",
      message: "/refuses takes GET, not POST.",
    });
  });

  it("gives a known error with everything it says, and the status of its code", async () => {
    expect(await errorOf("/refuses")).to.deep.equal({
      status: 425,
      code: "TOO_EARLY",
      message: "Not yet.",
      hint: "Wait.",
      retryable: false,
      details: { until: "7" },
    });
    expect(await errorOf("/away")).to.include({ status: 503, code: "AWAY", retryable: true });
  });

  it("keeps the details of an unforeseen error to itself", async () => {
    const error = await errorOf("/breaks");

    expect(error).to.include({ status: 500, code: "INTERNAL" });
    expect(JSON.stringify(error)).to.not.include("secret");
    expect(faults).to.have.lengthOf(1);
  });

  it("refuses bodies that are too large, declared or not, and ones that are no JSON", async () => {
    const post = (body: string): RequestInit => ({ method: "POST", body });

    expect((await get("/things/1", post('{"a":1}'))).body).to.deep.equal({ a: 1 });
    expect(await errorOf("/things/1", post(`"${"x".repeat(100)}"`))).to.include({
      status: 413,
      code: "BODY_TOO_LARGE",
    });
    expect(await errorOf("/things/1", post("{"))).to.include({ status: 400, code: "INVALID_JSON" });
    expect(await undeclared(`${server.url}/things/1`, "x".repeat(100))).to.equal(413);
  });

  it("refuses a body that is not UTF-8", async () => {
    const body = new Uint8Array([0x22, 0xff, 0x22]);
    expect(await errorOf("/things/1", { method: "POST", body })).to.include({ code: "INVALID_JSON" });
  });

  it("lives through requests that are no HTTP", async () => {
    const { port } = new URL(server.url);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), "127.0.0.1", () => socket.write("\u0016\u0003nonsense\r\n\r\n"));
      socket.on("close", () => {
        resolve();
      });
      socket.resume();
    });

    expect((await get("/things/1")).response.status).to.equal(200);
  });

  it("says that its port is taken", async () => {
    const { port } = new URL(server.url);
    const second = startHttpServer({
      host: "127.0.0.1",
      port: Number(port),
      routes,
      statuses: {},
      onFault: () => undefined,
    });

    const error: unknown = await second.catch((thrown: unknown) => thrown);
    expect(error)
      .to.be.instanceOf(AssayError)
      .that.includes({
        code: "PORT_TAKEN",
        message: `Port ${port} of 127.0.0.1 is taken.`,
      });
  });
});

/** Sends a body in chunks, without saying how long it will be. */
async function undeclared(url: string, body: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    const request = rawRequest(url, { method: "POST" }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on("error", reject);
    request.write(body.slice(0, 50));
    request.end(body.slice(50));
  });
}
