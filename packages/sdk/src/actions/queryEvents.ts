import type { BaseContract } from "ethers";

import type { TypedContractEvent, TypedDeferredTopicFilter } from "../typechain/common.js";
import type { ReadContext } from "./context.js";
import { eventsOf } from "./decode.js";
import { queryLogs } from "./queryLogs.js";
import { read } from "./read.js";

/** An event with its place in the chain. */
export type Located<Fields> = Fields & { readonly blockNumber: number; readonly transactionHash: string };

/** All events of one kind since the deployment, decoded, in order. */
export async function queryEvents<Input extends unknown[], Output extends unknown[], Fields>(
  { contracts }: ReadContext,
  contract: BaseContract,
  event: TypedContractEvent<Input, Output, Fields>,
  filter: TypedDeferredTopicFilter<TypedContractEvent<Input, Output, Fields>>,
): Promise<Located<Fields>[]> {
  const { provider, deployment } = contracts;
  const [topics, latest, address] = await read(
    Promise.all([filter.getTopicFilter(), provider.getBlockNumber(), contract.getAddress()]),
  );
  const logs = await queryLogs(provider, { address, topics }, deployment.deployedAtBlock, latest);
  return logs.flatMap((log) => {
    const { blockNumber, transactionHash } = log;
    return eventsOf([log], contract, event).map((fields) => ({ ...fields, blockNumber, transactionHash }));
  });
}
