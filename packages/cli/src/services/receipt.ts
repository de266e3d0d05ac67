import { checkPortableReceipt, verifyReceipt } from "@assay/sdk";

import { readBinaryFile, readJsonFile } from "../adapters/files.js";
import { receiptReport, receiptValue } from "../domain/receiptReport.js";
import { Output, type Run } from "./command.js";

/** Checks a receipt's file, by itself or against the chain. */
export const verify: Run = async (input) => {
  const { args, money } = input;
  const document = await readJsonFile("The receipt", args.positional(0, "FILE"));
  const file = args.text("output");
  const output = file === undefined ? undefined : await readBinaryFile("The output", file);
  const checked = args.flag("offline")
    ? checkPortableReceipt(document, { output })
    : await verifyReceipt(input.read, { document, output });
  const value = receiptValue(checked);
  return new Output(value, receiptReport(checked, money), value.evidence === "none");
};
