import { createInterface } from "node:readline/promises";

import { AssayError } from "@assay/sdk";

import { usage } from "../domain/errors.js";

/** Tells a person something on stderr, so that results have stdout to themselves. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Where somebody is asked. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

/**
 * Asks on stderr. With a word, that word must be typed.
 *
 * @throws AssayError `USAGE` if nobody is there, `DECLINED` if the answer is anything else
 */
export async function confirm(
  question: string,
  word?: string,
  { input, output }: Terminal = { input: process.stdin, output: process.stderr },
): Promise<void> {
  if (input.isTTY !== true) throw usage("Nobody is there to confirm: add --yes.");
  const terminal = createInterface({ input, output });
  const answered = terminal.question(`${question} ${word === undefined ? "[y/N]" : `[type ${word}]`} `);
  const closed = new Promise<string>((resolve) =>
    terminal.once("close", () => {
      resolve("");
    }),
  );
  const answer = (await Promise.race([answered, closed])).trim();
  terminal.close();
  if (word === undefined ? /^y(es)?$/i.test(answer) : answer === word) return;
  throw new AssayError({ code: "DECLINED", message: "Nothing was sent." });
}
