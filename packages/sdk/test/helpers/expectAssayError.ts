import { expect } from "chai";

import { AssayError } from "../../src/errors.js";

/** The {@link AssayError} with this code that a promise rejects with; fails on anything else. */
export async function expectRejection(promise: Promise<unknown>, code: string): Promise<AssayError> {
  try {
    await promise;
  } catch (error) {
    if (!AssayError.is(error)) throw error;
    expect(error.code, error.message).to.equal(code);
    return error;
  }
  return expect.fail(`resolved instead of rejecting with ${code}`);
}
