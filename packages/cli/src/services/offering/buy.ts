import {
  type AllowlistProof,
  buildAllowlist,
  commitToOffering,
  offeringContracts,
  refundCommitment,
  settleCommitment,
  withdrawCommitment,
} from "@assay/sdk";
import { ZeroHash } from "ethers";

import { parseAllowlist } from "../../domain/allowlistFile.js";
import { refused, usage } from "../../domain/errors.js";
import { type Fact, tokenText } from "../../domain/format.js";
import { outcomeText } from "../../domain/offeringView.js";
import { whenText } from "../../domain/time.js";
import { readTextFile } from "../../adapters/files.js";
import { carryOut, landedText } from "../carryOut.js";
import { type CommandInput, Output, type Run } from "../command.js";
import { findOffering, type Found, requirePhase } from "./find.js";

/** Most that all commitments together may be. */
const MAX_TOTAL = 2n ** 96n - 1n;

export const commit: Run = async (input) => {
  const { args, money, read } = input;
  const amount = args.amount(args.positional(1, "AMOUNT"));
  const { sender } = await input.act();
  const found = await findOffering(input, sender.address);
  const { info, now } = found;
  const { offeringId, own, committed, symbol, terms } = info;
  requirePhase(found, ["Open"], "it takes no commitments");
  const allowed = await proofOf(input, found, sender.address, own + amount);
  const balance = await read.contracts.asset.balanceOf(sender.address);
  if (balance < amount) {
    throw refused(
      `${sender.address} holds ${money(balance)}, which is less than ${money(amount)}.`,
      "Commit less, or fund the wallet; money in the escrow comes out with: assay funds withdraw",
    );
  }
  if (committed + amount > MAX_TOTAL) throw refused("All commitments together must fit 96 bits.", "Commit less.");
  const { offering } = await offeringContracts(read.contracts, offeringId);
  const { tokens, refund } = await offering.allocation(own + amount, committed + amount);
  const short = committed + amount < terms.softCap;
  const final = now >= terms.withdrawableUntil;
  const facts: Fact[] = [
    ["pay now", money(amount)],
    ["your commitment", money(own + amount)],
    ["if it closed now", short ? "it fails: everything comes back" : outcomeText(tokens, refund, symbol, money)],
    ["closes", whenText(terms.closesAt, now)],
    ["can be taken back", final ? "no: commitments are final now" : `until ${whenText(terms.withdrawableUntil, now)}`],
  ];
  const plan = {
    title: `Commit to offering ${offeringId} (${symbol})`,
    facts,
    ...(final && { warnings: ["You cannot take this commitment back."] }),
    question: `Commit ${money(amount)}?`,
  };
  const parameters = { offeringId, amount, ...(allowed !== undefined && { allowed }) };
  const result = await carryOut(input, plan, (context) => commitToOffering(context, parameters));
  const text = `Committed ${money(amount)}; with all others it is ${money(result.total)}.`;
  return new Output({ offeringId, committed: own + amount, ...result }, `${text}\n${landedText(result)}`);
};

/** What the allow-list says about a buyer. @throws AssayError why the contract would refuse it */
async function proofOf(
  { args, money, read }: CommandInput,
  { info }: Found,
  buyer: string,
  amount: bigint,
): Promise<AllowlistProof | undefined> {
  const file = args.text("allowlist");
  const { allowlistRoot } = info.terms;
  if (allowlistRoot === ZeroHash) {
    if (file === undefined) return undefined;
    throw usage(`Offering ${info.offeringId} has no allow-list: everybody may commit.`);
  }
  if (file === undefined) throw usage(`Offering ${info.offeringId} has an allow-list: name its file with --allowlist.`);
  const text = await readTextFile("The allow-list", file);
  const { root, proofOf: prove } = buildAllowlist(parseAllowlist(text, read.contracts.deployment.asset.decimals));
  if (root !== allowlistRoot) {
    throw refused(
      `${file} is not the allow-list of offering ${info.offeringId}: its root is ${root}, the offering's ${allowlistRoot}.`,
      "Ask the issuer for the list, unchanged.",
    );
  }
  const proof = prove(buyer);
  if (proof === undefined) throw refused(`${buyer} is not on the allow-list.`, "Use a key that is.");
  if (amount > proof.cap) {
    throw refused(
      `The allow-list lets ${buyer} commit ${money(proof.cap)} in all; with this it would be ${money(amount)}.`,
      "Commit less.",
    );
  }
  return proof;
}

export const withdraw: Run = async (input) => {
  const { args, money } = input;
  const { sender } = await input.act();
  const found = await findOffering(input, sender.address);
  const { info, now } = found;
  const { offeringId, own, symbol, terms } = info;
  const text = args.positional(1, "AMOUNT");
  const amount = text === "all" ? own : args.amount(text);
  requirePhase(found, ["Open"], "nothing can be taken back");
  if (now >= terms.withdrawableUntil) {
    throw refused(
      `Commitments to offering ${offeringId} are final since ${whenText(terms.withdrawableUntil, now)}.`,
      "Settle, or take the refund, after the end.",
    );
  }
  requireCommitment(found, sender.address);
  if (amount > own)
    throw refused(`Committed are ${money(own)}, which is less than ${money(amount)}.`, "Take less back.");
  const plan = {
    title: `Take a commitment to offering ${offeringId} (${symbol}) back`,
    facts: [
      ["comes back", money(amount)],
      ["stays", money(own - amount)],
    ],
    question: `Take ${money(amount)} back?`,
  } as const;
  const result = await carryOut(input, plan, (context) => withdrawCommitment(context, { offeringId, amount }));
  return new Output(
    { offeringId, committed: own - amount, ...result },
    `Took ${money(amount)} back; ${money(own - amount)} stay committed.\n${landedText(result)}`,
  );
};

export const settle: Run = async (input) => {
  const { args, money } = input;
  const { sender } = await input.act();
  const buyer = args.address("buyer") ?? sender.address;
  const refundRecipient = args.address("to");
  const found = await findOffering(input, buyer);
  const { offeringId, tokens, refund, symbol } = found.info;
  requirePhase(found, ["Succeeded"], "there is nothing to settle");
  requireCommitment(found, buyer);
  const plan = {
    title: `Settle offering ${offeringId} (${symbol})`,
    facts: [
      ["tokens", `${tokenText(tokens, symbol)} to ${buyer}`],
      ["refund", refund === 0n ? "none" : `${money(refund)} to ${refundRecipient ?? buyer}`],
    ],
    question: "Settle it?",
  } as const;
  const parameters = { offeringId, buyer, ...(refundRecipient !== undefined && { refundRecipient }) };
  const result = await carryOut(input, plan, (context) => settleCommitment(context, parameters));
  const text = `${buyer} got ${outcomeText(result.tokens, result.refund, symbol, money)}.`;
  return new Output({ offeringId, ...result }, `${text}\n${landedText(result)}`);
};

export const refund: Run = async (input) => {
  const { args, money } = input;
  const { sender } = await input.act();
  const buyer = args.address("buyer") ?? sender.address;
  const recipient = args.address("to");
  const found = await findOffering(input, buyer);
  const { offeringId, own, symbol } = found.info;
  requirePhase(found, ["Failed"], "there is nothing to refund");
  requireCommitment(found, buyer);
  const plan = {
    title: `Take the refund of offering ${offeringId} (${symbol})`,
    facts: [
      ["amount", money(own)],
      ["to", recipient ?? buyer],
    ],
    question: "Take it?",
  } as const;
  const parameters = { offeringId, buyer, ...(recipient !== undefined && { recipient }) };
  const result = await carryOut(input, plan, (context) => refundCommitment(context, parameters));
  return new Output(
    { offeringId, ...result },
    `${money(result.amount)} went back to ${result.recipient}.\n${landedText(result)}`,
  );
};

function requireCommitment({ info }: Found, buyer: string): void {
  if (info.own > 0n) return;
  throw refused(
    `${buyer} has no commitment to offering ${info.offeringId}.`,
    "It never committed, or has taken its tokens or money already.",
  );
}
