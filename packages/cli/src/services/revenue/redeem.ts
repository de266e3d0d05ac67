import { redeemTokens, tokenAt } from "@assay/sdk";

import { refused } from "../../domain/errors.js";
import { tokenText } from "../../domain/format.js";
import { carryOut, landedText } from "../carryOut.js";
import { Output, type Run } from "../command.js";
import { findHolding } from "./find.js";

export const redeem: Run = async (input) => {
  const { args, money, read } = input;
  const text = args.positional(1, "AMOUNT");
  const asked = text === "all" ? undefined : args.tokens(text);
  const minimum = args.text("min-out");
  const { sender } = await input.act();
  const { token, symbol, balance, claimable } = await findHolding(input, sender.address);
  const amount = asked ?? balance;
  if (balance < amount || balance === 0n) {
    throw refused(
      `${sender.address} holds ${tokenText(balance, symbol)}${amount > balance ? `, less than ${tokenText(amount, symbol)}` : ""}.`,
      "Redeem what is there; tokens of an offering must be settled first.",
    );
  }
  const contract = tokenAt(read.contracts, token);
  const due = await contract.redeemableOnBurn(amount);
  if (due === 0n) {
    throw refused(
      `The redemption pool of ${symbol} pays nothing for ${tokenText(amount, symbol)} now.`,
      "Keep the tokens: the pool fills as revenue streams.",
    );
  }
  // The pool only grows a token, so a percent is enough for what others burn meanwhile.
  const minOut = minimum === undefined ? (due * 99n) / 100n : args.amount(minimum);
  if (minOut > due)
    throw refused(`The pool pays ${money(due)} now, less than ${money(minOut)}.`, "Ask for less, or wait.");
  const plan = {
    title: `Redeem ${symbol}: BURN tokens for their share of the redemption pool`,
    facts: [
      ["burned", `${tokenText(amount, symbol)} of ${tokenText(balance, symbol)}`],
      ["paid", `${money(due)}, at least ${money(minOut)}`],
      ["claimable", `${money(claimable)} stay claimable`],
    ],
    warnings: [
      "This is not claim. The tokens are gone, with all their later revenue, and it cannot be undone.",
      "To be paid revenue and keep the tokens: assay revenue claim",
    ],
    question: `Burn ${tokenText(amount, symbol)}?`,
    typed: symbol,
  } as const;
  const result = await carryOut(input, plan, (context) => redeemTokens(context, { token, amount, minOut }));
  return new Output(
    { token, symbol, ...result },
    `Burned ${tokenText(result.burned, symbol)} for ${money(result.paid)}.\n${landedText(result)}`,
  );
};
