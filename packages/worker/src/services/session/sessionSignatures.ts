import {
  AssayError,
  type AssayDomain,
  type Contracts,
  type HelloFrame,
  keccakHex,
  toAssayError,
  typedDataDigest,
  type VoucherFrame,
  voucherDigest,
} from "@assay/sdk";
import { recoverSigner } from "@assay/sdk/node";
import { Contract, getAddress } from "ethers";

import type { SignedState } from "../../adapters/sessions/sessionLedger.js";
import type { Session } from "./session.js";

const MAGIC = "0x1626ba7e";
const ACCESS_TYPE = keccakHex("SessionAccess(bytes32 jobId,bytes32 challenge)");
const DECIMAL = /^(0|[1-9][0-9]{0,28})$/;
const BYTES32 = /^0x[0-9a-fA-F]{64}$/;
const HEX = /^0x([0-9a-fA-F]{2}){0,4096}$/;

/** Whether an account made a signature: as the escrow decides it, ECDSA first, then the account's own word (ERC-1271). */
export class SignatureCheck {
  constructor(private readonly contracts: Pick<Contracts, "provider">) {}

  /** @throws AssayError (retryable) if the account is a contract and the chain cannot be reached */
  async isFrom(account: string, digest: string, signature: string): Promise<boolean> {
    if (recoverSigner(digest, signature) === getAddress(account)) return true;
    const { provider } = this.contracts;
    try {
      if ((await provider.getCode(account)) === "0x") return false;
    } catch (error) {
      throw toAssayError(error);
    }
    const abi = ["function isValidSignature(bytes32,bytes) view returns (bytes4)"];
    const wallet = new Contract(account, abi, provider);
    try {
      return (await wallet.getFunction("isValidSignature")(digest, signature)) === MAGIC;
    } catch (error) {
      const known = toAssayError(error);
      if (known.retryable) throw known;
      return false;
    }
  }
}

interface Checking {
  readonly session: Session;
  readonly domain: AssayDomain;
  readonly signatures: SignatureCheck;
}

/** @throws AssayError `SESSION_UNAUTHORIZED` unless the session's requester signed the challenge */
export async function checkAccess(
  { signature }: HelloFrame,
  challenge: string,
  { session, domain, signatures }: Checking,
): Promise<void> {
  const words = [ACCESS_TYPE, session.jobId, challenge].map((word) => word.slice(2)).join("");
  const digest = typedDataDigest(domain, keccakHex(Buffer.from(words, "hex")));
  if (isText(signature, HEX)) {
    if (await signatures.isFrom(session.job.requester, digest, signature)) return;
  }
  throw new AssayError({
    code: "SESSION_UNAUTHORIZED",
    message: "The hello is not signed by the session's requester.",
    hint: "Sign SessionAccess(bytes32 jobId,bytes32 challenge) with the requester's key.",
  });
}

/** A voucher that holds. */
export interface CheckedVoucher {
  readonly digest: string;
  readonly state: Omit<SignedState, "maxLeafFee" | "countersignature">;
}

/**
 * Holds a voucher to this side's own tree and to the requester's signature.
 *
 * @returns `stale` for one that a later one or a rollover replaced: it says nothing new; `known` for the last one again
 * @throws AssayError `VOUCHER_WRONG`, `VOUCHER_UNSIGNED`
 */
export async function checkVoucher(
  frame: VoucherFrame,
  { session, domain, signatures }: Checking,
): Promise<CheckedVoucher | "stale" | "known"> {
  const { ledger, jobId, job } = session;
  const { firstNonce, count, total, root, signature } = readVoucher(frame);
  if (firstNonce < ledger.firstNonce) return "stale";
  if (firstNonce > ledger.firstNonce) throw wrong(`begins at ${firstNonce}, the tree at ${ledger.firstNonce}`);
  const { signed } = ledger;
  if (signed !== undefined && count < signed.count) return "stale";
  if (signed?.count === count) {
    if (signed.root === root && signed.total === total) return "known";
    throw wrong("has another root than the one before of as many receipts");
  }
  const own = await ledger.stateAt(count);
  if (own === undefined) {
    // A rollover may have come first.
    if (firstNonce < ledger.firstNonce) return "stale";
    throw wrong(`covers ${count} receipts, of ${ledger.nonce - firstNonce}`);
  }
  if (own.total !== total) throw wrong(`comes to ${total}, the receipts to ${own.total}`);
  if (own.root !== root) throw wrong("has another root than the receipts");
  const voucher = { jobId, firstNonce: BigInt(firstNonce), count: BigInt(count), total, root };
  const digest = voucherDigest(voucher, domain);
  if (!(await signatures.isFrom(job.requester, digest, signature))) {
    throw new AssayError({
      code: "VOUCHER_UNSIGNED",
      message: "The voucher is not signed by the session's requester.",
      hint: "Sign Voucher(jobId, firstNonce, count, total, root) in the escrow's domain.",
    });
  }
  return { digest, state: { count, total, root, signature } };
}

function readVoucher(frame: VoucherFrame): Omit<VoucherFrame, "total" | "t"> & { readonly total: bigint } {
  const { firstNonce, count, total, root, signature } = frame;
  const whole = Number.isSafeInteger(firstNonce) && Number.isSafeInteger(count) && firstNonce >= 0 && count >= 1;
  const text = isText(total, DECIMAL) && isText(root, BYTES32) && isText(signature, HEX);
  if (!whole || !text) throw wrong("is malformed");
  return { firstNonce, count, total: BigInt(total), root: root.toLowerCase(), signature };
}

function isText(value: unknown, pattern: RegExp): boolean {
  return typeof value === "string" && pattern.test(value);
}

function wrong(what: string): AssayError {
  return new AssayError({
    code: "VOUCHER_WRONG",
    message: `The voucher ${what}.`,
    hint: "Sign exactly the receipts that were recorded, in the order of their done frames.",
  });
}
