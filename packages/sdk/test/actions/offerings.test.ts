import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";

import { cancelOffering } from "../../src/actions/cancelOffering.js";
import { claimAllRevenue } from "../../src/actions/claimAllRevenue.js";
import { claimRevenue } from "../../src/actions/claimRevenue.js";
import { commitToOffering } from "../../src/actions/commitToOffering.js";
import { createOffering, OFFERING_DEFAULTS, type OfferingConfig } from "../../src/actions/createOffering.js";
import { depositRevenue } from "../../src/actions/depositRevenue.js";
import { expireOffering } from "../../src/actions/expireOffering.js";
import { finalizeOffering } from "../../src/actions/finalizeOffering.js";
import { getHoldings, revenueIn } from "../../src/actions/getHoldings.js";
import { getOffering, getOfferings } from "../../src/actions/getOfferings.js";
import { getRevenueHistory } from "../../src/actions/getRevenueHistory.js";
import { getSolvency } from "../../src/actions/getSolvency.js";
import { redeemTokens } from "../../src/actions/redeemTokens.js";
import { refundCommitment } from "../../src/actions/refundCommitment.js";
import { registerModel } from "../../src/actions/registerModel.js";
import { releaseLiquidity } from "../../src/actions/releaseLiquidity.js";
import { scheduleOffering } from "../../src/actions/scheduleOffering.js";
import { setRevenuePayout } from "../../src/actions/setRevenuePayout.js";
import { settleCommitment } from "../../src/actions/settleCommitment.js";
import { withdrawCommitment } from "../../src/actions/withdrawCommitment.js";
import { withdrawProceeds } from "../../src/actions/withdrawProceeds.js";
import { buildAllowlist } from "../../src/protocol/allowlist.js";
import { versionOfPolicy } from "../../src/protocol/policy.js";
import { expectRejection } from "../helpers/expectAssayError.js";
import { type Actor, type Network, POLICY, startNetwork, UNIT } from "../helpers/network.js";

const OPEN_SECONDS = 600n;
const EPOCH = 3_600n;
const HARD_CAP = 100n * UNIT;

describe("actions of offerings", () => {
  let network: Network;
  let issuer: Actor;
  let alice: Actor;
  let bob: Actor;

  before(async function () {
    this.timeout(120_000);
    network = await startNetwork();
    issuer = await network.actor(1_000n);
    [alice, bob] = [await network.actor(500n), await network.actor(500n)];
  });

  after(async () => {
    await network.stop();
  });

  const configOf = async (change: Partial<OfferingConfig> = {}): Promise<OfferingConfig> => {
    const version = versionOfPolicy(POLICY);
    const { modelId } = await registerModel(issuer, { royaltyBps: 500n, uri: "", version, policyURI: "" });
    const opensAt = (await network.now()) + 60n;
    return {
      ...OFFERING_DEFAULTS,
      modelId,
      name: "Share",
      symbol: "SHARE",
      epochLength: EPOCH,
      hardCap: HARD_CAP,
      softCap: HARD_CAP / 2n,
      opensAt,
      closesAt: opensAt + OPEN_SECONDS,
      allowlistRoot: ZeroHash,
      team: issuer.address,
      ecosystem: issuer.address,
      liquidityRecipient: issuer.address,
      transferPolicy: ZeroAddress,
      excluded: [],
      ...change,
    };
  };

  const opened = async (change: Partial<OfferingConfig> = {}): Promise<bigint> => {
    const { offeringId } = await createOffering(issuer, { config: await configOf(change) });
    await network.passTime(61n);
    return offeringId;
  };

  const sold = async (): Promise<{ offeringId: bigint; token: string }> => {
    const offeringId = await opened();
    await commitToOffering(alice, { offeringId, amount: 60n * UNIT });
    await commitToOffering(bob, { offeringId, amount: 40n * UNIT });
    await network.passTime(OPEN_SECONDS);
    await finalizeOffering(bob, { offeringId });
    for (const buyer of [alice, bob]) await settleCommitment(buyer, { offeringId });
    return { offeringId, token: (await getOffering(alice, { offeringId })).token };
  };

  const balance = (actor: Actor): Promise<bigint> => network.contracts.asset.balanceOf(actor.address);

  it("sell, refund what is too much and pay the issuer", async () => {
    const offeringId = await opened();
    const first = await commitToOffering(alice, { offeringId, amount: 120n * UNIT });
    expect(first).to.include({ buyer: alice.address, amount: 120n * UNIT, total: 120n * UNIT });
    await commitToOffering(bob, { offeringId, amount: 100n * UNIT });
    const back = await withdrawCommitment(bob, { offeringId, amount: 20n * UNIT });
    expect(back.total).to.equal(200n * UNIT);

    const preview = await getOffering(alice, { offeringId, account: alice.address });
    expect(preview).to.include({ phase: "Open", own: 120n * UNIT, committed: 200n * UNIT, refund: 60n * UNIT });
    expect(preview.tokens).to.equal((preview.terms.saleSupply * 60n) / 100n);

    await network.passTime(OPEN_SECONDS);
    const ended = await finalizeOffering(bob, { offeringId });
    expect(ended).to.include({ succeeded: true, raised: 200n * UNIT, proceeds: HARD_CAP });
    const before = await balance(bob);
    const settled = await settleCommitment(alice, { offeringId, buyer: bob.address });
    expect(settled).to.include({ refund: 40n * UNIT, tokens: (ended.sold * 40n) / 100n });
    expect((await balance(bob)) - before).to.equal(40n * UNIT);
    const own = await settleCommitment(alice, { offeringId, refundRecipient: bob.address });
    expect(own.refund).to.equal(60n * UNIT);
    await expectRejection(
      settleCommitment(alice, { offeringId, buyer: bob.address, refundRecipient: alice.address }),
      "USAGE",
    );

    expect((await withdrawProceeds(issuer, { offeringId })).amount).to.equal(HARD_CAP);
    const released = await releaseLiquidity(issuer, { offeringId });
    expect(released.amount).to.equal((OFFERING_DEFAULTS.supply * OFFERING_DEFAULTS.liquidityBps) / 10_000n);
    const again = await expectRejection(withdrawProceeds(issuer, { offeringId }), "CONTRACT_ERROR");
    expect(again.details).to.deep.include({ name: "ModelOffering_AlreadyTaken" });
  });

  it("refund a sale that missed its soft cap", async () => {
    const offeringId = await opened();
    await commitToOffering(alice, { offeringId, amount: 10n * UNIT });
    await network.passTime(OPEN_SECONDS);
    expect(await finalizeOffering(bob, { offeringId })).to.include({ succeeded: false, raised: 10n * UNIT });
    const before = await balance(bob);
    const refunded = await refundCommitment(alice, { offeringId, recipient: bob.address });
    expect(refunded).to.include({ buyer: alice.address, recipient: bob.address, amount: 10n * UNIT });
    expect((await balance(bob)) - before).to.equal(10n * UNIT);
    await expectRejection(refundCommitment(bob, { offeringId }), "CONTRACT_ERROR");
  });

  it("record a failure when nobody finalized", async () => {
    const offeringId = await opened();
    await commitToOffering(alice, { offeringId, amount: 60n * UNIT });
    const { terms } = await getOffering(alice, { offeringId });
    await network.passTime(terms.finalizableUntil - (await network.now()));
    expect((await getOffering(alice, { offeringId })).phase).to.equal("Failed");
    await expireOffering(bob, { offeringId });
    expect((await refundCommitment(bob, { offeringId, buyer: alice.address })).amount).to.equal(60n * UNIT);
  });

  it("schedule a draft, and cancel before it opens", async () => {
    const { offeringId } = await createOffering(issuer, { config: await configOf(), schedule: false });
    expect((await getOffering(issuer, { offeringId })).phase).to.equal("Draft");
    await scheduleOffering(issuer, { offeringId });
    await cancelOffering(issuer, { offeringId });
    const all = await getOfferings(issuer);
    expect(all.find((offering) => offering.offeringId === offeringId)?.phase).to.equal("Cancelled");
    await expectRejection(getOffering(issuer, { offeringId: 99n }), "UNKNOWN_OFFERING");
  });

  it("let only those buy who are on the list", async () => {
    const allowlist = buildAllowlist([
      { account: alice.address, cap: 5n * UNIT },
      { account: issuer.address, cap: 7n * UNIT },
    ]);
    const offeringId = await opened({ allowlistRoot: allowlist.root });
    const allowed = allowlist.proofOf(alice.address)!;
    expect(allowlist.proofOf(bob.address)).to.equal(undefined);
    await commitToOffering(alice, { offeringId, amount: 5n * UNIT, allowed });
    const more = await expectRejection(commitToOffering(alice, { offeringId, amount: 1n, allowed }), "CONTRACT_ERROR");
    expect(more.details).to.deep.include({ name: "ModelOffering_CapExceeded" });
    const other = await expectRejection(commitToOffering(bob, { offeringId, amount: 1n, allowed }), "CONTRACT_ERROR");
    expect(other.details).to.deep.include({ name: "ModelOffering_NotAllowed" });
  });

  it("stream revenue, pay it, and redeem", async () => {
    const { offeringId, token } = await sold();
    const deposited = await depositRevenue(issuer, { token, amount: 80n * UNIT });
    expect(deposited.amount).to.equal(80n * UNIT);
    await network.passTime((deposited.epoch + 1n) * EPOCH - (await network.now()) + EPOCH / 2n);
    const holding = (await getHoldings(alice, { account: alice.address })).find(
      (candidate) => candidate.offeringId === offeringId,
    )!;
    // Sold, team and ecosystem earn: 80 of 100 shares; a fifth goes to the redemption pool.
    const { supply } = await getOffering(alice, { offeringId });
    const perEpoch = (64n * UNIT * holding.balance) / ((supply * 8n) / 10n);
    expect(revenueIn(holding, EPOCH)).to.be.closeTo(perEpoch, 1n);
    expect(Number(holding.claimable)).to.be.closeTo(Number(perEpoch) / 2, Number(revenueIn(holding, 5n)));

    await network.passTime(EPOCH);
    const claimed = await claimRevenue(alice, { token });
    expect(claimed).to.include({ account: alice.address, recipient: alice.address });
    expect(claimed.amount).to.be.closeTo(perEpoch, 2n);
    await setRevenuePayout(bob, { token, payout: alice.address });
    const pushed = await claimRevenue(alice, { token, account: bob.address });
    expect(pushed.recipient).to.equal(alice.address);
    await expectRejection(claimRevenue(alice, { token, account: bob.address, recipient: alice.address }), "USAGE");

    const redeemed = await redeemTokens(alice, { token, amount: holding.balance, minOut: 1n });
    expect(redeemed.paid).to.equal((16n * UNIT * holding.balance) / supply);
    const holdings = await getHoldings(alice, { account: alice.address });
    const history = await getRevenueHistory(alice, { account: alice.address, holdings });
    const kinds = history.filter((entry) => entry.token === token).map(({ kind, amount }) => ({ kind, amount }));
    expect(kinds).to.deep.equal([
      { kind: "deposited", amount: 80n * UNIT },
      { kind: "claimed", amount: claimed.amount },
      { kind: "redeemed", amount: redeemed.paid },
    ]);
    expect(history.every(({ time }) => time > 0n)).to.equal(true);
  });

  it("claim from many tokens at once, whatever one of them does", async () => {
    const [one, two] = [await sold(), await sold()];
    for (const { token } of [one, two]) await depositRevenue(issuer, { token, amount: 10n * UNIT });
    await network.passTime(2n * EPOCH);
    const tokens = [one.token, two.token];
    const together = await claimAllRevenue(alice, { tokens });
    expect(together.transactions).to.have.length(1);
    expect(together.claims.map(({ token }) => token)).to.deep.equal(tokens);
    expect(together.claims.every(({ amount }) => amount > 0n)).to.equal(true);

    const before = await balance(alice);
    const mixed = await claimAllRevenue(bob, { tokens: [one.token, two.token], recipient: alice.address });
    expect(mixed.transactions).to.have.length(2);
    expect((await balance(alice)) - before).to.equal(mixed.total);
    const nothing = await claimAllRevenue(bob, { tokens });
    expect(nothing.total).to.equal(0n);
    expect(nothing.claims.map(({ error }) => error?.details?.["name"])).to.deep.equal([
      "ModelToken_NothingToClaim",
      "ModelToken_NothingToClaim",
    ]);
  });

  it("owe exactly what they hold, item by item", async () => {
    const { contracts } = await getSolvency(alice);
    const offerings = contracts.filter(({ name }) => /^Model(Offering|Token) /.test(name));
    expect(offerings).to.have.length.greaterThan(10);
    for (const { name, surplus } of offerings) expect(surplus, name).to.equal(0n);
    expect(offerings.some(({ obligations }) => obligations.some(({ item }) => item === "redemption pool"))).to.equal(
      true,
    );
  });
});
