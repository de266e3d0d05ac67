import { expect } from "chai";
import { encodeBase64, toUtf8Bytes, ZeroHash } from "ethers";

import { checkAnswer } from "../../src/protocol/checkAnswer.js";
import { hashReceipt } from "../../src/protocol/receipts.js";
import type { Receipt } from "../../src/protocol/types.js";
import { OPERATOR, servedJob } from "../helpers/fixtures.js";
import { expectAssayError } from "./expectAssayError.js";

describe("checkAnswer", () => {
  const { answer, context } = servedJob();

  it("gives the output of an answer that is the committed one", () => {
    const { output, receiptHash } = checkAnswer(answer, context);
    expect(new TextDecoder().decode(output)).to.equal(" beginning to get very tired");
    expect(receiptHash).to.equal(hashReceipt(answer.receipt));
  });

  it("checks what it can before there is a batch", () => {
    expect(checkAnswer(answer, { ...context, batch: undefined }).output.length).to.equal(28);
  });

  it("refuses another output than the receipt commits to", () => {
    const forged = { ...answer, output: encodeBase64(toUtf8Bytes(" beginning to get very bored")) };
    expectAssayError(() => checkAnswer(forged, context), "ANSWER_MISMATCH", "responseRoot");
  });

  it("refuses another salt", () => {
    expectAssayError(() => checkAnswer({ ...answer, salt: ZeroHash }, context), "ANSWER_MISMATCH", "responseRoot");
  });

  const changes: Partial<Receipt>[] = [
    { jobId: ZeroHash },
    { provider: OPERATOR.address },
    { nonce: 1n },
    { modelId: 2n },
    { version: 2n },
    { policyId: ZeroHash },
    { requestHash: ZeroHash },
    { seed: 1n },
    { fee: 1n },
  ];
  for (const change of changes) {
    const [field = ""] = Object.keys(change);
    it(`refuses a receipt with another ${field} than was agreed`, () => {
      const forged = { ...answer, receipt: { ...answer.receipt, ...change } };
      expectAssayError(() => checkAnswer(forged, context), "ANSWER_MISMATCH", `The answer's ${field} is`);
    });
  }

  it("refuses a good answer that is not the one in the batch's tree", () => {
    const receipt = { ...answer.receipt, finishedAt: answer.receipt.finishedAt + 1n };
    expectAssayError(() => checkAnswer({ ...answer, receipt }, context), "ANSWER_MISMATCH", "root");
    const batch = { ...context.batch, jobId: ZeroHash };
    expectAssayError(() => checkAnswer(answer, { ...context, batch }), "ANSWER_MISMATCH", "batch");
  });
});
