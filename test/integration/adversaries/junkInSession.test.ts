import { type Receipt } from "@assay/sdk";
import { expect } from "chai";

import { sampled } from "../../helpers/court/auditCase.js";
import { expectMoves } from "../../helpers/court/money.js";
import { rejected } from "../../helpers/court/outcomes.js";
import { completeDraw, expire, pastDeadline, phaseOf } from "../../helpers/court/panel.js";
import {
  commitmentOf,
  drawnSession,
  openSession,
  receiptOf,
  type Session,
  sessionLeaf,
  sign,
  treeOf,
  unitOf,
} from "../../helpers/court/sessionCase.js";
import { bytes32, elevenProviders, networkHelpers } from "../../helpers/court/system.js";

const COUNT = 5;
const session = async (): Promise<Session> => openSession(await networkHelpers.loadFixture(elevenProviders));
const served = (opened: Session): Receipt[] => Array.from({ length: COUNT }, (_, nonce) => receiptOf(opened, nonce));
/** Leaf `place` replaced. */
const withLeaf = (receipts: readonly Receipt[], place: number, receipt: Receipt): Receipt[] =>
  receipts.map((honest, index) => (index === place ? receipt : honest));
const swapped = ([first, second, ...others]: readonly Receipt[]): Receipt[] => [second!, first!, ...others];

/** What the tree of a cheat may hold instead of what its requester countersigned. */
const trees: [what: string, tree: (receipts: readonly Receipt[], opened: Session) => Receipt[]][] = [
  [
    "one good answer, kept from earlier, in the place of the junk that was served",
    (receipts, opened) => withLeaf(receipts, 2, receiptOf(opened, 2, 0)),
  ],
  ["receipts that nobody asked for, at the end", (receipts, opened) => [...receipts, receiptOf(opened, COUNT)]],
  ["one receipt twice", (receipts) => withLeaf(receipts, 3, receipts[0]!)],
  ["one receipt a second time, at the end", (receipts) => [...receipts, receipts[0]!]],
  ["the same receipts in another order", (receipts) => swapped(receipts)],
  ["fewer receipts", (receipts) => receipts.slice(0, -1)],
  ["one at a higher price", (receipts) => withLeaf(receipts, 4, { ...receipts[4]!, fee: receipts[4]!.fee + 1n })],
];

describe("Adversary 33: junk is served while the tree holds one good pair", () => {
  for (const [what, change] of trees) {
    it(`cannot commit ${what}: its requester did not sign that`, async () => {
      const opened = await session();
      const { escrow, providers } = opened.system;
      const honest = served(opened);
      const voucher = await sign(opened, treeOf(honest));
      const cheat = commitmentOf(treeOf(change(honest, opened)));
      const provider = escrow.connect(providers[0]);
      await expect(provider.commitBatch(opened.job, cheat, voucher))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_InvalidVoucher")
        .withArgs(opened.jobId, 0n, cheat.count);
      // Nor under the count and the total that were signed.
      const { root } = cheat;
      await expect(
        provider.commitBatch(opened.job, commitmentOf(treeOf(honest), { root }), voucher),
      ).to.be.revertedWithCustomError(escrow, "JobEscrow_InvalidVoucher");
      await expect(provider.commitBatch(opened.job, commitmentOf(treeOf(honest)), voucher)).to.emit(
        escrow,
        "BatchCommitted",
      );
    });
  }

  const signed: [what: string, tree: (receipts: readonly Receipt[]) => Receipt[]][] = [
    ["one good receipt in every leaf", (receipts) => receipts.map(() => receipts[0]!)],
    ["its receipts in another order", (receipts) => [...receipts].reverse()],
  ];
  for (const [what, change] of signed) {
    it(`gains nothing from a requester that signs blindly: ${what} cannot be opened, and is slashed`, async () => {
      const opened = await session();
      const { court } = opened.system;
      const audit = await drawnSession(opened, change(served(opened)));
      const leaves = sampled(audit);
      const misplaced = leaves.findIndex((leaf) => audit.receipts[leaf]!.nonce !== BigInt(leaf));
      expect(misplaced, "a sampled leaf that is not in its place").to.be.greaterThan(-1);
      await completeDraw(audit);
      const openings = leaves.map((leaf) => sessionLeaf(audit, leaf));
      await expect(court.openLeaves(audit.job, audit.batch, openings))
        .to.be.revertedWithCustomError(court, "AuditCourt_InvalidReceipt")
        .withArgs(audit.auditId, leaves[misplaced], bytes32("nonce"));
      // With the nonce of its place it is another receipt than the one in the tree.
      const forged = openings.map((opening) => ({
        ...opening,
        receipt: receiptOf(opened, Number(opening.index), Number(opening.receipt.nonce)),
        request: unitOf(Number(opening.index)).request,
      }));
      await expect(court.openLeaves(audit.job, audit.batch, forged)).to.be.revertedWithCustomError(
        court,
        "AuditCourt_InvalidProof",
      );
      await pastDeadline(audit);
      await expectMoves(opened.system, () => expire(audit), rejected(audit, [], 0n));
    });
  }

  it("opens what was served and signed, and is judged by it", async () => {
    const opened = await session();
    const audit = await drawnSession(opened, served(opened));
    await completeDraw(audit);
    const openings = sampled(audit).map((leaf) => sessionLeaf(audit, leaf));
    const before = await phaseOf(audit);
    await opened.system.court.openLeaves(audit.job, audit.batch, openings);
    expect(await phaseOf(audit)).to.equal(before + 1n);
  });
});
