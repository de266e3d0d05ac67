import { expect } from "chai";

import { LeafBuffer } from "../../../src/domain/session/leafBuffer.js";
import { decodeRecord, encodeNote, encodeReceipt } from "../../../src/domain/session/records.js";

const leaf = (n: number): Uint8Array => new Uint8Array(32).fill(n);

describe("records of a session's log", () => {
  it("come back as they were written, at the limits too", () => {
    for (const [units, fee] of [
      [0, 0n],
      [2 ** 40, 2n ** 96n - 1n],
    ] as const) {
      const receipt = {
        inputUnits: units,
        outputUnits: units,
        fee,
        startedAt: 1_795_000_000,
        finishedAt: 1_795_000_001,
        outputHash: leaf(7),
        request: Buffer.from('{"maxOutputUnits":1,"prompt":"☕"}'),
      };
      expect(decodeRecord(encodeReceipt(receipt))).to.deep.equal({ ...receipt, outputHash: Buffer.from(leaf(7)) });
    }
    const voucher = {
      note: "voucher",
      firstNonce: 3,
      count: 2,
      total: 2n ** 95n,
      root: "0xab",
      signature: "0x01",
      countersignature: "0x02",
    } as const;
    expect(decodeRecord(encodeNote(voucher))).to.deep.equal(voucher);
  });

  it("are refused when no version wrote them", () => {
    for (const record of [Uint8Array.of(1, 2, 3), Buffer.from("{}"), Buffer.from("x"), new Uint8Array()]) {
      expect(() => decodeRecord(record)).to.throw("The log of a session does not hold");
    }
  });
});

describe("LeafBuffer", () => {
  it("keeps leaves in order while it grows at one end and is used up at the other", () => {
    const buffer = new LeafBuffer();
    const expected: number[] = [];
    for (let round = 0, n = 0; round < 50; round += 1) {
      for (let added = 0; added < 90; added += 1, n += 1) {
        buffer.append(leaf(n % 251), BigInt(n) << 60n);
        expected.push(n);
      }
      buffer.dropFirst(60);
      expected.splice(0, 60);
      if (round % 7 === 0) {
        buffer.keepFirst(buffer.count - 5);
        expected.splice(-5);
      }
    }
    expect(buffer.count).to.equal(expected.length);
    for (const [index, n] of expected.entries()) {
      expect(buffer.sumAt(index)).to.equal(BigInt(n) << 60n);
      expect(buffer.contentAt(index)).to.deep.equal(Buffer.from(leaf(n % 251)));
    }
  });
});
