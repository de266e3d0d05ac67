import { PassThrough } from "node:stream";

import { expect } from "chai";

import { expectRejection } from "../../../sdk/test/helpers/expectAssayError.js";
import { confirm } from "../../src/adapters/terminal.js";

/** Asks a person who types this; nothing means that the input ends. */
async function ask(typed: string | undefined, word?: string, isTTY = true): Promise<string> {
  const [input, output] = [Object.assign(new PassThrough(), { isTTY }), new PassThrough()];
  if (typed === undefined) input.end();
  else input.write(`${typed}\n`);
  await confirm("Pay 5?", word, { input, output });
  return String(output.read());
}

describe("confirm", () => {
  it("takes y and yes", async () => {
    for (const typed of ["y", "YES", " yes "]) expect(await ask(typed)).to.contain("Pay 5? [y/N] ");
  });

  it("takes anything else, and an end of input, as a no", async () => {
    for (const typed of ["", "n", "yess", undefined]) await expectRejection(ask(typed), "DECLINED");
  });

  it("takes only the word that it asks for", async () => {
    expect(await ask("ALICE", "ALICE")).to.contain("Pay 5? [type ALICE] ");
    for (const typed of ["y", "alice", "", undefined]) await expectRejection(ask(typed, "ALICE"), "DECLINED");
  });

  it("does not ask where nobody is", async () => {
    const { message } = await expectRejection(ask("y", undefined, false), "USAGE");
    expect(message).to.equal("Nobody is there to confirm: add --yes.");
  });
});
