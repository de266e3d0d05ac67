import { readFile, writeFile } from "node:fs/promises";

import { AssayError } from "@assay/sdk";

import { usage } from "../domain/errors.js";

/** @throws AssayError `USAGE` that names the file */
export async function readBinaryFile(what: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw usage(`${what} ${file} cannot be read.`, cause);
  }
}

/** @throws AssayError `USAGE` that names the file */
export async function readTextFile(what: string, file: string): Promise<string> {
  return (await readBinaryFile(what, file)).toString("utf8");
}

/** @throws AssayError `USAGE` if it cannot be read or is not JSON */
export async function readJsonFile(what: string, file: string): Promise<unknown> {
  const text = await readTextFile(what, file);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw usage(`${what} ${file} is not JSON: ${(cause as Error).message}.`, cause);
  }
}

export async function writeTextFile(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (cause) {
    throw new AssayError({
      code: "FILE_UNWRITABLE",
      message: `The file ${file} cannot be written.`,
      hint: "Check the folder and its permissions.",
      cause,
    });
  }
}
