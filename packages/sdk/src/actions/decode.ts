import { type BaseContract, type ParamType, Result } from "ethers";

import type { TypedContractEvent } from "../typechain/common.js";

/** Anything that holds an event: a receipt's log, or one that was queried. */
export interface RawLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
}

/** A value as ethers decodes it, with its structs as plain objects that can be kept, compared and passed back. */
export function toPlain(type: ParamType, value: unknown): unknown {
  if (!(value instanceof Result)) return value;
  if (type.isArray()) return value.toArray().map((item) => toPlain(type.arrayChildren, item));
  if (type.isTuple()) return namedValues(type.components, value);
  return value;
}

function namedValues(types: readonly ParamType[], values: Result): Record<string, unknown> {
  return Object.fromEntries(types.map((type, index) => [type.name, toPlain(type, values[index])]));
}

/** The events of one kind that one contract emitted, decoded, in order. */
export function eventsOf<Input extends unknown[], Output extends unknown[], Fields>(
  logs: readonly RawLog[],
  contract: BaseContract,
  event: TypedContractEvent<Input, Output, Fields>,
): Fields[] {
  const { fragment } = event;
  return logs
    .filter(({ address, topics }) => address === contract.target && topics[0] === fragment.topicHash)
    .map(({ data, topics }) => {
      const values = contract.interface.decodeEventLog(fragment, data, topics);
      // The fragment says what typechain says: both come from one ABI.
      return namedValues(fragment.inputs, values) as Fields;
    });
}
