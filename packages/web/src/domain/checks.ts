import type { AllowlistProof, OfferingInfo } from "@assay/sdk";
import { getAddress, ZeroAddress } from "ethers";

import { formatAmount, formatTokens, parseAmount, type Parsed, TOKEN_DECIMALS } from "./amounts.js";
import { phaseNow } from "./phases.js";

/** The settlement asset, for sentences. */
export interface Unit {
  readonly symbol: string;
  readonly decimals: number;
}

const say = (value: bigint, { symbol, decimals }: Unit): string => `${formatAmount(value, decimals)} ${symbol}`;

/** A commitment, before anything is signed. */
export function checkCommitment(
  text: string,
  offering: OfferingInfo,
  {
    unit,
    balance,
    now,
    allowed,
  }: { readonly unit: Unit; readonly balance: bigint; readonly now: bigint; readonly allowed?: AllowlistProof },
): Parsed<bigint> {
  const { phase } = phaseNow(offering, now);
  if (phase !== "Open") return { problem: "The offering takes no commitments now." };
  const parsed = parseAmount(text, unit.decimals, unit.symbol);
  if ("problem" in parsed) return parsed;
  if (parsed.value > balance) return { problem: `Your wallet holds ${say(balance, unit)}, less than this.` };
  const total = offering.own + parsed.value;
  if (allowed !== undefined && total > allowed.cap) {
    return {
      problem: `The allow-list lets you commit ${say(allowed.cap, unit)} in all; you have committed ${say(offering.own, unit)}.`,
    };
  }
  return parsed;
}

/** A withdrawal, before anything is sent. */
export function checkWithdrawal(text: string, offering: OfferingInfo, unit: Unit, now: bigint): Parsed<bigint> {
  if (!phaseNow(offering, now).withdrawable) return { problem: "Commitments are final now." };
  const parsed = parseAmount(text, unit.decimals, unit.symbol);
  if ("problem" in parsed) return parsed;
  if (parsed.value > offering.own) return { problem: `You have committed ${say(offering.own, unit)}, less than this.` };
  return parsed;
}

/** Tokens to burn, before anything is sent. */
export function checkRedemption(text: string, symbol: string, balance: bigint): Parsed<bigint> {
  const parsed = parseAmount(text, TOKEN_DECIMALS, symbol);
  if ("problem" in parsed) return parsed;
  if (parsed.value > balance) {
    return { problem: `You hold ${formatTokens(balance, TOKEN_DECIMALS)} ${symbol}, less than this.` };
  }
  return parsed;
}

/** An address that revenue is to be paid to. */
export function checkRecipient(text: string, tokens: readonly string[]): Parsed<string> {
  const plain = text.trim();
  if (plain === "") return { problem: "Enter an address." };
  if (!/^0x[0-9a-fA-F]{40}$/.test(plain)) {
    return { problem: "An address is 0x and 40 hexadecimal digits. Names are not looked up here." };
  }
  let address: string;
  try {
    address = getAddress(plain);
  } catch {
    return { problem: "The address has a typing error: its capital letters do not fit." };
  }
  if (address === ZeroAddress) return { problem: "Nobody can use what is sent to the zero address." };
  if (tokens.includes(address))
    return { problem: "This is a token's own contract: what it is sent is shared among holders." };
  return { value: address };
}
