import { randomBytes } from "node:crypto";

import { keccakHex, outputBytes } from "@assay/sdk";
import { expect } from "chai";

import { formatAmount, wholeUnits } from "../../src/domain/amounts.js";
import { AnswerBuffer } from "../../src/domain/answerBuffer.js";
import { parseReceiptId, receiptId } from "../../src/domain/receiptId.js";
import { decodeRecord, encodeReceipt, encodeRollover } from "../../src/domain/receiptRecord.js";
import { SessionBooks } from "../../src/domain/sessionBooks.js";

describe("SessionBooks", () => {
  it("lends within the credit line and the budget, and knows which of them is short", () => {
    const books = new SessionBooks(100n, 250n);
    expect(books.shortage(60n)).to.equal(undefined);
    books.send(60n);
    expect(books.shortage(60n)).to.equal("credit");
    books.record(60n, 50n);
    expect(books.shortage(60n)).to.equal("credit");
    books.acknowledge(50n);
    expect(books.shortage(60n)).to.equal(undefined);
    books.send(100n);
    expect(books.left).to.equal(100n);
    books.record(100n, 100n);
    books.acknowledge(150n);
    expect(books.shortage(101n)).to.equal("budget");
    books.fund(1_000n);
    expect(books.shortage(100n)).to.equal(undefined);
    expect(books.exceedsCreditLine(101n)).to.equal(true);
  });

  it("gives back what came to nothing, and never takes a signature back", () => {
    const books = new SessionBooks(100n, 100n);
    books.send(40n);
    books.release(40n);
    expect(books.left).to.equal(100n);
    books.restore(30n);
    books.acknowledge(30n);
    books.acknowledge(10n);
    expect(books.unsigned).to.equal(0n);
  });
});

describe("records of a session's log", () => {
  it("read back as they were written", () => {
    const record = {
      nonce: 4_294_967_296,
      keyId: 4_294_967_295,
      finish: "tool_calls" as const,
      startedAt: 1_790_000_000,
      finishedAt: 1_790_000_001,
      inputUnits: 12,
      outputUnits: 34,
      fee: 2n ** 96n - 1n,
      requestHash: new Uint8Array(randomBytes(32)),
      outputHash: new Uint8Array(randomBytes(32)),
      salt: new Uint8Array(randomBytes(32)),
      receiptHash: new Uint8Array(randomBytes(32)),
    };
    expect(decodeRecord(encodeReceipt(record))).to.deep.equal({ kind: "receipt", ...record });
    expect(decodeRecord(encodeRollover({ firstNonce: 77 }))).to.deep.equal({ kind: "rollover", firstNonce: 77 });
  });

  it("are refused if another version wrote them", () => {
    expect(() => decodeRecord(Uint8Array.of(9, 9)))
      .to.throw()
      .with.property("code", "RECORD_UNKNOWN");
    expect(() => decodeRecord(new Uint8Array(0)))
      .to.throw()
      .with.property("code", "RECORD_UNKNOWN");
  });
});

describe("AnswerBuffer", () => {
  it("hashes bytes that are no text as they came, and shows replacement characters", () => {
    const buffer = new AnswerBuffer();
    const euro = Buffer.from("€");
    expect(buffer.add({ t: "chunk", id: 1, text: "5 ", outputUnits: 2 })).to.equal("5 ");
    expect(buffer.add({ t: "chunk", id: 1, bytes: euro.subarray(0, 2).toString("base64"), outputUnits: 4 })).to.equal(
      "\ufffd",
    );
    expect(Buffer.from(buffer.bytes())).to.deep.equal(Buffer.concat([Buffer.from("5 "), euro.subarray(0, 2)]));
    expect(buffer.text).to.equal("5 \ufffd");
    expect(buffer.add({ t: "chunk", id: 1, text: "!", outputUnits: 5 })).to.equal("!");
    expect(buffer.text).to.equal("5 \ufffd!");
    expect(buffer.outputUnits).to.equal(5);
  });

  it("makes of tool calls what the protocol hashes", () => {
    const toolCalls = [{ id: "1", type: "function" as const, function: { name: "f", arguments: "{}" } }];
    const buffer = new AnswerBuffer();
    buffer.add({ t: "chunk", id: 1, text: "Let me see", outputUnits: 3 });
    buffer.add({ t: "chunk", id: 1, toolCalls, outputUnits: 9 });
    expect(keccakHex(buffer.bytes())).to.equal(keccakHex(outputBytes({ text: Buffer.from("Let me see"), toolCalls })));
  });
});

describe("names and amounts", () => {
  it("name a receipt by its session and nonce", () => {
    const jobId = keccakHex("job");
    expect(parseReceiptId(receiptId(jobId, 12))).to.deep.equal({ jobId, nonce: 12 });
    for (const wrong of ["", "rcpt_12_1", `rcpt_${jobId}_1`, `${receiptId(jobId, 1)}x`]) {
      expect(parseReceiptId(wrong)).to.equal(undefined);
    }
  });

  it("print amounts exactly", () => {
    expect(wholeUnits(1_500_000n, 6)).to.equal("1.5");
    expect(wholeUnits(1n, 18)).to.equal("0.000000000000000001");
    expect(wholeUnits(0n, 6)).to.equal("0");
    expect(formatAmount(2_000_000n, { symbol: "USDC", decimals: 6 })).to.equal("2 USDC");
  });
});
