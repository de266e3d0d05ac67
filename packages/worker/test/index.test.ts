import { AssayError } from "@assay/sdk";
import { expect } from "chai";

import { EXIT, exitCodeFor } from "../src/index.js";

const errorOf = (code: string, retryable = false): AssayError =>
  new AssayError({ code, message: "It broke.", retryable });

describe("exitCodeFor", () => {
  it("gives every known cause its own code", () => {
    expect(exitCodeFor(errorOf("WRONG_NETWORK"))).to.equal(EXIT.wrongNetwork);
    expect(exitCodeFor(errorOf("MISSING_CONTRACT"))).to.equal(EXIT.missingContract);
    expect(exitCodeFor(errorOf("NO_GAS"))).to.equal(EXIT.noGas);
    expect(exitCodeFor(errorOf("NO_STAKE"))).to.equal(EXIT.noStake);
    expect(exitCodeFor(errorOf("MODEL_MISMATCH"))).to.equal(EXIT.modelMismatch);
    expect(exitCodeFor(errorOf("PASSWORD_WRONG"))).to.equal(EXIT.keystore);
    expect(exitCodeFor(errorOf("PORT_TAKEN"))).to.equal(EXIT.portTaken);
    expect(exitCodeFor(errorOf("DATA_LOCKED"))).to.equal(EXIT.dataLocked);
    expect(exitCodeFor(errorOf("RPC_UNREACHABLE", true))).to.equal(EXIT.rpcUnreachable);
  });

  it("asks for a restart of what it does not know only when it may pass by itself", () => {
    expect(exitCodeFor(errorOf("SOMETHING_NEW", true))).to.equal(EXIT.retryable);
    expect(exitCodeFor(errorOf("SOMETHING_NEW"))).to.equal(EXIT.unexpected);
    expect(exitCodeFor(new TypeError("a bug"))).to.equal(EXIT.unexpected);
  });
});
