import { cutRequest, type DoneFrame, keccak, type ReceiptHasher, requestDocument } from "@assay/sdk";

import type { AnswerBuffer } from "../../domain/answerBuffer.js";
import { checkDone } from "../../domain/doneCheck.js";
import type { ReceiptRecord } from "../../domain/receiptRecord.js";
import type { SessionDeal } from "../../domain/sessionDeal.js";
import type { Ask } from "./ask.js";
import { hexBytes32 } from "./sessionErrors.js";

/** A request between `ask` and its end. */
export interface Pending {
  readonly ask: Ask;
  readonly worst: bigint;
  readonly buffer: AnswerBuffer;
  id: number;
  cancelled: boolean;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Holds a receipt to what was asked and delivered, and makes of it what is recorded.
 *
 * @param nonce of the session's next receipt
 * @throws AssayError `RECEIPT_WRONG`
 */
export function recordOf(
  frame: DoneFrame,
  { ask, buffer, cancelled }: Pending,
  { nonce, terms, hasher }: { readonly nonce: number; readonly terms: SessionDeal; readonly hasher: ReceiptHasher },
): ReceiptRecord {
  const { prepared, keyId } = ask;
  const output = buffer.bytes();
  const fee = checkDone(
    frame,
    nonce,
    {
      request: prepared.request,
      requestBytes: prepared.bytes,
      outputUnits: buffer.outputUnits,
      outputBytes: output.length,
      hasTools: buffer.toolCalls !== undefined,
      cancelled,
    },
    terms,
  );
  const requestHash =
    frame.finish === "cancelled"
      ? hexBytes32(requestDocument(cutRequest(prepared.request, frame.outputUnits)).requestHash, "requestHash")
      : prepared.hash;
  const { inputUnits, outputUnits, startedAt, finishedAt, finish } = frame;
  const outputHash = keccak(output);
  const salt = hexBytes32(frame.salt, "salt");
  const counted = { nonce, inputUnits, outputUnits, fee, startedAt, finishedAt };
  const { receiptHash } = hasher.hash({ ...counted, requestHash, outputHash, salt });
  return { ...counted, keyId, finish, requestHash, outputHash, salt, receiptHash };
}
