import { expect } from "chai";

import { AssayError } from "../../src/index.js";

/** Runs `action`, which must throw an `AssayError` with this code and, if given, this word in its message. */
export function expectAssayError(action: () => unknown, code: string, word = ""): void {
  try {
    action();
  } catch (error) {
    if (!AssayError.is(error)) throw error;
    expect(error.code).to.equal(code);
    expect(error.message).to.include(word);
    return;
  }
  expect.fail(`Nothing was thrown instead of ${code}`);
}
