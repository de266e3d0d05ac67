import { expect } from "chai";

import type { Offer } from "../../src/domain/catalogue.js";
import { HealthRecord } from "../../src/domain/health.js";
import { type OfferHealth, route, type RoutingOptions, smallestUnits } from "../../src/domain/routing.js";
import { NO_WISHES, parseWishes, type RoutingWishes } from "../../src/domain/routingWishes.js";

const GOOD: OfferHealth = { latencyMs: 100, throughput: 50, errorRate: 0, ready: true, lost: false, usable: true };

function offer(name: string, price = 1_000_000n): Offer {
  return {
    id: name,
    provider: `0x${name}`,
    operator: "",
    name,
    endpoint: "",
    modelId: 1n,
    version: 1n,
    inputPrice: price,
    outputPrice: price,
    creditLine: undefined,
    maxBudget: undefined,
    maxSeconds: undefined,
    maxCollateralBps: undefined,
  };
}

function names(
  offers: readonly Offer[],
  wishes: Partial<RoutingWishes> = {},
  health: Readonly<Record<string, Partial<OfferHealth>>> = {},
  more: Partial<RoutingOptions> = {},
): (string | undefined)[] {
  const { candidates } = route(offers, {
    wishes: { ...NO_WISHES, ...wishes },
    healthOf: ({ id }) => ({ ...GOOD, ...health[id] }),
    quantization: "fp16",
    decimals: 6,
    exploration: 0,
    ...more,
  });
  return candidates.map(({ name }) => name);
}

describe("route", () => {
  const [a, b, c] = [offer("a"), offer("b", 2_000_000n), offer("c", 3_000_000n)];

  it("prefers what is cheap, quick and reliable together", () => {
    expect(names([c, b, a])).to.deep.equal(["a", "b", "c"]);
    expect(names([a, b], {}, { a: { errorRate: 0.9 } })).to.deep.equal(["b", "a"]);
    expect(names([a, offer("d", 1_100_000n)], {}, { a: { latencyMs: 5_000 } })).to.deep.equal(["d", "a"]);
  });

  it("sorts by what the client names", () => {
    const health = {
      a: { latencyMs: 900, throughput: 10 },
      b: { latencyMs: 300, throughput: 90 },
      c: { latencyMs: 30, throughput: 40 },
    };
    expect(names([b, c, a], { sort: "price" }, health)).to.deep.equal(["a", "b", "c"]);
    expect(names([b, c, a], { sort: "latency" }, health)).to.deep.equal(["c", "b", "a"]);
    expect(names([b, c, a], { sort: "throughput" }, health)).to.deep.equal(["b", "c", "a"]);
  });

  it("puts the client's order first and keeps the others as fallbacks, unless they are forbidden", () => {
    expect(names([a, b, c], { order: ["c", "0xb"] })).to.deep.equal(["c", "b", "a"]);
    expect(names([a, b, c], { order: ["c"], allowFallbacks: false })).to.deep.equal(["c"]);
  });

  it("leaves out what the client does not want, and what is out of service", () => {
    expect(names([a, b, c], { only: ["b", "c"], ignore: ["c"] })).to.deep.equal(["b"]);
    expect(names([a, b, c], {}, { a: { usable: false } })).to.deep.equal(["b", "c"]);
    expect(names([a, b], { quantizations: ["int8"] })).to.deep.equal([]);
    expect(names([a, b], { quantizations: ["fp16"] })).to.deep.equal(["a", "b"]);
    expect(names([a, b], { maxPrice: { prompt: 1, completion: undefined } })).to.deep.equal(["a"]);
  });

  it("asks one that lost its connection only after the others", () => {
    expect(names([a, b, c], { sort: "price" }, { a: { lost: true } })).to.deep.equal(["b", "c", "a"]);
    expect(names([a], {}, { a: { lost: true } })).to.deep.equal(["a"]);
  });

  it("tries another one now and then, unless the client chose or a session would have to be opened for it", () => {
    const exploring = { exploration: 0.02, random: () => 0.01 };
    const onlyLast = { a: { ready: false }, b: { ready: false } };
    expect(names([a, b, c], {}, onlyLast, exploring)).to.deep.equal(["c", "a", "b"]);
    expect(names([a, b, c], { sort: "price" }, onlyLast, exploring)).to.deep.equal(["a", "b", "c"]);
    const picks = [0.01, 0.7];
    expect(names([a, b, c], {}, {}, { exploration: 0.02, random: () => picks.shift()! })).to.deep.equal([
      "c",
      "a",
      "b",
    ]);
  });
});

describe("smallestUnits", () => {
  it("converts exactly, rounding down", () => {
    expect(smallestUnits(0.1, 6)).to.equal(100_000n);
    expect(smallestUnits(2.5, 18)).to.equal(2_500_000_000_000_000_000n);
    expect(smallestUnits(0.0000019, 6)).to.equal(1n);
    expect(smallestUnits(3, 0)).to.equal(3n);
  });
});

describe("parseWishes", () => {
  it("reads OpenRouter's fields", () => {
    expect(
      parseWishes({ order: ["0xAB"], sort: { by: "price" }, max_price: { prompt: "0.5" }, allow_fallbacks: false }),
    ).to.deep.equal({
      ...NO_WISHES,
      order: ["0xab"],
      sort: "price",
      maxPrice: { prompt: 0.5, completion: undefined },
      allowFallbacks: false,
    });
  });

  for (const [field, value] of Object.entries({
    order: "alice",
    sort: "beauty",
    max_price: { prompt: -1 },
    allow_fallbacks: "yes",
    quantizations: [1],
  })) {
    it(`names ${field} when it is wrong`, () => {
      expect(() => parseWishes({ [field]: value })).to.throw(new RegExp(`provider.${field}`));
    });
  }
});

describe("HealthRecord", () => {
  it("opens after three failures in a row, lets one try through later, and doubles its pause while that fails", () => {
    const record = new HealthRecord();
    for (let failures = 0; failures < 3; failures += 1) {
      expect(record.breaker(0)).to.equal("closed");
      record.failed(0);
    }
    expect(record.breaker(4_999)).to.equal("open");
    expect(record.view(0, true).usable).to.equal(false);
    expect(record.breaker(5_000)).to.equal("half-open");
    record.started(5_000);
    expect(record.breaker(5_000)).to.equal("open");
    record.failed(5_000);
    expect(record.breaker(14_999)).to.equal("open");
    expect(record.breaker(15_000)).to.equal("half-open");
    record.started(15_000);
    record.succeeded(10, 100);
    expect(record.breaker(15_000)).to.equal("closed");
  });

  it("does not pause longer because many requests were in work when it opened", () => {
    const record = new HealthRecord();
    for (let failures = 0; failures < 50; failures += 1) record.failed(0);
    expect(record.breaker(4_999)).to.equal("open");
    expect(record.breaker(5_000)).to.equal("half-open");
  });

  it("lets the next one try when the client of the first try went away", () => {
    const record = new HealthRecord();
    for (let failures = 0; failures < 3; failures += 1) record.failed(0);
    record.started(6_000);
    record.ended();
    expect(record.breaker(6_000)).to.equal("half-open");
  });

  it("keeps averages, and is out for good once it was dropped", () => {
    const record = new HealthRecord();
    record.firstPiece(100);
    record.firstPiece(200);
    record.succeeded(100, 1_000);
    expect(record.view(0, true)).to.include({ latencyMs: 110, throughput: 100, usable: true });
    record.punish();
    expect(record.view(0, true).errorRate).to.equal(0.25);
    record.drop("a wrong receipt");
    expect(record.view(0, true).usable).to.equal(false);
  });
});
