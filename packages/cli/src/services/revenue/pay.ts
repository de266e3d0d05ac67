import { depositRevenue, setRevenuePayout, tokenAt } from "@assay/sdk";
import { ZeroAddress } from "ethers";

import { addressOf } from "../../domain/arguments.js";
import { refused } from "../../domain/errors.js";
import { bpsText } from "../../domain/format.js";
import { durationText, whenText } from "../../domain/time.js";
import { carryOut, landedText } from "../carryOut.js";
import { chainNow, Output, type Run } from "../command.js";
import { findHolding } from "./find.js";

export const deposit: Run = async (input) => {
  const { args, money, read } = input;
  const amount = args.amount(args.positional(1, "AMOUNT"));
  const { sender } = await input.act();
  const { token, symbol, rateEndsAt } = await findHolding(input, sender.address);
  const contract = tokenAt(read.contracts, token);
  const [now, launched, balance, epoch, redeemBps] = await Promise.all([
    chainNow(read.contracts),
    contract.launched(),
    read.contracts.asset.balanceOf(sender.address),
    contract.epochLength(),
    contract.redeemBps(),
  ]);
  if (!launched) throw refused(`The offering of ${symbol} has not succeeded, so nothing is paid in.`, "Wait for it.");
  if (balance < amount) {
    throw refused(`${sender.address} holds ${money(balance)}, which is less than ${money(amount)}.`, "Deposit less.");
  }
  const plan = {
    title: `Pay revenue into ${symbol}`,
    facts: [
      ["amount", money(amount)],
      ["streams", `over ${durationText(epoch)}, from ${whenText(rateEndsAt, now)}`],
      ["of it", `${bpsText(redeemBps)} to the redemption pool, the rest to holders`],
    ],
    warnings: ["It goes to all holders by how long they hold, and cannot be taken back."],
    question: `Pay ${money(amount)}?`,
  } as const;
  const result = await carryOut(input, plan, (context) => depositRevenue(context, { token, amount }));
  return new Output(
    { token, symbol, ...result },
    `Paid ${money(result.amount)} into ${symbol}.\n${landedText(result)}`,
  );
};

export const payout: Run = async (input) => {
  const text = input.args.positional(1, "ADDRESS");
  const { sender } = await input.act();
  const own = text === "self" || text.toLowerCase() === sender.address.toLowerCase();
  const address = own ? ZeroAddress : addressOf("ADDRESS", text);
  if (!own && address === ZeroAddress) throw refused("The zero address cannot be paid.", "Use self for this account.");
  const { token, symbol, payout: present } = await findHolding(input, sender.address);
  const target = own ? sender.address : address;
  const plan = {
    title: `Set where ${symbol} pays your revenue`,
    facts: [
      ["now", present],
      ["from then on", target],
    ],
    question: `Pay to ${target}?`,
  } as const;
  const result = await carryOut(input, plan, (context) => setRevenuePayout(context, { token, payout: address }));
  return new Output(
    { token, symbol, payout: target, ...result },
    `${symbol} pays ${target} now.\n${landedText(result)}`,
  );
};
