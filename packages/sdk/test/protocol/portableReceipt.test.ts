import { expect } from "chai";
import { getAddress, toUtf8Bytes, ZeroAddress } from "ethers";

import {
  type Batch,
  batchId,
  checkPortableReceipt,
  hashReceipt,
  type Job,
  jobId,
  JobKind,
  keccakHex,
  type PortableReceipt,
  portableReceiptJson,
  receiptSeed,
  voucherDigest,
} from "../../src/index.js";
import { DOMAIN, OPERATOR, OWNER, REQUESTER, servedJob } from "../helpers/fixtures.js";
import { SessionReceipts } from "../helpers/receipts.js";
import { expectAssayError } from "./expectAssayError.js";
import { oneShotJob } from "./fixtures.js";

type Json = Record<string, unknown>;

const OUTPUTS = ["Alice was", " beginning", "", " to get", " very", " tired of", " sitting by her sister"];
const NONCE = 5;

const sessionJob: Job = {
  ...oneShotJob,
  requester: REQUESTER.address,
  provider: OWNER.address,
  kind: JobKind.Session,
  units: 0n,
  requestHash: `0x${"00".repeat(32)}`,
  budget: 50_000_000n,
  inputPrice: 3_000_000n,
  outputPrice: 15_000_000n,
  creditLine: 1_000n,
};

/** Every place of a JSON value that holds a string, as a path. */
function stringsOf(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value === "string") return [path];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => stringsOf(item, [...path, key]));
}

function changed(document: Json, path: readonly (string | number)[], change: (value: string) => unknown): Json {
  const copy = structuredClone(document);
  const target = path.slice(0, -1).reduce<Json>((at, key) => at[key] as Json, copy);
  const last = path.at(-1)!;
  target[last] = change(target[last] as string);
  return copy;
}

/** Another value of the same type. */
function another(value: string): string {
  if (!value.startsWith("0x")) return (BigInt(value) + 1n).toString();
  const flipped = `${value.slice(0, -1)}${value.endsWith("0") ? "1" : "0"}`;
  return value.length === 42 ? getAddress(flipped.toLowerCase()) : flipped;
}

describe("portableReceipt", () => {
  const session = new SessionReceipts(sessionJob, DOMAIN, `0x${"ab".repeat(32)}`, OUTPUTS);
  const batch: Batch = {
    jobId: session.id,
    root: session.tree.root,
    total: session.tree.total,
    collateral: 9_000n,
    firstNonce: 0n,
    count: BigInt(OUTPUTS.length),
    maxLeafFee: session.receipts.reduce((max, { fee }) => (fee > max ? fee : max), 0n),
    targetRound: 7n,
    seatsAtCommit: 9n,
    eligibleProviders: 8n,
    p: 5n,
    committedAt: 1_764_000_100n,
  };
  const full: PortableReceipt = {
    ...session.document(NONCE),
    signed: session.signed(NONCE, OPERATOR),
    committed: { batch, proof: session.proof(NONCE) },
  };
  const json = (parts: Omit<PortableReceipt, "format"> = full): Json => JSON.parse(portableReceiptJson(parts)) as Json;

  const invalid = (document: unknown, field: string, output?: Uint8Array): void => {
    expectAssayError(() => checkPortableReceipt(document, { output }), "RECEIPT_INVALID", `${field} is `);
  };

  describe("checkPortableReceipt", () => {
    it("takes every receipt of a session, signed and committed, with its output", () => {
      for (const [nonce, text] of OUTPUTS.entries()) {
        const document = json({
          ...session.document(nonce),
          signed: session.signed(nonce, OPERATOR),
          committed: { batch, proof: session.proof(nonce) },
        });
        const checked = checkPortableReceipt(document, { output: toUtf8Bytes(text) });
        expect(checked.receiptHash).to.equal(hashReceipt(session.receipts[nonce]!));
        expect(checked.signer).to.equal(OPERATOR.address);
        expect(checked.signedDigest).to.equal(voucherDigest(session.voucher, DOMAIN));
        expect(checked.batchId).to.equal(batchId(batch));
        expect(checked.outputChecked).to.equal(true);
        expect(checked.document.receipt).to.deep.equal(session.receipts[nonce]);
      }
    });

    it("takes a receipt that is only signed, only committed, or neither", () => {
      const { signed, committed, ...bare } = full;
      const onlySigned = checkPortableReceipt(json({ ...bare, signed }));
      expect([onlySigned.signer, onlySigned.batchId]).to.deep.equal([OPERATOR.address, undefined]);
      const onlyCommitted = checkPortableReceipt(json({ ...bare, committed }));
      expect([onlyCommitted.signer, onlyCommitted.batchId]).to.deep.equal([undefined, batchId(batch)]);
      const neither = checkPortableReceipt(json(bare));
      expect([neither.signer, neither.signedDigest, neither.batchId]).to.deep.equal([undefined, undefined, undefined]);
      expect(neither.outputChecked).to.equal(false);
    });

    it("takes the receipt of a one-shot job", () => {
      const { answer, context } = servedJob();
      const output = Buffer.from(answer.output, "base64");
      const outputHash = keccakHex(output);
      const { chainId, verifyingContract: escrow } = DOMAIN;
      const proof = { index: 0n, siblingHashes: [], siblingSums: [] };
      const parts = { chainId, escrow, job: context.job, receipt: answer.receipt, salt: answer.salt, outputHash };
      const document = json({ ...parts, committed: { batch: context.batch, proof } });
      expect(checkPortableReceipt(document, { output }).batchId).to.equal(batchId(context.batch));

      const { signed } = full;
      invalid(json({ ...parts, signed }), "job.kind");
      const job = { ...context.job, budget: 2_000_000n };
      const id = jobId(job, DOMAIN);
      const receipt = { ...answer.receipt, jobId: id, seed: receiptSeed(id, 0n) };
      invalid(json({ ...parts, job, receipt }), "receipt.fee");
      invalid(
        json({ ...parts, receipt: { ...answer.receipt, requestHash: `0x${"11".repeat(32)}` } }),
        "receipt.requestHash",
      );
    });

    it("refuses every change of a field that the document binds", () => {
      // These are bound by the signature and by the batch's id, which only the chain can confirm.
      const outside =
        /^(signed\.(signature|count)|committed\.batch\.(count|maxLeafFee|collateral|targetRound|seatsAtCommit|eligibleProviders|p|committedAt))$/;
      const document = json();
      const paths = stringsOf(document);
      expect(paths.length).to.be.greaterThan(65);
      for (const path of paths.filter(([first]) => first !== "format")) {
        const name = path.join(".");
        const other = changed(document, path, another);
        if (outside.test(name)) {
          const { signer, batchId: id } = checkPortableReceipt(other);
          expect([signer, id], name).to.not.deep.equal([OPERATOR.address, batchId(batch)]);
        } else {
          expectAssayError(() => checkPortableReceipt(other), "RECEIPT_INVALID");
        }
      }
    });

    it("says which field differs", () => {
      const document = json();
      const cases: [string[], string][] = [
        [["job", "budget"], "receipt.jobId"],
        [["chainId"], "receipt.jobId"],
        [["escrow"], "receipt.jobId"],
        [["receipt", "provider"], "receipt.provider"],
        [["receipt", "version"], "receipt.version"],
        [["receipt", "seed"], "receipt.seed"],
        [["receipt", "nonce"], "receipt.seed"],
        [["receipt", "fee"], "receipt.fee"],
        [["receipt", "outputUnits"], "receipt.fee"],
        [["salt"], "receipt.responseRoot"],
        [["outputHash"], "receipt.responseRoot"],
        [["signed", "root"], "signed.proof"],
        [["signed", "firstNonce"], "receipt.nonce"],
        [["signed", "proof", "index"], "receipt.nonce"],
        [["committed", "batch", "jobId"], "committed.batch.jobId"],
        [["committed", "batch", "total"], "committed.proof"],
        [["receipt", "policyId"], "signed.proof"],
      ];
      for (const [path, field] of cases) invalid(changed(document, path, another), field);
      invalid(document, "outputHash", toUtf8Bytes("something else"));
      invalid(
        changed(document, ["receipt", "finishedAt"], () => "1"),
        "receipt.finishedAt",
      );
      const tight = { ...batch, maxLeafFee: full.receipt.fee - 1n };
      invalid(json({ ...full, committed: { batch: tight, proof: session.proof(NONCE) } }), "receipt.fee");
    });

    it("refuses a job that is open to any provider, and units that a job does not have", () => {
      const open = new SessionReceipts({ ...sessionJob, provider: ZeroAddress }, DOMAIN, `0x${"ab".repeat(32)}`, ["a"]);
      invalid(json(open.document(0)), "job.provider");
      const many = new SessionReceipts(
        { ...sessionJob, kind: JobKind.OneShot, units: 2n },
        DOMAIN,
        `0x${"ab".repeat(32)}`,
        OUTPUTS,
      );
      expect(checkPortableReceipt(json(many.document(1))).outputChecked).to.equal(false);
      invalid(json(many.document(2)), "receipt.nonce");
    });

    it("gives no signer for a signature that is none", () => {
      for (const signature of ["0x", "0x12", `0x${"00".repeat(65)}`, `0x${"ff".repeat(200)}`]) {
        const checked = checkPortableReceipt(changed(json(), ["signed", "signature"], () => signature));
        expect(checked.signer).to.equal(undefined);
        expect(checked.signedDigest).to.be.a("string");
      }
    });

    it("refuses what is no such document and names the field", () => {
      const malformed = (document: unknown, field: string): void => {
        expectAssayError(() => checkPortableReceipt(document), "RECEIPT_MALFORMED", field);
      };
      for (const document of [undefined, null, 5, "text", [], {}]) malformed(document, "assay-receipt/1");
      malformed(
        changed(json(), ["format"], () => "assay-receipt/2"),
        "format",
      );
      malformed(
        changed(json(), ["job", "budget"], () => 5),
        "job.budget",
      );
      malformed(
        changed(json(), ["job", "budget"], () => (2n ** 96n).toString()),
        "job.budget",
      );
      malformed(
        changed(json(), ["receipt", "fee"], () => "-1"),
        "receipt.fee",
      );
      malformed(
        changed(json(), ["escrow"], () => "0x12"),
        "escrow",
      );
      malformed(
        changed(json(), ["salt"], () => "0x12"),
        "salt",
      );
      malformed({ ...json(), extra: 1 }, "extra");
      const hashes = Array.from({ length: 33 }, () => `0x${"00".repeat(32)}`);
      malformed(
        changed(json(), ["signed", "proof", "siblingHashes"], () => hashes),
        "signed.proof.siblingHashes",
      );
    });
  });
});
