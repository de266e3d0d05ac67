import { expect } from "chai";

import { parseDeployment, publicDeployment } from "../src/deployment.js";
import { AssayError } from "../src/errors.js";
import { DEPLOYMENT } from "./helpers/deployment.js";

function problemOf(content: unknown): string {
  try {
    parseDeployment(content, "x.json");
  } catch (error) {
    if (AssayError.is(error) && error.code === "INVALID_DEPLOYMENT") return error.message;
    throw error;
  }
  return expect.fail("was accepted");
}

describe("parseDeployment", () => {
  it("accepts what a deployment writes, with checksums and plain hex", () => {
    const deployment = parseDeployment(DEPLOYMENT);
    expect(deployment.contracts.AuditCourt).to.equal("0xAb5801a7D398351b8bE11C439e05C5B3259aeC9B");
    expect(deployment.beacon).to.include({ publicKey: "ab".repeat(128), chainHash: "cd".repeat(32) });
    expect(deployment.parameters).to.deep.equal({});
  });

  it("needs neither beacon servers nor a chain hash: a local network's are known only when it runs", () => {
    const { chainHash: _, ...beacon } = DEPLOYMENT.beacon;
    expect(parseDeployment({ ...DEPLOYMENT, beacon: { ...beacon, urls: [] } }).beacon.urls).to.deep.equal([]);
  });

  it("names every field that is wrong", () => {
    const contracts = { ...DEPLOYMENT.contracts, JobEscrow: "0x12" };
    const beacon = { ...DEPLOYMENT.beacon, publicKey: "ab" };
    const problem = problemOf({ ...DEPLOYMENT, chainId: -1, contracts, beacon });
    expect(problem).to.include("x.json is not a deployment");
    expect(problem).to.include("chainId: ");
    expect(problem).to.include("contracts.JobEscrow: is not an address");
    expect(problem).to.include("beacon.publicKey: is not 128 bytes of hex");
  });

  it("refuses a wrong checksum", () => {
    const contracts = { ...DEPLOYMENT.contracts, AuditCourt: "0xaB5801a7D398351b8bE11C439e05C5B3259aeC9B" };
    expect(problemOf({ ...DEPLOYMENT, contracts })).to.include("contracts.AuditCourt: is not an address");
  });

  it("refuses what is no object", () => {
    expect(problemOf(null)).to.include("x.json is not a deployment (it: ");
  });
});

describe("publicDeployment", () => {
  it("says what to do where there is none", () => {
    expect(() => publicDeployment("nowhere")).to.throw(AssayError, "There is no public deployment on nowhere.");
    expect(() => publicDeployment(31337n)).to.throw(AssayError, "There is no public deployment on 31337.");
  });
});
