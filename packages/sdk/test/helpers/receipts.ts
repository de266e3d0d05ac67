import { hexlify, randomBytes, toUtf8Bytes, type Wallet } from "ethers";

import type { AssayDomain } from "../../src/protocol/eip712.js";
import { keccakHex } from "../../src/protocol/keccak.js";
import { type PortableReceipt, type SignedTree } from "../../src/protocol/portableReceipt.js";
import { ReceiptHasher, type ReceiptInput } from "../../src/protocol/receiptHasher.js";
import { jobId } from "../../src/protocol/receipts.js";
import { sessionFeeUp } from "../../src/protocol/sessionApi.js";
import { SumTree } from "../../src/protocol/sumTree.js";
import type { Job, Receipt } from "../../src/protocol/types.js";
import { type Voucher, voucherDigest } from "../../src/protocol/voucher.js";

/** Receipts of a session from nonce 0 on, each with an output of its own, and their tree. */
export class SessionReceipts {
  readonly id: string;
  readonly tree: SumTree;
  readonly receipts: readonly Receipt[];
  private readonly inputs: readonly ReceiptInput[];

  constructor(
    readonly job: Job,
    readonly domain: AssayDomain,
    policyId: string,
    readonly outputs: readonly string[],
  ) {
    this.id = jobId(job, domain);
    const { provider, modelId, version } = job;
    const hasher = new ReceiptHasher({ provider, jobId: this.id, modelId, version, policyId });
    this.inputs = outputs.map((output, nonce) => {
      const [inputUnits, outputUnits] = [10 + nonce, output.length];
      return {
        nonce,
        requestHash: randomBytes(32),
        outputHash: Buffer.from(keccakHex(toUtf8Bytes(output)).slice(2), "hex"),
        salt: randomBytes(32),
        inputUnits,
        outputUnits,
        fee: sessionFeeUp(job, BigInt(inputUnits), BigInt(outputUnits)),
        startedAt: 1_764_000_000 + nonce,
        finishedAt: 1_764_000_001 + nonce,
      };
    });
    this.receipts = this.inputs.map((input) => hasher.receipt(input));
    this.tree = SumTree.build(
      this.inputs.map((input) => ({ content: hasher.hash(input).receiptHash, sum: input.fee })),
    );
  }

  get voucher(): Voucher {
    const { count, total, root } = this.tree;
    return { jobId: this.id, firstNonce: 0n, count: BigInt(count), total, root };
  }

  /** The receipt of an output as a document, without anything that binds it. */
  document(nonce: number): PortableReceipt {
    const input = this.inputs[nonce]!;
    return {
      format: "assay-receipt/1",
      chainId: this.domain.chainId,
      escrow: this.domain.verifyingContract,
      job: this.job,
      receipt: this.receipts[nonce]!,
      salt: hexlify(input.salt),
      outputHash: hexlify(input.outputHash),
    };
  }

  proof(nonce: number): SignedTree["proof"] {
    return { index: BigInt(nonce), ...this.tree.proof(nonce) };
  }

  signed(nonce: number, signer: Pick<Wallet, "signingKey">): SignedTree {
    const { firstNonce, count, total, root } = this.voucher;
    const { serialized: signature } = signer.signingKey.sign(voucherDigest(this.voucher, this.domain));
    return { firstNonce, count, total, root, signature, proof: this.proof(nonce) };
  }
}
