import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { hashReceipt, keccak, SumTree, verifySumProof } from "@assay/sdk";
import { expect } from "chai";

import { type NewReceipt, SessionLedger } from "../../../src/adapters/sessions/sessionLedger.js";
import { hash, PROVIDER } from "../../helpers/samples.js";

const TERMS = { provider: PROVIDER, jobId: hash(5), modelId: 1n, version: 1n, policyId: hash(6) };

function receipt(n: number): NewReceipt {
  const request = Buffer.from(JSON.stringify({ maxOutputUnits: 1, prompt: `request ${n}` }));
  return {
    inputUnits: n,
    outputUnits: 1,
    fee: BigInt(n % 13) + 1n,
    startedAt: 1_000 + n,
    finishedAt: 1_001 + n,
    outputHash: keccak(Buffer.from(`output ${n}`)),
    request,
    requestHash: keccak(request),
  };
}

describe("SessionLedger", () => {
  let folder: string;
  let ledger: SessionLedger;
  let serial: number;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "assay-ledger-"));
    serial = 0;
    ledger = await SessionLedger.open({ folder: join(folder, "a"), terms: TERMS });
  });

  afterEach(async () => {
    await ledger.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const add = async (count: number): Promise<void> => {
    await Promise.all(Array.from({ length: count }, () => ledger.append(receipt(serial++)).durable));
  };
  const sign = async (count: number, of = ledger): Promise<void> => {
    const { total, root } = (await of.stateAt(count))!;
    await of.sign(of.firstNonce, { count, total, root, signature: "0x01", countersignature: "0x02" });
  };
  const stateOf = (of: SessionLedger) => {
    const { nonce, firstNonce, signedNonce, signed, recordedFees, unsignedFees, closed } = of;
    return { nonce, firstNonce, signedNonce, signed, recordedFees, unsignedFees, closed: [...closed] };
  };

  /** What a worker finds that starts on the disk as it is now. */
  async function afterKill(): Promise<SessionLedger> {
    const copy = join(folder, `copy-${readdirSync(folder).length}`);
    cpSync(join(folder, "a"), copy, { recursive: true });
    return await SessionLedger.open({ folder: copy, terms: TERMS });
  }

  it("is the same after a kill at any point of a random history", async function () {
    this.timeout(60_000);
    let seed = 11;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let step = 0; step < 60; step += 1) {
      const unsigned = ledger.nonce - ledger.signedNonce;
      const choice = random(10);
      if (choice < 5) await add(random(30));
      else if (choice < 7 && unsigned > 0) await sign(ledger.signedNonce - ledger.firstNonce + 1 + random(unsigned));
      // A voucher that turned out to be wrong moved leaves that no signature covers.
      else if (choice === 7 && unsigned > 0) await ledger.stateAt(ledger.nonce - ledger.firstNonce);
      else if (choice === 8) await ledger.drop(ledger.nonce - random(unsigned + 1));
      else await ledger.rollover();

      const other = await afterKill();
      expect(stateOf(other)).to.deep.equal(stateOf(ledger));
      const count = other.nonce - other.firstNonce;
      if (count > (other.signed?.count ?? 0)) {
        expect(await other.stateAt(count)).to.deep.equal(await ledger.stateAt(count));
      }
      await other.close();
    }
    expect(ledger.closed.length).to.be.greaterThan(1);
    for (const closed of ledger.closed) {
      const leaves = await ledger.openLeaves(closed, () => Promise.resolve([...Array(closed.count).keys()]));
      const tree = SumTree.build(leaves.map((leaf) => ({ content: hashReceipt(leaf.receipt), sum: leaf.receipt.fee })));
      expect([tree.root, tree.total]).to.deep.equal([closed.root, closed.total]);
      expect(leaves.reduce((most, leaf) => (leaf.receipt.fee > most ? leaf.receipt.fee : most), 0n)).to.equal(
        closed.maxLeafFee,
      );
      for (const {
        index,
        receipt: { fee, ...rest },
        proof,
      } of leaves) {
        const content = hashReceipt({ ...rest, fee });
        expect(verifySumProof(closed, { content, sum: fee, count: closed.count, index, ...proof })).to.equal(true);
      }
    }
  });

  it("builds a tree again whose files were lost or spoiled", async () => {
    await add(50);
    await sign(50);
    const closed = (await ledger.rollover())!;
    const all = () => Promise.resolve([0, 7, 49]);
    const before = await ledger.openLeaves(closed, all);
    for (const name of readdirSync(join(folder, "a", "tree-0"))) {
      writeFileSync(join(folder, "a", "tree-0", name), "spoiled");
    }
    expect(await ledger.openLeaves(closed, all)).to.deep.equal(before);
    rmSync(join(folder, "a", "tree-0"), { recursive: true });
    expect(await ledger.openLeaves(closed, all)).to.deep.equal(before);
  });

  it("loses nothing that was acknowledged to a torn write", async () => {
    await add(20);
    await sign(20);
    const file = join(folder, "a", "receipts.log");
    const other = join(folder, "torn");
    cpSync(join(folder, "a"), other, { recursive: true });
    await add(1);
    cpSync(file, join(other, "receipts.log"));
    // Zeros are written ahead of the records: the last write ends before them.
    const end = readFileSync(file).findLastIndex((byte) => byte !== 0);
    truncateSync(join(other, "receipts.log"), end - 3);
    const torn = await SessionLedger.open({ folder: other, terms: TERMS });
    expect(stateOf(torn)).to.include({ nonce: 20, signedNonce: 20 });
    await torn.close();
  });

  it("never drops what is signed, and never mistakes another session's log for its own", async () => {
    await add(3);
    await sign(2);
    await ledger.drop(2);
    expect(ledger.nonce).to.equal(2);
    const error: unknown = await ledger.drop(1).catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: "SESSION_STATE_MISMATCH" });
    const copy = join(folder, "other");
    cpSync(join(folder, "a"), copy, { recursive: true });
    const foreign: unknown = await SessionLedger.open({ folder: copy, terms: { ...TERMS, jobId: hash(9) } }).catch(
      (thrown: unknown) => thrown,
    );
    expect(foreign).to.include({ code: "LOG_CORRUPT" });
  });

  it("gives every receipt a salt that cannot be guessed, and the same one again", async () => {
    const salts = [0, 1, 2].map((n) => Buffer.from(ledger.append(receipt(n)).salt).toString("hex"));
    expect(new Set(salts).size).to.equal(3);
    const other = await SessionLedger.open({ folder: join(folder, "b"), terms: TERMS });
    expect(Buffer.from(other.append(receipt(0)).salt).toString("hex")).to.not.equal(salts[0]);
    await other.close();
    await sign(3);
    const closed = (await ledger.rollover())!;
    const [leaf] = await ledger.openLeaves(closed, () => Promise.resolve([1]));
    expect(leaf?.salt).to.equal(`0x${salts[1]}`);
  });
});
