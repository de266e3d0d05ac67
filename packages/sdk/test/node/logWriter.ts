/**
 * Appends numbered records of different lengths for ever, sixteen at a time, and writes `number offset` to standard output for
 * each one that was acknowledged: what `appendLog.test.ts` kills in the middle, or lets run into a limit of the file's size.
 * At the end it writes `refused CODE` and, for one append more, `then CODE`.
 *
 * Arguments: file.
 */
import { writeSync } from "node:fs";

import { AssayError } from "../../src/errors.js";
import { AppendLog } from "../../src/node/appendLog.js";

const [file = ""] = process.argv.slice(2);
let next = 0;
const log = await AppendLog.open({ file, onRecord: () => (next += 1) });

/** Record `number`: its number, then filling that depends on it. */
function recordOf(number: number): Uint8Array {
  const record = Buffer.alloc(4 + ((number * 7919) % 6000), number % 251);
  record.writeUInt32BE(number);
  return record;
}

const codeOf = (error: unknown): string => (AssayError.is(error) ? error.code : String(error));

try {
  for (;;) {
    const first = next;
    next += 16;
    await Promise.all(
      Array.from({ length: 16 }, async (_, at) => {
        const offset = await log.append(recordOf(first + at));
        writeSync(1, `${first + at} ${offset}\n`);
      }),
    );
  }
} catch (error) {
  const then = await log.append(new Uint8Array(1)).then(() => "nothing", codeOf);
  writeSync(1, `refused ${codeOf(error)}\nthen ${then}\n`);
}
