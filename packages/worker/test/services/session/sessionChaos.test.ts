import { hashReceipt, SumTree } from "@assay/sdk";
import { expect } from "chai";

import type { Engine } from "../../../src/adapters/engine/engine.js";
import { ENGINE } from "../../helpers/context.js";
import type { SessionClient } from "../../helpers/sessionClient.js";
import { SessionHost } from "../../helpers/sessionHost.js";

const ROUNDS = 40;

/** The n-gram engine with pauses between small pieces, so that there is always something in work. */
const chopped: Engine = {
  ...ENGINE,
  async *generate(request, signal) {
    for await (const { text = new Uint8Array(), inputUnits, finish } of ENGINE.generate(request, signal)) {
      for (let at = 0; at < text.length; at += 4) {
        await new Promise(setImmediate);
        signal.throwIfAborted();
        const outputUnits = Math.min(at + 4, text.length);
        const last = outputUnits === text.length && finish !== undefined;
        yield { text: text.slice(at, at + 4), inputUnits, outputUnits, ...(last && { finish }) };
      }
    }
  },
};

describe("a session whose two sides die at random", function () {
  this.timeout(120_000);
  let host: SessionHost;
  let client: SessionClient;
  let seed = 20_261_124;
  const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;

  before(async () => {
    host = await SessionHost.start({ engine: chopped, job: { creditLine: 10n ** 6n, budget: 10n ** 8n } });
    client = await host.connect();
  });

  after(async () => {
    await host.dispose();
  });

  /** Several requests at once, some cancelled; none of them has to come to an end. */
  function load(): readonly Promise<unknown>[] {
    return Array.from({ length: 1 + random(12) }, (_, index) => {
      const cancelAt = random(4) === 0 ? 4 * (1 + random(6)) : Infinity;
      const asking = { id: 0 };
      const { deaf } = client;
      expect(deaf).to.equal(false);
      const connection = client;
      const answer = client.ask(
        { prompt: "Alice was ", maxOutputUnits: 1 + random(64), seed: index },
        {
          stream: random(3) > 0,
          onChunk: ({ outputUnits }) => {
            if (outputUnits >= cancelAt) connection.send({ t: "cancel", id: asking.id });
          },
        },
      );
      asking.id = answer.id;
      return answer.catch(() => undefined);
    });
  }

  it("has the same receipts on both sides, signs them, and loses none that was recorded", async () => {
    let crashes = 0;
    let dropped = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const answers = load();
      const fate = random(4);
      if (fate === 0) {
        await Promise.all(answers);
        if (random(2) === 0) await client.sign();
        else client.send(client.voucher());
        if (random(4) === 0) await (await host.manager.views())[0]?.session.rollover();
        continue;
      }
      crashes += 1;
      for (let turns = random(30); turns > 0; turns -= 1) await new Promise(setImmediate);
      if (fate === 1) client.deaf = true;
      if (fate === 1) for (let turns = random(10); turns > 0; turns -= 1) await new Promise(setImmediate);
      if (fate < 3) client.terminate();
      if (fate > 1) {
        await host.down();
        await host.up();
      }
      await Promise.all(answers);
      await client.closed;
      const { session } = (await host.manager.views())[0]!;
      await session.link?.idle();
      dropped += session.ledger.nonce - host.recorded.leaves.length;
      client = await host.connect();
      expect(session.ledger.nonce).to.equal(host.recorded.leaves.length);
    }
    expect(crashes).to.be.greaterThan(10);
    expect(dropped, "some receipts were lost on their way").to.be.greaterThan(0);

    await client.ask({ prompt: "the end", maxOutputUnits: 1 });
    await client.sign();
    const { session } = (await host.manager.views())[0]!;
    await session.rollover();
    const leaves = (
      await Promise.all(
        session.ledger.closed.map(
          async (closed) =>
            await session.ledger.openLeaves(closed, () => Promise.resolve([...Array(closed.count).keys()])),
        ),
      )
    ).flat();
    expect(leaves).to.have.length(host.recorded.leaves.length);
    // What is paid is what was delivered, to the unit and to the byte.
    const own = SumTree.build(leaves.map(({ receipt }) => ({ content: hashReceipt(receipt), sum: receipt.fee })));
    expect(own.root).to.equal(SumTree.build(host.recorded.leaves).root);
    expect(session.outstanding([])).to.equal(0n);
    expect(session.requests).to.equal(0);
  });
});
