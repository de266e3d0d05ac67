import type { BaseContract, ContractTransaction, TransactionReceipt } from "ethers";

import { AssayError } from "../errors.js";
import { toAssayError } from "../errors/toAssayError.js";
import type { TypedContractEvent } from "../typechain/common.js";
import type { ActionOptions, Context } from "./context.js";
import { eventsOf } from "./decode.js";

/** What every action that sent a transaction tells about it. */
export interface Landed {
  readonly transactionHash: string;
  readonly blockNumber: number;
  readonly gasUsed: bigint;
}

export function landed({ hash, blockNumber, gasUsed }: TransactionReceipt): Landed {
  return { transactionHash: hash, blockNumber, gasUsed };
}

/** Sends a prepared call in the context's name and waits for its receipt. */
export async function transact(
  { sender }: Pick<Context, "sender">,
  label: string,
  call: Promise<ContractTransaction>,
  { key, deadline, gasLimit }: ActionOptions & { readonly gasLimit?: bigint } = {},
): Promise<TransactionReceipt> {
  try {
    const { to, data } = await call;
    return await sender.send({
      label,
      to,
      data,
      ...(key !== undefined && { key }),
      ...(deadline !== undefined && { deadline }),
      ...(gasLimit !== undefined && { gasLimit }),
    });
  } catch (error) {
    throw toAssayError(error);
  }
}

/** The one event of a kind that a call always emits. */
export function eventOf<Input extends unknown[], Output extends unknown[], Fields>(
  receipt: TransactionReceipt,
  contract: BaseContract,
  event: TypedContractEvent<Input, Output, Fields>,
): Fields {
  const [found] = eventsOf(receipt.logs, contract, event);
  if (found !== undefined) return found;
  throw new AssayError({
    code: "MISSING_EVENT",
    message: `The transaction ${receipt.hash} has no event ${event.fragment.name}.`,
    hint: "Check that the deployment's addresses are those of its contracts.",
  });
}
