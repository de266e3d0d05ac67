import { expect } from "chai";

import { agoText, durationText, momentText, parseDuration, parseMoment, whenText } from "../../src/domain/time.js";

const NOON = 1_803_902_400n;

describe("time", () => {
  it("reads durations of one unit or several", () => {
    expect(["90s", "30m", "12h", "7d", "2w", "1d12h"].map((text) => parseDuration("--lasts", text))).to.deep.equal([
      ...[90n, 1_800n, 43_200n, 604_800n, 1_209_600n, 129_600n],
    ]);
  });

  for (const text of ["", "7", "d", "1.5h", "7 d", "-1h", "1y", "1h!"]) {
    it(`refuses the duration "${text}"`, () => {
      expect(() => parseDuration("--lasts", text)).to.throw(
        `--lasts is a duration like 30m, 12h, 7d or 1d12h, not "${text}".`,
      );
    });
  }

  it("reads moments in UTC unless they name a zone, and Unix seconds", () => {
    const moments = [
      "2027-03-01T12:00Z",
      "2027-03-01 12:00",
      "2027-03-01T12:00:00",
      "2027-03-01T14:00+02:00",
      "1803902400",
    ];
    for (const text of moments) expect(parseMoment("--opens-at", text), text).to.equal(NOON);
    expect(parseMoment("--opens-at", "2027-03-01")).to.equal(NOON - 43_200n);
  });

  for (const text of ["tomorrow", "2027-13-01", "2027-03-01T25:00Z", "12:00", "1 March 2027"]) {
    it(`refuses the moment "${text}"`, () => {
      expect(() => parseMoment("--opens-at", text)).to.throw("--opens-at is a moment like");
    });
  }

  it("shows moments in UTC, absolute and relative", () => {
    expect(momentText(NOON)).to.equal("2027-03-01 12:00 UTC");
    expect(momentText(NOON + 7n)).to.equal("2027-03-01 12:00:07 UTC");
    expect(momentText(2n ** 48n)).to.equal("second 281474976710656");
    expect(whenText(NOON, NOON - 90_000n)).to.equal("2027-03-01 12:00 UTC (in 1 d 1 h)");
    expect(agoText(NOON, NOON + 61n)).to.equal("1 min 1 s ago");
    expect(agoText(NOON, NOON)).to.equal("now");
  });

  it("shows durations in their two largest units that follow each other", () => {
    expect([0n, 59n, 3_600n, 90_061n, 86_401n].map(durationText)).to.deep.equal([
      ...["0 s", "59 s", "1 h", "1 d 1 h", "1 d"],
    ]);
  });
});
