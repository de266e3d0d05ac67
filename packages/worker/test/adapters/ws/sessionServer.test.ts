import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";

import { AssayError, type GatewayFrame, MAX_SESSION_MESSAGE } from "@assay/sdk";
import type { HttpServer } from "@assay/sdk/node";
import { expect } from "chai";
import { WebSocket } from "ws";

import { startHttpServer } from "../../../src/adapters/http/httpServer.js";
import { SessionServer } from "../../../src/adapters/ws/sessionServer.js";
import type { SessionSocket } from "../../../src/adapters/ws/sessionSocket.js";
import { hash } from "../../helpers/samples.js";

describe("SessionServer", () => {
  let http: HttpServer;
  let server: SessionServer;
  let refusal: AssayError | undefined;
  let sockets: SessionSocket[];
  let frames: GatewayFrame[];
  let closed: number;
  let faults: unknown[];

  beforeEach(async () => {
    refusal = undefined;
    [sockets, frames, closed, faults] = [[], [], 0, []];
    server = new SessionServer({
      accept: () =>
        refusal === undefined
          ? Promise.resolve((socket) => {
              sockets.push(socket);
              socket.listen({
                onFrames: (message) => {
                  if (message.some(({ t }) => t === "cancel")) throw new TypeError("a bug");
                  frames.push(...message);
                },
                onClose: () => (closed += 1),
                onError: (error) => faults.push(error),
              });
            })
          : Promise.reject(refusal),
      onFault: (error) => faults.push(error),
    });
    http = await startHttpServer({
      host: "127.0.0.1",
      port: 0,
      routes: [],
      statuses: {},
      onFault: (error) => faults.push(error),
      onUpgrade: server.upgrade,
    });
  });

  afterEach(async () => {
    server.close();
    await http.close(10);
  });

  const dial = (path = `/v1/sessions/${hash(1)}`): WebSocket => new WebSocket(http.url.replace("http", "ws") + path);
  const open = async (): Promise<WebSocket> => {
    const socket = dial();
    await once(socket, "open");
    return socket;
  };
  const status = async (socket: WebSocket): Promise<number | undefined> => {
    const [, response] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
    return response.statusCode;
  };
  const message = async (socket: WebSocket): Promise<unknown[]> => {
    const [data] = (await once(socket, "message")) as [Buffer];
    return JSON.parse(data.toString()) as unknown[];
  };

  it("refuses what is no session with the status that says why", async () => {
    expect(await status(dial("/v1/other"))).to.equal(404);
    expect(await status(dial("/v1/sessions/0x12"))).to.equal(404);
    for (const [code, retryable, expected] of [
      ["UNKNOWN_SESSION", true, 404],
      ["SESSION_OVER", false, 410],
      ["NOT_READY", true, 503],
      ["SOMETHING", false, 400],
    ] as const) {
      refusal = new AssayError({ code, message: "No.", retryable });
      expect(await status(dial())).to.equal(expected);
    }
    expect(faults).to.deep.equal([]);
  });

  it("sends the frames of one turn in one message, and reads many from one", async () => {
    const socket = await open();
    sockets[0]?.send({ t: "draining", reason: "a" });
    sockets[0]?.send({ t: "draining", reason: "b" });
    expect(await message(socket)).to.have.length(2);
    socket.send('[{"t":"fault","code":"a"},{"t":"fault","code":"b"}]');
    while (frames.length < 2) await new Promise(setImmediate);
  });

  it("never sends a message that is longer than may be read", async () => {
    const socket = await open();
    const sizes: number[] = [];
    socket.on("message", (data: Buffer) => sizes.push(data.length));
    const reason = "☕".repeat(100_000);
    for (let count = 0; count < 8; count += 1) sockets[0]?.send({ t: "draining", reason });
    while (sizes.reduce((sum, size) => sum + size, 0) < 2_400_000)
      await new Promise((resolve) => setTimeout(resolve, 2));
    expect(Math.max(...sizes)).to.be.at.most(MAX_SESSION_MESSAGE);
  });

  it("ends a connection that speaks something else, and says why", async () => {
    for (const [text, code] of [
      ["{}", "SESSION_MESSAGE_INVALID"],
      ["[1]", "SESSION_MESSAGE_INVALID"],
      ["not json", "SESSION_MESSAGE_INVALID"],
      [Buffer.from("[]"), "SESSION_MESSAGE_INVALID"],
      ['[{"t":"cancel","id":1}]', "INTERNAL"],
    ] as const) {
      const socket = await open();
      const gone = once(socket, "close");
      socket.send(text);
      expect(await message(socket)).to.have.nested.property("[0].code", code);
      await gone;
    }
    expect(faults).to.have.length(1);
    expect(closed).to.equal(5);
  });

  it("ends a connection that sends too much at once", async () => {
    const socket = await open();
    const gone = once(socket, "close") as Promise<[number]>;
    socket.send(`["${"x".repeat(MAX_SESSION_MESSAGE)}"]`);
    expect((await gone)[0]).to.equal(1009);
    while (closed === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  });

  it("lives through connections that break off while they are taken", async () => {
    let accept: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => (accept = resolve));
    server.close();
    server = new SessionServer({
      accept: async () => {
        await waiting;
        return () => expect.fail("a broken connection was taken");
      },
      onFault: (error) => faults.push(error),
    });
    const other = await startHttpServer({
      host: "127.0.0.1",
      port: 0,
      routes: [],
      statuses: {},
      onFault: () => undefined,
      onUpgrade: server.upgrade,
    });
    const raw = connect(Number(new URL(other.url).port), "127.0.0.1");
    raw.write(
      `GET /v1/sessions/${hash(1)} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n` +
        "sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    raw.resetAndDestroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    accept();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(faults).to.deep.equal([]);
    await other.close(10);
  });
});
