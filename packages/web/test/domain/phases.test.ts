import type { OfferingInfo, OfferingPhase } from "@assay/sdk";
import { expect } from "chai";

import { phaseNow } from "../../src/domain/phases.js";
import { formatDuration } from "../../src/domain/time.js";

const terms = {
  opensAt: 100n,
  withdrawableUntil: 180n,
  closesAt: 200n,
  finalizableUntil: 300n,
} as OfferingInfo["terms"];
const at = (phase: OfferingPhase, now: bigint): ReturnType<typeof phaseNow> => phaseNow({ phase, terms }, now);

describe("phases", () => {
  it("follow the clock between two reads", () => {
    expect(at("Scheduled", 99n)).to.deep.include({ phase: "Scheduled", withdrawable: false });
    expect(at("Scheduled", 100n)).to.deep.include({ phase: "Open", withdrawable: true });
    expect(at("Open", 180n)).to.deep.include({ phase: "Open", withdrawable: false });
    expect(at("Open", 200n).phase).to.equal("Ended");
    expect(at("Ended", 300n).phase).to.equal("Failed");
  });

  it("say what comes next, and when", () => {
    expect(at("Scheduled", 50n).next).to.deep.equal({ at: 100n, label: "Opens in" });
    expect(at("Open", 150n).next).to.deep.equal({ at: 200n, label: "Closes in" });
    expect(at("Ended", 250n).next).to.deep.equal({ at: 300n, label: "Fails unless finalized in" });
  });

  for (const phase of ["Draft", "Succeeded", "Failed", "Cancelled"] as const) {
    it(`leave ${phase} as it was recorded`, () => {
      expect(at(phase, 250n)).to.deep.equal({ phase, withdrawable: false });
    });
  }

  it("count time in the two largest units", () => {
    expect(formatDuration(0n)).to.equal("0 s");
    expect(formatDuration(59n)).to.equal("59 s");
    expect(formatDuration(3_600n)).to.equal("1 h");
    expect(formatDuration(90_061n)).to.equal("1 d 1 h");
    expect(formatDuration(86_405n)).to.equal("1 d");
  });
});
