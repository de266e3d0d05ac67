import { expect } from "chai";
import { id, ZeroHash } from "ethers";

import { drawnCase } from "../../helpers/court/auditCase.js";
import { playPanel } from "../../helpers/court/panel.js";
import { deployContracts, elevenProviders, HOUR, networkHelpers, PARAMETERS } from "../../helpers/court/system.js";

const deployed = () => deployContracts();

describe("AuditCourt", () => {
  describe("params", () => {
    it("says what it was deployed with", async () => {
      const { court } = await networkHelpers.loadFixture(deployed);
      const { drawWindow, openWindow, commitWindow, revealWindow, testNetwork } = PARAMETERS.court;
      expect(await court.params()).to.deep.equal([
        BigInt(drawWindow),
        BigInt(openWindow),
        BigInt(commitWindow),
        BigInt(revealWindow),
        testNetwork,
      ]);
    });
  });

  describe("longestAudit", () => {
    it("is four panels and two openings, each to its deadline", async () => {
      const { court } = await networkHelpers.loadFixture(deployed);
      expect(await court.longestAudit()).to.equal(BigInt(4 * (2 + 4 + 2) * HOUR + 2 * 2 * HOUR));
    });
  });

  describe("auditOf, membersOf", () => {
    it("are empty for what is no audit", async () => {
      const { court } = await networkHelpers.loadFixture(deployed);
      const nothing = Array<bigint>(11).fill(0n);
      expect(await court.auditOf(id("no audit"))).to.deep.equal([...nothing, ZeroHash, ZeroHash, ZeroHash]);
      expect(await court.membersOf(id("no audit"))).to.deep.equal([]);
    });

    it("show the members of all panels, with their votes", async () => {
      const system = await networkHelpers.loadFixture(elevenProviders);
      const audit = await drawnCase(system);
      const first = await playPanel(audit, ["match", "reject", "odd"]);
      await system.court.tally(audit.job, audit.batch);
      const second = await playPanel(audit, ["match", "mute", "match", "match", "abstain", "odd", "absent"]);
      const status = { match: 2n, reject: 2n, odd: 2n, abstain: 3n, mute: 1n, absent: 0n };
      const members = await system.court.membersOf(audit.auditId);
      expect(members.map(({ provider, seat, panel, status: is }) => [provider, seat, panel, is])).to.deep.equal([
        ...first.map(({ provider, seat, behaviour }) => [provider, seat, 0n, status[behaviour]]),
        ...second.map(({ provider, seat, behaviour }) => [provider, seat, 1n, status[behaviour]]),
      ]);
      for (const [index, { behaviour, vote }] of [...first, ...second].entries()) {
        if (behaviour === "mute") expect(members[index]!.vote).to.not.equal(vote);
        else expect(members[index]!.vote).to.equal(behaviour === "absent" ? ZeroHash : vote);
      }
      const { committed, revealed, drawn, firstMember } = await system.court.auditOf(audit.auditId);
      expect([committed, revealed, drawn, firstMember]).to.deep.equal([6n, 5n, 7n, 3n]);
    });
  });
});
