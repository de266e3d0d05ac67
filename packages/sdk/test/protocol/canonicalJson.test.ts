import { expect } from "chai";
import { id } from "ethers";

import { canonicalJson, hashJson, type JsonValue } from "../../src/index.js";
import { expectAssayError } from "./expectAssayError.js";

/** The double with these bits, most significant first. */
const double = (bits: string): number => Buffer.from(bits, "hex").readDoubleBE();

describe("canonicalJson", () => {
  it("writes the example of RFC 8785, section 3.2", () => {
    const value = JSON.parse(
      String.raw`{
        "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
        "literals": [null, true, false]
      }`,
    ) as JsonValue;
    expect(canonicalJson(value)).to.equal(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],` +
        String.raw`"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it("sorts keys by UTF-16 code units, as section 3.2.3 shows", () => {
    const keys = ["\u20ac", "\r", "\ufb33", "1", "\ud83d\ude00", "\u0080", "\u00f6"];
    const value = Object.fromEntries(keys.map((key, index) => [key, index]));
    const sorted = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\ud83d\ude00", "\ufb33"];
    expect(Object.keys(JSON.parse(canonicalJson(value)) as object).filter((key) => key !== "1")).to.deep.equal(
      sorted.filter((key) => key !== "1"),
    );
    expect(canonicalJson({ b: 1, a: { d: [], c: {} }, "": null, 10: 1, 9: 2 })).to.equal(
      '{"":null,"10":1,"9":2,"a":{"c":{},"d":[]},"b":1}',
    );
  });

  it("writes the numbers of appendix B", () => {
    const numbers = {
      "0000000000000000": "0",
      "8000000000000000": "0",
      "0000000000000001": "5e-324",
      "7fefffffffffffff": "1.7976931348623157e+308",
      "4340000000000000": "9007199254740992",
      "4430000000000000": "295147905179352830000",
      "44b52d02c7e14af5": "9.999999999999997e+22",
      "444b1ae4d6e2ef50": "1e+21",
      "3eb0c6f7a0b5ed8d": "0.000001",
      "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
      "41b3de4355555555": "333333333.3333333",
      becbf647612f3696: "-0.0000033333333333333333",
      "43143ff3c1cb0959": "1424953923781206.2",
    };
    for (const [bits, text] of Object.entries(numbers)) expect(canonicalJson(double(bits))).to.equal(text);
  });

  it("drops and converts nothing in silence", () => {
    const bad: [unknown, string][] = [
      [Number.NaN, "NaN"],
      [Number.POSITIVE_INFINITY, "Infinity"],
      [undefined, "undefined"],
      [{ a: undefined }, "undefined"],
      [[undefined], "undefined"],
      [1n, "bigint"],
      [() => 1, "function"],
      [new Date(0), "class"],
      [{ toJSON: () => 1 }, "function"],
      ["\ud83d", "surrogate"],
      [{ "\ude00": 1 }, "surrogate"],
    ];
    for (const [value, word] of bad) expectAssayError(() => canonicalJson(value as JsonValue), "NOT_JSON", word);
  });

  it("is hashed as UTF-8", () => {
    expect(hashJson({ prompt: "Žluťoučký kůň" })).to.equal(id('{"prompt":"Žluťoučký kůň"}'));
  });
});
