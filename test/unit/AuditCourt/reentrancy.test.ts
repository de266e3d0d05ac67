import { expect } from "chai";
import { dataSlice } from "ethers";

import { drawnCase, leafOpenings } from "../../helpers/court/auditCase.js";
import { expectMoves } from "../../helpers/court/money.js";
import { accepted, doing, feeOf, rejected, voided } from "../../helpers/court/outcomes.js";
import { completeDraw, expire, pastDeadline, playPanel, tally } from "../../helpers/court/panel.js";
import { ethers, networkHelpers, PARAMETERS, seatedSystem, type System } from "../../helpers/court/system.js";

/** Callbacks get enough gas to call the court. */
const generousStipend = (): Promise<System> =>
  seatedSystem(11, 1, { ...PARAMETERS, escrow: { ...PARAMETERS.escrow, callbackGas: 1_000_000 } });

/** A job whose callback calls back into the court as its audit ends. */
async function armedCase(system: System, call: "tally" | "expire" | "drawPanel" | "openLeaves") {
  const { court } = system;
  const probe = await ethers.deployContract("CallbackProbe");
  const audit = await drawnCase(system, { job: { callback: await probe.getAddress() } });
  const { interface: encoder } = court;
  const data =
    call === "openLeaves"
      ? encoder.encodeFunctionData("openLeaves", [audit.job, audit.batch, leafOpenings(audit)])
      : encoder.encodeFunctionData(call as "tally", [audit.job, audit.batch]);
  await probe.arm(await court.getAddress(), data);
  return { audit, probe };
}

describe("AuditCourt", () => {
  describe("a callback that calls the court again while its audit ends (adversary 28)", () => {
    const unknown = ({ court }: System) =>
      dataSlice(court.interface.getError("AuditCourt_UnknownBatch")!.selector, 0, 4);

    for (const call of ["tally", "expire", "drawPanel", "openLeaves"] as const) {
      it(`finds no audit for ${call}, and the end pays what it would have paid`, async () => {
        const system = await networkHelpers.loadFixture(generousStipend);
        const { audit, probe } = await armedCase(system, call);
        const panel = await playPanel(audit, []);
        await expectMoves(system, () => tally(audit), accepted(audit, doing(panel, "match")));
        expect([await probe.succeeded(), await probe.error()]).to.deep.equal([false, unknown(system)]);
      });
    }

    it("changes no slash either, with a verdict or without", async () => {
      const system = await networkHelpers.loadFixture(generousStipend);
      const voted = await armedCase(system, "tally");
      const panel = await playPanel(voted.audit, ["reject", "reject", "reject"]);
      const moves = rejected(voted.audit, doing(panel, "reject"), 3n * feeOf(voted.audit));
      await expectMoves(system, () => tally(voted.audit), moves);
      expect(await voted.probe.error()).to.equal(unknown(system));

      const silent = await armedCase(system, "expire");
      await completeDraw(silent.audit);
      await pastDeadline(silent.audit);
      await expectMoves(system, () => expire(silent.audit), rejected(silent.audit, [], 0n));
      expect(await silent.probe.error()).to.equal(unknown(system));
    });

    it("nor a Void", async () => {
      const system = await networkHelpers.loadFixture(generousStipend);
      const { audit, probe } = await armedCase(system, "tally");
      for (let panel = 0; panel < 2; panel += 1) {
        await playPanel(audit, ["abstain", "abstain", "abstain"]);
        await tally(audit);
      }
      await playPanel(audit, ["abstain", "abstain", "abstain"]);
      await expectMoves(system, () => tally(audit), voided(audit));
      expect(await probe.error()).to.equal(unknown(system));
    });
  });
});
