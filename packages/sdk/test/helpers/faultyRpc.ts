import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

import { keccak256 } from "ethers";

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** A server between the code under test and a real node that fails as real ones do. */
export interface FaultyRpc {
  readonly url: string;
  /** Closes every connection without an answer. */
  down: boolean;
  /** Says that it took transactions, and loses them. */
  swallow: boolean;
  /** Answers with this HTTP status instead. */
  status: number | undefined;
  /** Names of the methods that were called. */
  readonly calls: string[];
  stop(): Promise<void>;
}

export async function startFaultyRpc(target: string): Promise<FaultyRpc> {
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const call = JSON.parse(body) as Call;
    rpc.calls.push(call.method);
    if (rpc.down) {
      request.socket.destroy();
      return;
    }
    response.setHeader("content-type", "application/json");
    if (rpc.status !== undefined) {
      response.writeHead(rpc.status).end("{}");
      return;
    }
    if (rpc.swallow && call.method === "eth_sendRawTransaction") {
      response.end(JSON.stringify({ jsonrpc: "2.0", id: call.id, result: keccak256(String(call.params[0])) }));
      return;
    }
    const reply = await fetch(target, { method: "POST", headers: { "content-type": "application/json" }, body });
    response.end(await reply.text());
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("no port");
  const rpc: FaultyRpc = {
    url: `http://127.0.0.1:${address.port}`,
    down: false,
    swallow: false,
    status: undefined,
    calls: [],
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return rpc;
}
