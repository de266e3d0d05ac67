import { expect } from "chai";

import { AssayError } from "../src/errors.js";

describe("AssayError", () => {
  it("carries code, message, hint, retryable and cause", () => {
    const cause = new TypeError("socket closed");
    const error = new AssayError({ code: "RPC", message: "No answer.", hint: "Try again.", retryable: true, cause });

    expect(error).to.be.instanceOf(Error);
    expect(error.name).to.equal("AssayError");
    expect(error).to.include({ code: "RPC", message: "No answer.", hint: "Try again.", retryable: true, cause });
  });

  it("is fatal and has no cause unless told otherwise", () => {
    const error = new AssayError({ code: "STAKE_TOO_LOW", message: "The stake is too low." });

    expect(error.retryable).to.equal(false);
    expect(error.hint).to.equal(undefined);
    expect("cause" in error).to.equal(false);
  });

  describe("is", () => {
    it("accepts an error made by another copy of the package", () => {
      const foreign = Object.assign(new Error("No answer."), { name: "AssayError", code: "RPC", retryable: true });
      expect(AssayError.is(foreign)).to.equal(true);
    });

    it("rejects other errors and other values", () => {
      expect(AssayError.is(new Error("No answer."))).to.equal(false);
      expect(AssayError.is({ name: "AssayError", code: "RPC", retryable: true })).to.equal(false);
      expect(AssayError.is(undefined)).to.equal(false);
    });
  });
});
