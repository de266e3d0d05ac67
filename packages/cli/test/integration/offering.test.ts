/** Offerings from their creation to the redemption of their tokens, by the built program against a real chain. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { buildAllowlist } from "@assay/sdk";
import { expect } from "chai";
import { parseEther, toQuantity } from "ethers";

import { UNIT } from "../../../sdk/test/helpers/network.js";
import { addressOf, ALICE, BOB, CAROL, type Cli, ISSUER, startCli } from "../helpers/cli.js";

const HOUR = 3_600n;
const TOKEN = 10n ** 18n;

describe("assay offering and assay revenue", () => {
  let cli: Cli;

  before(async () => {
    cli = await startCli();
  });
  after(async () => {
    await cli.stop();
  });

  /** An offering of 500,000 tokens for 1,000 aUSD that opens in an hour and closes an hour later. */
  const create = async (symbol: string, ...options: string[]): Promise<Record<string, unknown>> => {
    const modelId = String(await cli.newModel());
    return await cli.json(
      ISSUER,
      ...["offering", "create", "--model", modelId, "--name", `Token ${symbol}`, "--symbol", symbol],
      ...["--hard-cap", "1000", "--soft-cap", "300", "--opens-in", "1h", "--lasts", "1h", "--epoch", "1h", ...options],
    );
  };
  const balance = async (account: number): Promise<bigint> =>
    await cli.network.contracts.asset.balanceOf(addressOf(account));

  it("takes an oversubscribed offering from its creation to claim, export and redemption", async () => {
    const created = await create("ALICE");
    const id = String(created["offeringId"]);
    expect(created).to.include({ scheduled: true, modelId: "1" });
    expect(BigInt(String(created["closesAt"])) - BigInt(String(created["opensAt"]))).to.equal(HOUR);
    expect(created).to.include.all.keys("offering", "token", "vesting", "transactionHash", "gasUsed");
    expect((await cli.run("offering", "status", id)).out).to.match(
      /^Offering 1: Token ALICE \(ALICE\), model 1 — Scheduled/,
    );

    await cli.network.passTime(HOUR);
    const before = await balance(BOB);
    const committed = await cli.act(ALICE, "offering", "commit", id, "250");
    expect(committed.err).to.match(/^Commit to offering 1 \(ALICE\)\n {2}pay now +250 aUSD\n/);
    expect(committed.err).to.match(/if it closed now +it fails: everything comes back/);
    expect(committed.err).to.match(/gas +about \d+,\d{3}, [\d.]+ coins at [\d.]+ gwei/);
    expect(committed.out).to.match(
      /^Committed 250 aUSD; with all others it is 250 aUSD\.\nTransaction 0x[0-9a-f]{64}\n/,
    );
    expect(await cli.json(ALICE, "offering", "withdraw", id, "50")).to.include({
      offeringId: id,
      amount: "50000000",
      committed: "200000000",
      total: "200000000",
    });
    expect(await cli.json(BOB, "offering", "commit", id, "1800")).to.include({
      buyer: addressOf(BOB),
      committed: "1800000000",
      total: "2000000000",
    });
    const { out } = await cli.run("offering", "status", id, "--account", addressOf(ALICE));
    expect(out).to.contain("2,000 aUSD of 1,000 aUSD; everybody gets the same part");
    expect(out).to.contain("if it closed now: 50,000 ALICE, 100 aUSD back");
    const status = await cli.json(ALICE, "offering", "status", id);
    expect(status).to.include({ phase: "Open", own: "200000000", tokens: (50_000n * TOKEN).toString() });
    expect(status).to.have.nested.property("terms.hardCap", "1000000000");

    await cli.network.passTime(HOUR);
    expect(await cli.json(CAROL, "offering", "finalize", id)).to.include({
      succeeded: true,
      raised: "2000000000",
      proceeds: "1000000000",
      sold: (500_000n * TOKEN).toString(),
    });
    expect(await cli.json(BOB, "offering", "settle", id)).to.include({
      tokens: (450_000n * TOKEN).toString(),
      refund: "900000000",
    });
    expect(before - (await balance(BOB))).to.equal(900n * UNIT);
    // Anybody can settle for a buyer.
    const settled = await cli.act(CAROL, "offering", "settle", id, "--buyer", addressOf(ALICE));
    expect(settled.out).to.contain(`${addressOf(ALICE)} got 50,000 ALICE, 100 aUSD back.`);
    const proceeds = await cli.json(ISSUER, "offering", "proceeds", id, "--to", addressOf(CAROL));
    expect(proceeds).to.include({ recipient: addressOf(CAROL), amount: "1000000000" });
    const liquidity = await cli.json(ISSUER, "offering", "liquidity", id);
    expect(liquidity).to.include({ recipient: addressOf(ISSUER), amount: (200_000n * TOKEN).toString() });
    await cli.fails(4, "holds no tokens for liquidity", ISSUER, "offering", "liquidity", id);
    await cli.fails(4, "ModelOffering_AlreadyTaken", ISSUER, "offering", "proceeds", id);

    await cli.fails(4, "has nothing to claim from ALICE now", ALICE, "revenue", "claim", "alice");
    const deposit = await cli.act(CAROL, "revenue", "deposit", "ALICE", "1000");
    expect(deposit.err).to.contain("an approval first, then the call");
    // The rest of this epoch, and the whole of the next, in which it streams.
    await cli.network.passTime(2n * HOUR);
    const shown = await cli.json(ALICE, "revenue", "show");
    // Of 1,000 a fifth is for redemption; of the rest 50,000 of 1,000,000 tokens earn a twentieth.
    expect(shown).to.have.nested.property("tokens[0].claimable", "39999999");
    expect(shown).to.have.nested.property("tokens[0].received7d", "1000000000");
    expect((await cli.run("revenue", "show", "ALICE", "--account", addressOf(ALICE))).out).to.match(
      /claimable now +39\.999999 aUSD\n +streaming +nothing at present/,
    );
    const expensive = await cli.act(ALICE, "revenue", "claim", "1", "--coin-price", "10000000");
    expect(expensive.err).to.match(/! Not worth it now: the gas costs [\d.,]+ aUSD/);
    expect(expensive.out).to.contain(`Paid 39.999999 aUSD to ${addressOf(ALICE)}.`);

    const csv = await cli.run("revenue", "export", "--csv", "--account", addressOf(ALICE));
    const [header, first, second, ...more] = csv.out.trimEnd().split(/\r?\n/);
    expect(header).to.match(/^date,kind,model,.*token,amount,account,block,transaction$/);
    expect(first).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z,deposited,1,.*,1000\.0,/);
    expect(second).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z,claimed,1,.*,39\.999999,/);
    expect(more).to.deep.equal([]);
    const json = await cli.run("revenue", "export", "--json", "--account", addressOf(ALICE));
    expect(JSON.parse(json.out)).to.have.length(2);
    const file = join(cli.folder, "revenue.csv");
    const written = await cli.run("revenue", "export", "--csv", "--out", file, "--account", addressOf(ALICE));
    expect(written).to.include({ code: 0, out: `${file}\n`, err: `Wrote 2 entries to ${file}.\n` });
    expect(await readFile(file, "utf8")).to.equal(`${[header, first, second].join("\r\n")}\r\n`);

    const redeemed = await cli.act(ALICE, "revenue", "redeem", "ALICE", "10000");
    expect(redeemed.err).to.contain("This is not claim.");
    expect(redeemed.out).to.contain("Burned 10,000 ALICE for 2 aUSD.");
    await cli.fails(4, "holds 40,000 ALICE, less than 40,001 ALICE", ALICE, "revenue", "redeem", "ALICE", "40001");
    await cli.fails(4, "less than 50 aUSD", ALICE, "revenue", "redeem", "ALICE", "1", "--min-out", "50");
  });

  it("refunds everybody when the soft cap is missed", async () => {
    const id = String((await create("FAIL"))["offeringId"]);
    await cli.network.passTime(HOUR);
    const before = await balance(ALICE);
    await cli.fails(4, "which is less than 1,000,000 aUSD", ALICE, "offering", "commit", id, "1000000");
    await cli.act(ALICE, "offering", "commit", id, "200");
    await cli.fails(4, "Committed are 200 aUSD, which is less", ALICE, "offering", "withdraw", id, "200.000001");
    await cli.network.passTime(HOUR / 2n);
    await cli.fails(4, `Commitments to offering ${id} are final since`, ALICE, "offering", "withdraw", id, "all");
    const late = await cli.act(ALICE, "offering", "commit", id, "99.999999");
    expect(late.err).to.contain("! You cannot take this commitment back.");
    await cli.network.passTime(HOUR / 2n);
    const finalized = await cli.act(BOB, "offering", "finalize", id);
    expect(finalized.err).to.contain("it fails: everybody can take everything back");
    expect(finalized.out).to.contain(`assay offering refund ${id}`);
    await cli.fails(4, "has failed, so there is nothing to settle", ALICE, "offering", "settle", id);
    await cli.fails(4, "has failed, so there are no proceeds to take", ISSUER, "offering", "proceeds", id);
    expect(await cli.json(ALICE, "offering", "refund", id)).to.include({ amount: "299999999" });
    expect(await balance(ALICE)).to.equal(before);
    await cli.fails(4, "has no commitment", ALICE, "offering", "refund", id);
    await cli.fails(4, "ModelOffering_AlreadyTaken", BOB, "offering", "expire", id);
  });

  it("fails an offering that nobody finalized, and records it", async () => {
    const id = String((await create("LATE"))["offeringId"]);
    await cli.network.passTime(HOUR);
    await cli.act(ALICE, "offering", "commit", id, "500");
    await cli.fails(4, "so it has not expired", BOB, "offering", "expire", id);
    await cli.network.passTime(HOUR + 3_600n);
    await cli.fails(4, "has failed, so there is nothing to decide", BOB, "offering", "finalize", id);
    await cli.act(ALICE, "offering", "refund", id, "--to", addressOf(CAROL));
    expect((await cli.act(BOB, "offering", "expire", id)).out).to.contain("is unlocked");
  });

  it("schedules a draft, under both names, and cancels", async () => {
    const draft = await create("DRAFT", "--draft");
    const id = String(draft["offeringId"]);
    expect(draft).to.include({ scheduled: false });
    await cli.fails(4, "is a draft that was not scheduled, so it takes no", ALICE, "offering", "commit", id, "1");
    await cli.fails(4, "Only the issuer", ALICE, "offering", "open", id);
    await cli.act(ISSUER, "offering", "open", id);
    await cli.fails(4, "so it cannot be scheduled", ISSUER, "offering", "schedule", id);
    await cli.act(ISSUER, "offering", "cancel", id);
    expect(await cli.json(ISSUER, "offering", "status", id)).to.include({ phase: "Cancelled" });
    await cli.fails(4, "was cancelled, so it cannot be cancelled any more", ISSUER, "offering", "cancel", id);
    const listed = await cli.json(ISSUER, "offering", "list", "--phase", "cancelled");
    expect(listed["offerings"]).to.have.length(1);
    expect((await cli.run("offering", "list")).out).to.match(/^id +token +model +phase +raised/);
  });

  it("lets only those on the allow-list buy, up to their caps", async () => {
    const list = await cli.file("list.csv", `account,cap\n${addressOf(ALICE)},300\n${addressOf(BOB)},1000.5\n`);
    const created = await create("LISTED", "--allowlist", list);
    const id = String(created["offeringId"]);
    expect(created["allowlistRoot"]).to.equal(
      buildAllowlist([
        { account: addressOf(ALICE), cap: 300n * UNIT },
        { account: addressOf(BOB), cap: 1_000_500_000n },
      ]).root,
    );
    await cli.network.passTime(HOUR);
    const commit = (...more: string[]): string[] => ["offering", "commit", id, "200", ...more];
    await cli.fails(2, "has an allow-list: name its file", ALICE, ...commit());
    await cli.fails(4, "is not on the allow-list", CAROL, ...commit("--allowlist", list));
    const other = await cli.file("other.json", JSON.stringify([{ account: addressOf(ALICE), cap: 9_999 }]));
    await cli.fails(4, "is not the allow-list of offering", ALICE, ...commit("--allowlist", other));
    await cli.act(ALICE, ...commit("--allowlist", list));
    await cli.fails(4, "commit 300 aUSD in all; with this it would be 400 aUSD", ALICE, ...commit("--allowlist", list));
  });

  it("claims from several tokens in one transaction", async () => {
    const ids: string[] = [];
    for (const symbol of ["ONE", "TWO"]) ids.push(String((await create(symbol))["offeringId"]));
    await cli.network.passTime(HOUR);
    for (const id of ids) await cli.act(BOB, "offering", "commit", id, "1000");
    await cli.network.passTime(HOUR);
    for (const id of ids) {
      await cli.act(BOB, "offering", "finalize", id);
      await cli.act(BOB, "offering", "settle", id);
      await cli.act(CAROL, "revenue", "deposit", id, "10");
    }
    await cli.network.passTime(2n * HOUR);
    // Bob holds ALICE too; Carol is paid what TWO brings him.
    await cli.act(BOB, "revenue", "payout", "TWO", addressOf(CAROL));
    const before = await balance(CAROL);
    const { claims, total, transactions } = await cli.json(BOB, "revenue", "claim-all");
    const paid = claims as { symbol: string; amount: string }[];
    expect(paid.map(({ symbol }) => symbol)).to.deep.equal(["ALICE", "ONE", "TWO"]);
    expect(transactions).to.have.length(1);
    expect(total).to.equal(String(paid.reduce((sum, { amount }) => sum + BigInt(amount), 0n)));
    // 8 of 10 stream to holders, 5,000 of 8,000 tokens that earn are Bob's: liquidity was not released.
    expect(paid[2]!.amount).to.equal("4999999");
    expect((await balance(CAROL)) - before).to.equal(4_999_999n);
    await cli.fails(4, "has nothing to claim now", BOB, "revenue", "claim-all");
    const table = await cli.run("revenue", "show", "--account", addressOf(BOB));
    expect(table.out).to.contain(`paid to         ${addressOf(CAROL)}`);
    await cli.act(BOB, "revenue", "payout", "TWO", "self");

    await cli.act(CAROL, "revenue", "deposit", "ONE", "10");
    await cli.network.passTime(2n * HOUR);
    const pushed = await cli.json(CAROL, "revenue", "claim", "ONE", "--account", addressOf(BOB));
    expect(pushed).to.include({ account: addressOf(BOB), recipient: addressOf(BOB) });
    const elsewhere = ["--account", addressOf(BOB), "--to", addressOf(CAROL)];
    await cli.fails(2, "Only the holder itself", CAROL, "revenue", "claim", "ONE", ...elsewhere);
    await cli.act(CAROL, "revenue", "deposit", "ONE", "10");
    await cli.network.passTime(2n * HOUR);
    const sent = await cli.json(BOB, "revenue", "claim", "ONE", "--to", addressOf(CAROL));
    expect(sent).to.include({ account: addressOf(BOB), recipient: addressOf(CAROL) });
  });

  it("reads a configuration file, which options overrule", async () => {
    const modelId = await cli.newModel();
    const config = await cli.file(
      "offering.json",
      JSON.stringify({
        ...{ model: Number(modelId), name: "From a file", symbol: "FILE", hardCap: "2000", softCap: 500 },
        ...{ opensAt: "2040-01-01T00:00Z", lasts: "2d", saleBps: 10_000, liquidityBps: 0, teamBps: 0, ecosystemBps: 0 },
      }),
    );
    const ran = await cli.act(ISSUER, "offering", "create", "--config", config, "--symbol", "OVER", "--draft");
    expect(ran.err).to.contain("From a file (OVER), 1,000,000 OVER in all");
    expect(ran.err).to.match(/on sale +1,000,000 OVER \(100 %\)/);
    expect(ran.err).to.match(/opens +2040-01-01 00:00 UTC \(in \d+ d/);
    expect(ran.err).to.match(/price +0\.002 aUSD a token/);
    expect(ran.err).not.to.match(/team|ecosystem|liquidity/);
  });

  it("says what is wrong with an offering before it sends anything", async () => {
    const modelId = String(await cli.newModel());
    const nonce = async (): Promise<number> => await cli.network.chain.getTransactionCount(addressOf(ISSUER));
    const before = await nonce();
    const base = {
      ...{ model: modelId, name: "Bad", symbol: "BAD", "hard-cap": "1000", "soft-cap": "300", lasts: "1h" },
    };
    const wrong = async (code: number, sentence: string, change: Record<string, string>, account: number = ISSUER) => {
      const options = Object.entries({ ...base, ...change }).flatMap(([name, value]) => [`--${name}`, value]);
      await cli.fails(code, sentence, account, "offering", "create", ...options);
    };
    await wrong(2, "The soft cap is above the hard cap.", { "soft-cap": "1001" });
    await wrong(2, "at most 6 decimals", { "hard-cap": "0.0000001" });
    await wrong(2, "add up to 101 %", { "sale-bps": "5100" });
    await wrong(2, "at most 20 % is allowed", { "team-bps": "2500", "liquidity-bps": "1000" });
    await wrong(2, "would open in the past", { "opens-at": "2020-01-01" });
    await wrong(2, "asks for at least 1 h", { lasts: "1s" });
    await wrong(2, "--lasts is a duration like", { lasts: "soon" });
    await wrong(2, "Give --lasts or --closes-at, not both.", { "closes-at": "2040-01-01" });
    await wrong(2, "--team is not an address: bob.", { team: "bob" });
    await wrong(2, "there is no contract at it", { exclude: addressOf(BOB) });
    await wrong(2, "at most 16 fit", { symbol: "A".repeat(17) });
    await wrong(1, "There is no model 999", { model: "999" });
    await wrong(4, "belongs to", {}, ALICE);
    expect(await nonce()).to.equal(before);
    const scheduled = await create("GOOD", "--model", modelId);
    expect(scheduled["modelId"]).to.equal(modelId);
    await wrong(4, "ModelRegistry_PayoutLocked", {});
  });

  it("asks before it sends, and says so where nobody can answer", async () => {
    const id = String((await create("ASK"))["offeringId"]);
    const key = ["--dev-account", String(ISSUER)];
    const ran = await cli.run("offering", "cancel", id, ...key);
    expect(ran).to.include({ code: 2, out: "" });
    expect(ran.err).to.contain("Nobody is there to confirm: add --yes.");
    const json = await cli.run("offering", "commit", id, "1", ...key, "--json");
    expect(json.code).to.equal(4);
    expect(JSON.parse(json.out)).to.have.nested.property("error.code", "REFUSED");
    const { chain } = cli.network;
    await chain.send("hardhat_setBalance", [addressOf(ISSUER), "0x1"]);
    await cli.fails(4, "and needs about", ISSUER, "offering", "cancel", id);
    await chain.send("hardhat_setBalance", [addressOf(ISSUER), toQuantity(parseEther("10"))]);
    await cli.fails(1, "There is no offering 99", ALICE, "offering", "status", "99");
    await cli.fails(2, "ID must be a whole number", ALICE, "offering", "status", "first");
    await cli.fails(4, 'There is no model token "NONE"', ALICE, "revenue", "claim", "NONE");
    await cli.fails(2, "Say how: --csv or --json.", ALICE, "revenue", "export");
    await cli.fails(4, "has not succeeded", ALICE, "revenue", "deposit", "ASK", "1");
  });
});
