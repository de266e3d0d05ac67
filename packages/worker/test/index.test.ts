import { AssayError } from "@assay/sdk";
import { expect } from "chai";

import { EXIT, exitCodeFor } from "../src/index.js";

describe("exitCodeFor", () => {
  it("asks for a restart only when the error may pass by itself", () => {
    const options = { code: "RPC_UNREACHABLE", message: "The chain could not be reached." };

    expect(exitCodeFor(new AssayError({ ...options, retryable: true }))).to.equal(EXIT.retryable);
    expect(exitCodeFor(new AssayError(options))).to.equal(EXIT.fatal);
    expect(exitCodeFor(new TypeError("a bug"))).to.equal(EXIT.fatal);
  });
});
