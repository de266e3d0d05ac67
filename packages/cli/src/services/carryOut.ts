import { type AssayError, type Context, type Sender, type SendRequest, toAssayError } from "@assay/sdk";

import { refused } from "../domain/errors.js";
import { folded } from "../domain/fold.js";
import { amountText, type Fact, factLines, roundedText } from "../domain/format.js";
import type { CommandInput } from "./command.js";

/** Decimals of the coin of every EVM network, and of gwei. */
const COIN_DECIMALS = 18;
const GWEI_DECIMALS = 9;
const WARNING_WIDTH = 75;

/** What the next transaction will cost. */
export interface Cost {
  readonly gas: bigint;
  /** Wei. */
  readonly fee: bigint;
}

/** What a person is told before something is sent. */
export interface Plan {
  readonly title: string;
  readonly facts: readonly Fact[];
  /** What cannot be undone, and whatever else should make one stop. */
  readonly warnings?: readonly string[];
  /** Warnings that depend on the cost. */
  readonly judge?: (cost: Cost) => readonly string[];
  readonly question: string;
  /** The word to type instead of "y", for what is hard to regret in time. */
  readonly typed?: string;
}

/**
 * Runs an action whose first transaction is estimated, shown with the plan and agreed to before anything is sent. A
 * transaction that would revert fails at the estimate, with its reason.
 */
export async function carryOut<T>(
  input: CommandInput,
  plan: Plan,
  action: (context: Context) => Promise<T>,
): Promise<T> {
  const { contracts, sender } = await input.act();
  let consent: Promise<void> | undefined;
  const asking: Sender = {
    address: sender.address,
    signTypedData: (domain, types, value) => sender.signTypedData(domain, types, value),
    send: async (request) => {
      if (consent === undefined) {
        const cost = await estimate({ contracts, sender }, request);
        consent = agree(input, plan, request, cost);
      }
      await consent;
      input.say(`Sending ${spaced(request.label)} …`);
      return await sender.send(request);
    },
  };
  const result = await action({ contracts, sender: asking });
  // An action that goes on after a failure has no say about a refusal.
  await consent;
  return result;
}

async function estimate({ contracts, sender }: Context, { to, data, value = 0n }: SendRequest): Promise<Cost> {
  const { provider } = contracts;
  const from = sender.address;
  try {
    const [gas, { gasPrice, maxFeePerGas }, balance] = await Promise.all([
      provider.estimateGas({ from, to, data, value }),
      provider.getFeeData(),
      provider.getBalance(from),
    ]);
    const fee = gas * (gasPrice ?? maxFeePerGas ?? 0n);
    if (balance < fee + value) throw noCoins(from, balance, fee + value);
    return { gas, fee };
  } catch (error) {
    throw toAssayError(error);
  }
}

function noCoins(account: string, balance: bigint, needed: bigint): AssayError {
  return refused(
    `${account} has ${coins(balance)} and needs about ${coins(needed)} for gas.`,
    "Send some of the network's coin to it.",
  );
}

async function agree({ say, confirm }: CommandInput, plan: Plan, { label }: SendRequest, cost: Cost): Promise<void> {
  const { title, facts, warnings = [], judge, question, typed } = plan;
  const { gas, fee } = cost;
  const price = gas === 0n ? 0n : fee / gas;
  const twice: readonly Fact[] =
    label === "approve" ? [["steps", "an approval first, then the call; the gas below is the approval's"]] : [];
  const gasFact: Fact = [
    "gas",
    `about ${amountText(gas, 0)}, ${coins(fee)} at ${roundedText(price, GWEI_DECIMALS, 3)} gwei`,
  ];
  say(`${title}\n${factLines([...facts, ...twice, gasFact])}`);
  for (const warning of [...warnings, ...(judge?.(cost) ?? [])])
    say(`  ! ${folded(warning, WARNING_WIDTH).join("\n    ")}`);
  await confirm(question, typed);
}

export function coins(wei: bigint): string {
  return `${roundedText(wei, COIN_DECIMALS, 8)} coins`;
}

/** `commitToOffering` as a person says it: "commit to offering". */
function spaced(label: string): string {
  return label.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** The last line of what a command says: where it landed. */
export function landedText({
  transactionHash,
  blockNumber,
  gasUsed,
}: {
  readonly transactionHash: string;
  readonly blockNumber: number;
  readonly gasUsed: bigint;
}): string {
  return `Transaction ${transactionHash}\nin block ${blockNumber}, ${amountText(gasUsed, 0)} gas`;
}
