import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { encodeBytes32String, Interface, type JsonFragment, makeError, ZeroHash } from "ethers";

import { AssayError } from "../../src/errors.js";
import { contractErrorName, decodeContractError, errorNameOf } from "../../src/errors/contractError.js";
import { CONTRACT_HINTS } from "../../src/errors/contractHints.js";
import { IJobEscrow__factory } from "../../src/typechain/factories/interfaces/IJobEscrow__factory.js";
import { IModelRegistry__factory } from "../../src/typechain/factories/interfaces/IModelRegistry__factory.js";

const escrow = IJobEscrow__factory.createInterface();
const registry = IModelRegistry__factory.createInterface();
const jobId = `0x${"ab".repeat(32)}`;

// The factories of mocks are left out: tests alone use them. So is the deployer's own contract.
const FACTORIES =
  "../../src/typechain/factories/{interfaces,jobs,libraries,models,randomness,sampling,staking}/*__factory.ts";

async function errorsOfTheSystem(): Promise<Map<string, string>> {
  const files = globSync(fileURLToPath(new URL(FACTORIES, import.meta.url)));
  const found = new Map<string, string>();
  for (const file of files) {
    const module = (await import(file)) as Record<string, { readonly abi: readonly JsonFragment[] }>;
    for (const { abi } of Object.values(module)) {
      new Interface(abi).forEachError((fragment) => found.set(fragment.name, fragment.selector));
    }
  }
  return found;
}

describe("decodeContractError", () => {
  it("knows a hint, and the selector, of every custom error of every contract", async () => {
    const errors = await errorsOfTheSystem();

    expect(errors.size).to.be.greaterThan(70);
    expect([...errors.keys()].filter((name) => !(name in CONTRACT_HINTS))).to.deep.equal([]);
    expect([...errors].filter(([name, selector]) => errorNameOf(selector) !== name)).to.deep.equal([]);
  });

  it("has hints that are sentences, for errors that can be decoded", () => {
    for (const [name, { hint }] of Object.entries(CONTRACT_HINTS)) expect(hint, name).to.match(/^[A-Z].*\.$/);
  });

  it("gives name, arguments and hint of an error in what ethers throws", () => {
    const data = escrow.encodeErrorResult("JobEscrow_WindowOpen", [jobId, 99n]);
    const thrown = makeError("execution reverted", "CALL_EXCEPTION", {
      action: "call",
      data,
      reason: null,
      transaction: { to: null, data: escrow.encodeErrorResult("JobEscrow_ZeroAmount") },
      invocation: null,
      revert: null,
    });

    const error = decodeContractError(thrown)!;

    expect(error).to.include({ code: "CONTRACT_ERROR", retryable: true, cause: thrown });
    expect(error.message).to.equal(`The contract reverted with JobEscrow_WindowOpen(batchId: ${jobId}, closesAt: 99).`);
    expect(error.hint).to.equal("The batch is paid when its dispute window is over.");
    expect(error.details).to.deep.equal({ name: "JobEscrow_WindowOpen", args: { batchId: jobId, closesAt: 99n } });
    expect(contractErrorName(error)).to.equal("JobEscrow_WindowOpen");
  });

  it("shows the names of fields and parameters as text", () => {
    const data = escrow.encodeErrorResult("JobEscrow_InvalidTerm", [encodeBytes32String("commitBy"), 5n, 6n]);
    expect(decodeContractError({ data })?.message).to.equal(
      "The contract reverted with JobEscrow_InvalidTerm(field: commitBy, actual: 5, limit: 6).",
    );
  });

  it("shows hashes as hashes", () => {
    const data = escrow.encodeErrorResult("JobEscrow_WrongStatus", [ZeroHash, 0n, 2n]);
    expect(decodeContractError({ data })?.message).to.include(`jobId: ${ZeroHash}`);
  });

  it("finds the data where nodes hide it", () => {
    const data = registry.encodeErrorResult("ModelRegistry_ZeroSeats");
    const hidden = [
      { error: { code: 3, data } },
      { info: { error: { code: -32603, message: "VM Exception", data: { message: "x", data } } } },
      { cause: { info: { error: { data } } } },
    ];
    for (const thrown of hidden) {
      expect(contractErrorName(decodeContractError(thrown)), JSON.stringify(thrown)).to.equal(
        "ModelRegistry_ZeroSeats",
      );
    }
  });

  it("never takes a call's own input for what it returned", () => {
    const data = registry.encodeErrorResult("ModelRegistry_ZeroSeats");
    expect(decodeContractError({ transaction: { data }, payload: { params: [{ data }] } })).to.equal(undefined);
  });

  it("decodes Solidity's own errors", () => {
    const solidity = new Interface(["error Error(string)", "error Panic(uint256)"]);
    const reason = decodeContractError({ data: solidity.encodeErrorResult("Error", ["paused"]) });
    expect(reason?.message).to.equal("The contract reverted: paused");
    const overflow = decodeContractError({ data: solidity.encodeErrorResult("Panic", [17n]) });
    expect(overflow?.message).to.equal("The contract panicked: an arithmetic operation overflowed.");
  });

  it("keeps the bytes of an error that it does not know", () => {
    const error = decodeContractError({ data: "0xdeadbeef" });
    expect(error?.message).to.equal("The contract reverted with an error that is not known here: 0xdeadbeef.");
    expect(error?.details).to.deep.equal({ name: "0xdeadbeef", args: {} });
  });

  it("knows a revert without data as one", () => {
    const error = decodeContractError({ code: "CALL_EXCEPTION", data: null });
    expect(error?.message).to.equal("The contract reverted without a reason.");
  });

  it("leaves alone what is no revert", () => {
    expect(decodeContractError(new TypeError("x is undefined"))).to.equal(undefined);
    expect(decodeContractError(new AssayError({ code: "RPC_TIMEOUT", message: "Late." }))).to.equal(undefined);
    expect(contractErrorName(new AssayError({ code: "RPC_TIMEOUT", message: "Late." }))).to.equal(undefined);
  });
});
