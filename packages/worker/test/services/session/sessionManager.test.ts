import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";

import { expect } from "chai";
import { WebSocket } from "ws";

import { SessionHost } from "../../helpers/sessionHost.js";

const ASK = { prompt: "Alice was ", maxOutputUnits: 9 };

describe("SessionManager", () => {
  let host: SessionHost;

  beforeEach(async () => {
    host = await SessionHost.start();
  });

  afterEach(async () => {
    await host.dispose();
  });

  it("starts without a session whose log is damaged, and leaves the log as it is", async () => {
    const client = await host.connect();
    await client.ask(ASK);
    await client.sign();
    await host.down();
    const file = join(host.folder, host.jobId, "receipts.log");
    const bytes = readFileSync(file);
    const spoiled = Buffer.from(bytes);
    spoiled.writeUInt8(spoiled.readUInt8(60) ^ 1, 60);
    writeFileSync(file, spoiled);
    await host.up();

    expect(await host.manager.views()).to.deep.equal([]);
    const socket = new WebSocket(`${host.url.replace("http", "ws")}/v1/sessions/${host.jobId}`);
    const [, response] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
    expect(response.statusCode).to.equal(400);
    expect(readFileSync(file)).to.deep.equal(spoiled);

    await host.down();
    writeFileSync(file, bytes);
    await host.up();
    const again = await host.connect();
    expect((await again.ask(ASK)).done.nonce).to.equal(1);
  });

  it("reserves the stake that its sessions may still need, until a batch locks it", async () => {
    const client = await host.connect();
    expect(await host.manager.reserved()).to.equal(0n);
    await client.ask(ASK);
    const forOne = await host.manager.reserved();
    await client.ask(ASK);
    await client.sign();
    await (await host.manager.views())[0]?.session.rollover();

    // 2.35 times the value by the sampling law.
    expect(forOne)
      .to.be.greaterThan(2n * 28n)
      .and.to.be.lessThan(3n * 28n);
    const forTwo = await host.manager.reserved();
    expect(forTwo).to.be.within(2n * forOne - 1n, 2n * forOne);
    expect(await host.manager.count()).to.deep.equal({ open: 1, connected: 1, unsigned: 0n });
  });

  it("takes nothing any more when it drains", async () => {
    const client = await host.connect();
    await host.manager.finish(10);
    expect((await client.next("draining")).reason).to.equal("The worker stops.");
    const refused: unknown = await client.ask(ASK).catch((failed: unknown) => failed);
    expect(refused).to.include({ code: "SESSION_DRAINING", retryable: true });
    const late: unknown = await host.manager.accept(host.jobId).catch((error: unknown) => error);
    expect(late).to.include({ code: "SESSION_DRAINING" });
  });
});
