import { expect } from "chai";

import { priceReplacement, priceTransaction } from "../../src/node/transactionFees.js";

describe("priceTransaction", () => {
  it("leaves room for the base fee to double", () => {
    expect(priceTransaction(100n, 7n, 1_000n)).to.deep.equal({ maxFeePerGas: 207n, maxPriorityFeePerGas: 7n });
  });

  it("never goes above the cap, nor the tip above the whole", () => {
    expect(priceTransaction(100n, 7n, 150n)).to.deep.equal({ maxFeePerGas: 150n, maxPriorityFeePerGas: 7n });
    expect(priceTransaction(0n, 500n, 150n)).to.deep.equal({ maxFeePerGas: 150n, maxPriorityFeePerGas: 150n });
  });

  it("offers nothing while the cap is below the base fee", () => {
    expect(priceTransaction(150n, 7n, 150n)).to.equal(undefined);
    expect(priceTransaction(149n, 7n, 150n)).to.deep.equal({ maxFeePerGas: 150n, maxPriorityFeePerGas: 7n });
  });
});

describe("priceReplacement", () => {
  it("adds an eighth to both, rounded up", () => {
    const fees = { maxFeePerGas: 1_001n, maxPriorityFeePerGas: 8n };
    expect(priceReplacement(fees, undefined, 10_000n)).to.deep.equal({
      maxFeePerGas: 1_127n,
      maxPriorityFeePerGas: 9n,
    });
  });

  it("adds at least one wei", () => {
    const fees = { maxFeePerGas: 1n, maxPriorityFeePerGas: 0n };
    expect(priceReplacement(fees, undefined, 10n)).to.deep.equal({ maxFeePerGas: 2n, maxPriorityFeePerGas: 1n });
  });

  it("follows the market where that asks more", () => {
    const fees = { maxFeePerGas: 100n, maxPriorityFeePerGas: 10n };
    const market = { maxFeePerGas: 500n, maxPriorityFeePerGas: 11n };
    expect(priceReplacement(fees, market, 1_000n)).to.deep.equal({ maxFeePerGas: 500n, maxPriorityFeePerGas: 12n });
  });

  it("gives up where an eighth more is above the cap: less would not be taken", () => {
    const fees = { maxFeePerGas: 100n, maxPriorityFeePerGas: 10n };
    expect(priceReplacement(fees, undefined, 112n)).to.equal(undefined);
    expect(priceReplacement(fees, undefined, 113n)).to.deep.equal({ maxFeePerGas: 113n, maxPriorityFeePerGas: 12n });
  });
});
