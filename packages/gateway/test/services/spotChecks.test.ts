import type { Kysely } from "kysely";
import { expect } from "chai";

import { Metrics } from "../../src/adapters/metrics.js";
import { openStorage } from "../../src/adapters/storage/openStorage.js";
import type { GatewayDatabase } from "../../src/adapters/storage/schema.js";
import { SpotCheckStore } from "../../src/adapters/storage/spotCheckStore.js";
import type { Served } from "../../src/services/answering.js";
import { SpotChecks } from "../../src/services/spotChecks.js";
import { StaticSupply } from "../../src/services/supply.js";
import { chat, type Rig, startRig } from "../helpers/rig.js";
import { quiet, temporaryFolder, testModel } from "../helpers/session.js";
import type { Answer } from "../helpers/testProvider.js";

const OWNER = { chainId: 31_337n, escrow: `0x${"11".repeat(20)}`, requester: `0x${"22".repeat(20)}` };

describe("SpotChecks", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let database: Kysely<GatewayDatabase>;
  let rig: Rig;

  beforeEach(async () => {
    folder = await temporaryFolder();
    database = await openStorage(folder.path, OWNER);
  });
  afterEach(async () => {
    await rig.stop();
    await database.destroy();
    await folder.remove();
  });

  /** Asks once, with every answer checked, and waits for the result. */
  async function check(second: () => Answer, keepEvidence: boolean): Promise<{ rows: unknown[]; metrics: string }> {
    const metrics = new Metrics("test_");
    const served: Served[] = [];
    rig = await startRig([{}, { answer: second }], { onServed: (answer) => served.push(answer) });
    const supply = new StaticSupply(
      [testModel(rig.offers)],
      rig.offers.map((offer, index) => [offer, rig.sessions[index]!] as const),
    );
    const store = new SpotCheckStore(database);
    const checks = new SpotChecks({ rate: 1, keepEvidence, supply, health: rig.health, logger: quiet, metrics, store });
    const first = { order: [rig.offers[0]!.provider] };
    expect((await rig.post("/v1/chat/completions", chat({ provider: first }))).status).to.equal(200);
    checks.consider(served[0]!);
    let rows: unknown[] = [];
    while (rows.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      rows = await database.selectFrom("spot_checks").selectAll().execute();
    }
    return { rows, metrics: await metrics.render() };
  }

  it("finds honest providers equal, and keeps nothing but that", async () => {
    const { rows, metrics } = await check(() => ({ pieces: ["Hello", " wor", "ld"] }), true);
    expect(rows).to.have.length(1);
    expect(rows[0]).to.include({
      matched: 1,
      evidence: null,
      first_offer: rig.offers[0]!.id,
      second_offer: rig.offers[1]!.id,
    });
    expect(metrics).to.include('test_spot_checks_total{result="equal"} 1');
    expect(rig.offers.map((offer) => rig.health.of(offer).view(0, true).errorRate)).to.deep.equal([0, 0]);
  });

  it("keeps request and outputs of answers that differ, and both providers count as worse", async () => {
    const { rows } = await check(() => ({ pieces: ["Something else"] }), true);
    expect(rows[0]).to.include({ matched: 0 });
    const evidence = JSON.parse((rows[0] as { evidence: string }).evidence) as { request: string; outputs: string[] };
    expect(JSON.parse(evidence.request)).to.have.property("messages");
    expect(evidence.outputs.map((output) => Buffer.from(output, "base64").toString())).to.deep.equal([
      "Hello world",
      "Something else",
    ]);
    expect(rig.offers.map((offer) => rig.health.of(offer).view(0, true).errorRate)).to.deep.equal([0.25, 0.25]);
    expect(await new SpotCheckStore(database).failed(10)).to.have.length(1);
  });

  it("keeps no prompt unless the configuration allows it", async () => {
    const { rows } = await check(() => ({ pieces: ["Something else"] }), false);
    expect(rows[0]).to.include({ matched: 0, evidence: null });
  });
});
