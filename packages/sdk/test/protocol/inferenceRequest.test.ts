import { expect } from "chai";
import { id } from "ethers";

import { parseRequest, requestDocument } from "../../src/protocol/inferenceRequest.js";
import { expectAssayError } from "./expectAssayError.js";

describe("requestDocument", () => {
  it("has one text and one hash, whatever the order of its fields", () => {
    const document = requestDocument({ prompt: "Über", maxOutputUnits: 5 });
    expect(document.json).to.equal('{"maxOutputUnits":5,"prompt":"Über"}');
    expect(document.requestHash).to.equal(id(document.json));
    expect(requestDocument({ maxOutputUnits: 5, prompt: "Über" })).to.deep.equal(document);
    expect(parseRequest(document.json)).to.deep.equal(document);
  });

  it("refuses what no worker serves", () => {
    for (const request of [{}, { prompt: 1, maxOutputUnits: 1 }, { prompt: "", maxOutputUnits: 0 }, null]) {
      expectAssayError(() => requestDocument(request), "INVALID_REQUEST");
    }
    expectAssayError(() => requestDocument({ prompt: "", maxOutputUnits: 1, temperature: 1 }), "INVALID_REQUEST");
  });

  it("refuses a text that is not the canonical one", () => {
    expectAssayError(() => parseRequest('{"prompt":"a","maxOutputUnits":1}'), "REQUEST_NOT_CANONICAL");
    expectAssayError(() => parseRequest('{"maxOutputUnits": 1,"prompt":"a"}'), "REQUEST_NOT_CANONICAL");
    expectAssayError(() => parseRequest("{"), "INVALID_REQUEST", "not JSON");
  });
});
