import { checkPortableReceipt, JobKind, portableReceiptJson, type VerifiedReceipt } from "@assay/sdk";
import { expect } from "chai";

import { DOMAIN, OPERATOR, OWNER, REQUESTER } from "../../../sdk/test/helpers/fixtures.js";
import { SessionReceipts } from "../../../sdk/test/helpers/receipts.js";
import { oneShotJob } from "../../../sdk/test/protocol/fixtures.js";
import { receiptReport, receiptValue } from "../../src/domain/receiptReport.js";

const money = (amount: bigint): string => `${amount} tUSD`;

describe("receiptReport", () => {
  const job = {
    ...oneShotJob,
    requester: REQUESTER.address,
    provider: OWNER.address,
    kind: JobKind.Session,
    units: 0n,
    requestHash: `0x${"00".repeat(32)}`,
    inputPrice: 3_000_000n,
    outputPrice: 15_000_000n,
  };
  const session = new SessionReceipts(job, DOMAIN, `0x${"ab".repeat(32)}`, ["Alice", " was", " tired"]);
  const receipt = session.receipts[1]!;
  const { root, total } = session.tree;
  const batch = {
    jobId: session.id,
    root,
    total,
    collateral: 500n,
    firstNonce: 0n,
    count: 3n,
    maxLeafFee: total,
    targetRound: 1n,
    seatsAtCommit: 5n,
    eligibleProviders: 5n,
    p: 1n,
    committedAt: 1_764_000_100n,
  };
  const check = (bound: "signed" | "committed" | "none", output?: Uint8Array) => {
    const parts = {
      ...session.document(1),
      ...(bound === "signed" && { signed: session.signed(1, OPERATOR) }),
      ...(bound === "committed" && { committed: { batch, proof: session.proof(1) } }),
    };
    return checkPortableReceipt(JSON.parse(portableReceiptJson(parts)), { output });
  };
  const committed = (changes: Partial<NonNullable<VerifiedReceipt["batch"]>>, paid = 0n): VerifiedReceipt => ({
    ...check("committed"),
    evidence: "committed",
    batch: {
      ...{
        batchId: `0x${"cd".repeat(32)}`,
        batch,
        index: 1n,
        committedAtBlock: 77,
        settlement: "open",
        audit: undefined,
      },
      ...changes,
    },
    paid,
    supersededBy: undefined,
  });

  it("names provider, version, output, units, time and price", () => {
    const text = receiptReport(check("none", Buffer.from(" was")), money);
    expect(text).to.match(/^The receipt holds together, but nothing binds the provider to it\.\n\n/);
    for (const line of [
      `provider   ${OWNER.address}`,
      "model      1, version 1",
      `session    ${session.id}, answer 2`,
      `output     ${session.document(1).outputHash}`,
      "           that of the file",
      "units      11 in, 4 out",
      "answered   2025-11-24 16:00:02 UTC, in 1 s",
      `price      ${receipt.fee} tUSD`,
    ]) {
      expect(text).to.contain(line);
    }
    expect(receiptReport(check("none"), money)).to.contain("not compared: pass the output with --output");
  });

  it("confirms nothing about the chain when it was not asked", () => {
    const signed = receiptReport(check("signed"), money);
    expect(signed).to.match(/^The receipt holds together\. What it says of the chain was not looked up\./);
    expect(signed).to.contain(`signed by  ${OPERATOR.address}, if that is the provider's key`);
    expect(receiptReport(check("committed"), money)).to.contain(", if it was committed");
    expect(receiptValue(check("signed"))).to.deep.include({ evidence: "unconfirmed", signer: OPERATOR.address });
    expect(receiptValue(check("none"))).to.deep.include({ evidence: "none", paid: undefined });
  });

  it("says how the batch was settled and how the audit ended", () => {
    const audit = (outcome: "Paid" | "Rejected" | "Void" | undefined, sampled = false, slashed = 0n) => ({
      audit: { outcome, sampled, slashed },
    });
    const cases: [VerifiedReceipt, string, string][] = [
      [committed({}), "not yet: the batch is not decided", "not drawn so far"],
      [committed({ settlement: "paid" }, receipt.fee), `${receipt.fee} tUSD`, "not drawn"],
      [committed(audit(undefined)), "not yet: the batch is not decided", "drawn; it goes on"],
      [
        committed({ settlement: "paid", ...audit("Paid", true) }, receipt.fee),
        `${receipt.fee} tUSD`,
        "drawn, with this answer among the samples; the panel agreed with the provider",
      ],
      [
        committed({ settlement: "refunded", ...audit("Rejected", false, 500n) }),
        "nothing: the requester got its money back",
        "drawn; rejected, and the provider lost 500 tUSD",
      ],
      [
        committed({ settlement: "refunded", ...audit("Void") }),
        "nothing: the requester got its money back",
        "drawn; undecided",
      ],
    ];
    for (const [found, paid, ended] of cases) {
      const text = receiptReport(found, money);
      expect(text).to.match(/^The receipt holds: its provider committed to it on the chain\./);
      expect(text).to.contain("leaf 2 of 3, committed in block 77");
      expect(text).to.contain(`paid        ${paid}\n`);
      expect(text).to.match(new RegExp(`audit {7}${ended}$`));
    }
  });

  it("tells of a signature, and of a batch that the file does not prove", () => {
    const supersededBy = `0x${"ef".repeat(32)}`;
    const found: VerifiedReceipt = { ...check("signed"), evidence: "signed", batch: undefined, paid: 0n, supersededBy };
    const text = receiptReport(found, money);
    expect(text).to.match(/^The receipt holds: its provider signed for it\. It is not on the chain yet\./);
    expect(text).to.contain(`signed by  ${OPERATOR.address}\n`);
    expect(text).to.contain(`in batch ${supersededBy}`);
    expect(receiptReport({ ...found, signer: undefined }, money)).to.contain("signed by  the provider's contract");
    expect(receiptValue(found)).to.deep.include({ evidence: "signed", supersededBy, audited: undefined });
  });
});
